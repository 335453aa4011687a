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
      'const apiKey = "⟦{alnum:32}⟧"',
      '<add key="ApiSecret" value="⟦{alnum:40}⟧" />',
      "  client_secret: '⟦{hex:40}⟧'",
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
    ['db_password = "⟦{alnum:9}!4kQ⟧"', "'password' => '⟦{alnum:14}9z⟧',"],
    [
      'password: "Enter your password"',
      'password = "changeme"',
      "password: 'current-password'",
      'password: "Mustbe8characters"',
      "password: 's00pers3cret'",
      'password: "Admin12345"',
    ],
  ),
  'generic-connection-string': texts(
    [
      'Server=tcp:x.database.windows.net,1433;User ID=svc;Password=⟦BluePass!w0rd77⟧;Encrypt=True',
      'jdbc:mysql://localhost/app?user=svc&password=⟦Winter!Pass77⟧',
    ],
    ['Server=x;User Id=sa;Password=password;', 'Server=x;Password={0};Database=y', '; password = $1;'],
  ),
  'generic-env-password': texts(
    [
      'AZURE_SQL_PASSWORD=⟦MyStr0ng!9kq⟧\n',
      'FTP_PASS: ⟦{alnum:9}#8zQ⟧\n',
      'spring.datasource.password=⟦{alnum:14}7z⟧\n',
    ],
    [
      'DB_PASSWORD=changeme',
      'PASSWORD=process.env.PW',
      'PASSWORD: string',
      'this.form.password = values.password',
    ],
  ),
}
