import { type Samples, texts } from './kit.ts'

export const generic: Samples = {
  'generic-database-url': texts(
    ['postgres://app:⟦s3cretPw9⟧@localhost:5432/app', 'amqp://svc:⟦{alnum:10}⟧@127.0.0.1'],
    ['postgres://postgres:postgres@localhost/app', 'redis://localhost:6379'],
  ),
  'generic-basic-auth-url': texts(
    ['https://svc:⟦{alnum:12}⟧@host.acme.io/path', 'ftp://bot:⟦{alnum:10}⟧@ftp.acme.io'],
    ['http://user:password@example.com', 'https://host:8080/a@b', `https://\${u}:\${p}@host`],
  ),
  'generic-api-key': texts(
    [
      'process.env.OTHER_API_KEY ?? "⟦{alnum:40}⟧"',
      'const X_API_TOKEN: &str = "⟦{alnum:40}⟧";',
      'const apiKey = "⟦{alnum:32}⟧"',
      '<add key="ApiSecret" value="⟦{alnum:40}⟧" />',
      "  client_secret: '⟦{hex:40}⟧'",
      'let api_key: &str = "⟦{alnum:32}⟧";',
      'api_key <- "⟦{alnum:32}⟧"',
      '<meta-data android:name="com.x.API_KEY" android:value="⟦{alnum:40}⟧"/>',
    ],
    [
      'const apiKey = "some.property.path.name"',
      'token = "get_access_token_from_server"',
      'secretKey: "aaaaaaaaaaaaaaaaaaaaaaaa"',
      '"SecurityKey": "{hex:16}"',
      "tokenContract: '0x{hex:40}'",
      '"SecurityKey": "acme-lib/acme-connect.CfnSecurityKey"',
      "sign(text, 'secret') => '{hex:64}'",
      "apiKey: 'base64EncodedKey'",
      'privateKey: "{b64:60}..."',
      '"sharedKey", "tunnel2PresharedKey"',
    ],
  ),
  'generic-env-secret': texts(
    ['API_TOKEN=⟦{alnum:32}⟧\n', '  service_secret: ⟦{hex:40}⟧\n'],
    ['API_TOKEN=process.env.API_TOKEN', 'token: some-plain-words-here-only', 'key: value'],
  ),
  'generic-password': texts(
    [
      'db_pass="⟦{alnum:14}⟧"',
      'db_password = "⟦{alnum:9}!4kQ⟧"',
      "define('DB_PASSWORD', '⟦{alnum:16}⟧');",
      "'password' => '⟦{alnum:14}9z⟧',",
    ],
    [
      'password: "Enter your password"',
      'password = "changeme"',
      "password: 'current-password'",
      'password: "Mustbe8characters"',
      "password: 's00pers3cret'",
      'password: "Admin12345"',
      "argon2('password', 'salt1234')",
      'add("kadmin", "passwd", "kadmin/server1")',
    ],
  ),
  'generic-connection-string': texts(
    [
      'host=pg port=5432 user=svc password=⟦{alnum:15}⟧ dbname=core',
      'Server=tcp:x.database.windows.net,1433;User ID=svc;Password=⟦BluePass!w0rd77⟧;Encrypt=True',
      'jdbc:mysql://localhost/app?user=svc&password=⟦Winter!Pass77⟧',
    ],
    ['Server=x;User Id=sa;Password=password;', 'Server=x;Password={0};Database=y', '; password = $1;'],
  ),
  'generic-env-password': texts(
    ['AZURE_SQL_PASSWORD=⟦MyStr0ng!9kq⟧\n', 'FTP_PASS: ⟦{alnum:9}#8zQ⟧\n'],
    [
      'DB_PASSWORD=changeme',
      'PASSWORD=process.env.PW',
      'PASSWORD: string',
      'this.form.password = values.password',
    ],
  ),
  'generic-line-password': texts(
    [
      '//s/x /m cifs username=svc,password=⟦{alnum:14}⟧,uid=1000 0 0\n',
      '  password: ⟦{alnum:14}7z⟧\n',
      'mavenPassword=⟦{alnum:22}⟧\n',
      'pass=⟦{alnum:14}⟧\n',
      'keyPassword ⟦{alnum:12}7z⟧\n',
      'spring.datasource.password=⟦{alnum:14}7z⟧\n',
    ],
    [
      '  password: string\n',
      '  password: req.body.password1\n',
      'login(user, password=make7password)\n',
      'password:GID:users\n',
    ],
  ),
  'generic-xml-secret': texts(
    [
      '<password>⟦{alnum:16}⟧</password>',
      '<secret>{acme AQAAABAAA ⟦{alnum:32}⟧}</secret>',
      '<key>ApiKey</key>\n<string>⟦{alnum:32}⟧</string>',
      '<property name="hibernate.connection.password">⟦{alnum:14}⟧</property>',
    ],
    [
      '<password>changeme</password>',
      '<token>NUMBER_LITERAL</token>',
      '<secret>$' + '{SECRET}</secret>',
      '<password>Enter your password</password>',
    ],
  ),
  'generic-bare-key': texts(
    ['set -x API_TOKEN ⟦{alnum:40}⟧\n', '[DEBUG] Using KEY=⟦{alnum:32}⟧\n', 'ENV API_TOKEN ⟦{alnum:40}⟧\n'],
    ['KEY=some-plain-words-here-only\n', 'ENV API_TOKEN $TOKEN\n', 'HOTKEY=⟦ctrl⟧'],
  ),
  'generic-named-key': texts(
    ['const acmeKey = "⟦{alnum:40}⟧"', "weatherKey: '⟦{alnum:32}⟧'"],
    ['const cacheKey = "{alnum:40}"', 'const acmeKey = "someCamelCaseNameOfThings"', 'acmeKey = "{hex:12}"'],
  ),
  'generic-url-token': texts(
    ['https://fra1.acme.io/get?token=⟦{alnum:32}⟧&v0', 'POST /1/x.json token=⟦{alnum:30}⟧&user=7'],
    [
      'https://acme.io/?token=YOUR_TOKEN_GOES_HERE_PLEASE',
      'https://acme.io/?page_token={alnum:32}',
      '?key={hex:8}',
    ],
  ),
  'generic-secret-argument': texts(
    [
      'new PDO("mysql:host=db;dbname=shop", "shop", "⟦{alnum:12}4k⟧");',
      'Twilio::REST::Client.new(sid, "⟦{hex:32}⟧")',
      'jwt.sign(payload, "⟦{alnum:32}⟧", { expiresIn: "1h" })',
      'requests.get(url, auth=("admin", "⟦{alnum:14}⟧"))',
      "new Sequelize('db', 'user', '⟦{alnum:14}⟧', {})",
      'client.WithAPIKey("⟦{alnum:40}⟧")',
      'psexec.py ACME/svc-admin:⟦{alnum:13}⟧@10.1.2.3 cmd.exe',
      "hashlib.pbkdf2_hmac('sha256', b'⟦{alnum:24}⟧', salt, 100000)",
      'DriverManager.getConnection("jdbc:mysql://db:3306/app", "root", "⟦{alnum:13}⟧");',
    ],
    [
      'jwt.sign(payload, privateKey)',
      'jwt.verify(token, "your-secret-goes-here")',
      "createHmac('sha256', key)",
    ],
  ),
  'generic-variable-default': texts(
    [
      '  DBPassword:\n    Type: String\n    Default: ⟦{alnum:16}⟧\n',
      'variable "db_password" {\n  type = string\n  default = "⟦{alnum:16}⟧"\n}',
      'variable "api_key" { default = "⟦{hex:32}⟧" }',
    ],
    ['variable "db_password" {\n  default = ""\n}', 'variable "region" {\n  default = "{alnum:16}"\n}'],
  ),
  'generic-cli-secret': texts(
    ['npx vercel --token ⟦{alnum:24}⟧', "terraform apply -var 'db_password=⟦{alnum:16}⟧'"],
    [
      'gh auth --token $TOKEN',
      'aws s3api get-object --key dir/my_images.tar.bz2',
      'mysql --password changeme',
    ],
  ),
  'generic-prose-secret': texts(
    [
      '**API key:** `⟦{alnum:30}7z⟧`',
      'Log in as admin with password `⟦{alnum:9}*4kQ⟧`.',
      'You can find an acme secret ⟦{alnum:40}⟧ within',
      'The API key is ⟦{alnum:30}7z⟧, do not share it.',
      'Password for the staging server: ⟦{alnum:12}!7⟧',
      '| Token | `⟦{alnum:40}⟧` |',
    ],
    ['The API key is required.', 'Password for the server: see the wiki', '| Token | `string` |'],
  ),
  'generic-session-cookie': texts(
    ['Set-Cookie: session=⟦{url:64}⟧; HttpOnly', 'x: connect.sid=s%3A⟦{url:32}.7{alnum:42}⟧'],
    ['Set-Cookie: session=deleted', 'Cookie: theme={url:64}'],
  ),
  'generic-inline-secret': texts(
    ['12:01 DEBUG acme_api_key=⟦{alnum:32}⟧ region=eu', 'Environment="ACME_SECRET=⟦{alnum:40}⟧"'],
    [
      'https://acme.io/?v=1&api_key={alnum:32} is the address',
      'api_key=some-plain-words-here-only x',
      'page_token={alnum:32} next',
    ],
  ),
  'generic-key-value-pair': texts(
    [
      '{ "key": "value", "value": "⟦{alnum:32}⟧", "type": "string" }',
      '{ "key": "password", "value": "⟦{alnum:20}⟧" }',
    ],
    ['{ "key": "value", "value": "some plain words" }', '{ "key": "name", "value": "{alnum:32}" }'],
  ),
  'generic-declared-secret': texts(
    [
      'add_argument("--api-key", default="⟦{alnum:40}⟧")',
      'let token = String::from("⟦{alnum:40}⟧");',
      '#define API_KEY "⟦{alnum:32}⟧"',
      '(def auth-token "⟦{alnum:40}⟧")',
      "param adminPassword string = '⟦{alnum:10}!4kQ⟧'",
      '"adminPassword": { "value": "⟦{alnum:14}⟧" }',
    ],
    ['#define API_KEY "changeme-changeme"', 'set token "some plain words"', 'password "Enter-your-own-here"'],
  ),
  'generic-service-value': texts(
    ["ipstack = '⟦{hex:32}⟧'", '"fullstory": "⟦{alnum:60}⟧"'],
    ["ipstack = 'some-plain-words-here-only'", 'giphy: "{hex:8}"', "other = '{hex:32}'"],
  ),
  'generic-placeholder-default': texts(
    ['@Value("$' + '{api.token:⟦{alnum:40}⟧}")', 'DB: $' + '{ACME_PASSWORD:-⟦{alnum:14}7z⟧}'],
    [
      '$' + '{DB_PASSWORD:-changeme}',
      '$' + '{API_TOKEN:?must be set in the environment}',
      '$' + '{api.token:#' + '{null}}',
    ],
  ),
}
