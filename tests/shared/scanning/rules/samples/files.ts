import { named, type Samples, texts } from './kit.ts'

export const files: Samples = {
  'docker-config-auth': texts(
    ['{"auths":{"https://index.docker.io/v1/":{"auth":"⟦{b64:44}⟧"}}}', '"auth": "⟦{b64:60}=⟧"'],
    ['"auth": "basic"', '"auth": "<base64>"'],
  ),
  'netrc-password': texts(
    [
      'machine git.acme.io login bot password ⟦{alnum:20}⟧',
      'machine api.heroku.com\n  login a@b.io\n  password ⟦{uuid}⟧\n',
    ],
    [
      'machine git.acme.io login bot password $TOKEN',
      'machine learning login password',
      'machine acme.io\n login me\n password SUPERSAFE\n',
    ],
  ),
  'git-credentials': texts(
    [
      'https://oauth2:⟦{alnum:24}⟧@git.acme.io/a/b.git',
      'url = https://x-access-token:⟦{alnum:40}⟧@github.com/a/b',
    ],
    [`https://oauth2:\${TOKEN}@git.acme.io/a/b.git`, 'https://x-access-token:TOKEN_GOES_IN_HERE@github.com'],
  ),
  'kubernetes-secret-yaml': texts(
    [
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  password: ⟦{b64:24}⟧\n',
      'apiVersion: v1\ndata:\n  token: ⟦{b64:40}⟧\nkind: Secret\n',
    ],
    ['kind: Secret\ndata:\n  password: {{ .Values.pw }}\n', 'kind: ConfigMap\ndata:\n  a: {b64:24}\n'],
    { path: 'k8s/secret.yaml', also: ['generic-env-secret', 'generic-line-password'] },
  ),
  'kubernetes-bootstrap-token': texts(
    [
      'kubeadm join 10.0.0.1:6443 --token ⟦{low:6}.{low:16}⟧ --discovery-token',
      'bootstrap_token: "⟦{low:6}.{low:16}⟧"',
    ],
    [
      'kubeadm join --token <token>',
      'bootstrap_token: var.token',
      'bootstrap_token: abcdef.0123456789abcdef',
    ],
  ),
  'aspnet-machine-key': texts(
    ['<machineKey validationKey="⟦{HEX:128}⟧" validation="SHA1"/>', 'decryptionKey="⟦{HEX:48}⟧"'],
    ['validationKey="AutoGenerate,IsolateApps"', 'decryptionKey="{HEX:16}"'],
  ),
  'rails-secret-key-base': named('secret_key_base', '{hex:128}'),
  'rails-master-key': named('RAILS_MASTER_KEY', '{hex:32}'),
  'django-secret-key': texts(
    ["SECRET_KEY = '⟦{alnum:50}⟧'", 'SECRET_KEY="⟦django-insecure-{alnum:50}⟧"'],
    ["SECRET_KEY = 'secret'", "SECRET_KEY = os.environ['SECRET_KEY']"],
  ),
  'laravel-app-key': texts(
    ['APP_KEY=base64:⟦{b64:43}=⟧', "'APP_KEY' => 'base64:⟦{b64:43}=⟧'"],
    ['APP_KEY=', 'APP_KEY=base64:{b64:20}='],
  ),
  'wordpress-salt': texts(
    ["define('AUTH_KEY',         '⟦{alnum:64}⟧');", "define( 'NONCE_SALT', '⟦{alnum:64}⟧' );"],
    [
      " *     define('AUTH_KEY', '{alnum:64}');",
      "define('AUTH_KEY', 'put your unique phrase here');",
      "define('AUTH_KEY', getenv('AUTH_KEY'));",
    ],
  ),
  'framework-session-secret': texts(
    ['NEXTAUTH_SECRET=⟦{b64:43}⟧\n', 'JWT_SECRET: "⟦{hex:64}⟧"'],
    ['JWT_SECRET=your-jwt-secret-key-goes-here', 'JWT_SECRET: process.env.JWT_SECRET'],
  ),
  'ansible-password': texts(
    ['web1 ansible_host=10.0.0.1 ansible_ssh_pass=⟦{alnum:14}⟧', 'ansible_become_password: "⟦{alnum:16}⟧"'],
    ['ansible_password: "{{ vault_pw }}"', 'ansible_ssh_pass=password'],
  ),
  'wifi-passphrase': texts(
    ['network={\n  psk="⟦{alnum:16}⟧"\n}', 'wpa_passphrase=⟦{alnum:20}⟧\n'],
    ['psk="password"', 'psk = getPsk()', '  psk = psk->next;', '  psk = conf->ssid.wpa_psk;'],
  ),
  'cisco-password': texts(
    [
      `enable secret 5 ⟦$1\${alnum:4}\${alnum:22}⟧`,
      `username admin privilege 15 secret 9 ⟦$9\${alnum:14}\${alnum:43}⟧`,
    ],
    ['enable password cisco', 'username admin'],
    { also: ['password-hash'] },
  ),
  'unattend-password': texts(
    ['<AdministratorPassword><Value>⟦{alnum:16}⟧</Value>', '<Password>\n  <Value>⟦{b64:40}⟧</Value>'],
    ['<Password><Value>password</Value>', '<Password><Value></Value>'],
  ),
  'filezilla-password': texts(
    ['<Pass encoding="base64">⟦{b64:20}⟧</Pass>', '<User>a</User><Pass encoding="base64">⟦{b64:24}⟧</Pass>'],
    ['<Pass encoding="base64"></Pass>', '<Pass>x</Pass>'],
  ),
  'rclone-password': texts(
    ['[acme]\ntype = sftp\npass = ⟦{url:38}⟧\n', 'client_secret = ⟦{url:30}⟧\n'],
    ['pass = ', `secret_key = \${KEY}`],
    { path: 'home/rclone.conf' },
  ),
  'composer-auth': texts(
    [
      '{"http-basic":{"repo.acme.io":{"username":"t","password":"⟦{hex:40}⟧"}}}',
      '"http-basic": { "r.io": { "username": "a", "password": "⟦{alnum:32}⟧" } }',
    ],
    ['{"http-basic":{"repo.acme.io":{"username":"t","password":"secret"}}}', '{"http-basic":{}}'],
  ),
  'dotnet-network-credential': texts(
    [
      'new NetworkCredential("bot@acme.io", "⟦{alnum:14}⟧")',
      'New-Object System.Net.NetworkCredential("svc", "⟦{low:16}⟧")',
    ],
    ['new NetworkCredential("user", "password")', 'new NetworkCredential(user, password)'],
  ),
  'service-settings-password': texts(
    [
      'requirepass ⟦{alnum:24}⟧\n',
      'db:5432:app:app:⟦{alnum:20}⟧\n',
      'following password to proceed to installation:\n\n⟦{hex:32}⟧\n',
      '<auth-user-pass>\nadmin\n⟦{alnum:14}⟧\n</auth-user-pass>',
    ],
    ['# requirepass foobared', 'requirepass foobared\n', 'rootpw $1\n'],
  ),
  'play-secret-key': texts(
    ['play.http.secret.key="⟦{alnum:30}^:<{alnum:31}⟧"', 'application.secret = "⟦{alnum:40}`;{alnum:22}⟧"'],
    ['play.http.secret.key="changeme"', `play.http.secret.key=\${?APPLICATION_SECRET}`],
  ),
}
