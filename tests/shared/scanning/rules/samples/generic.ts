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
    ['const apiKey = "⟦{alnum:32}⟧"', "  client_secret: '⟦{hex:40}⟧'"],
    [
      'const apiKey = "some.property.path.name"',
      'token = "get_access_token_from_server"',
      'secretKey: "aaaaaaaaaaaaaaaaaaaaaaaa"',
    ],
  ),
  'generic-env-secret': texts(
    ['API_TOKEN=⟦{alnum:32}⟧\n', '  service_secret: ⟦{hex:40}⟧\n'],
    ['API_TOKEN=process.env.API_TOKEN', 'token: some-plain-words-here-only', 'key: value'],
  ),
  'generic-password': texts(
    ['db_password = "⟦{alnum:9}!4kQ⟧"', "'password' => '⟦{alnum:14}9z⟧',"],
    ['password: "Enter your password"', 'password = "changeme"', "password: 'current-password'"],
  ),
}
