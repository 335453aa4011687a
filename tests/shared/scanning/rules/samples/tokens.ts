import { type Samples, texts, token } from './kit.ts'

export const tokens: Samples = {
  jwt: token('eyJ{url:33}.eyJ{url:80}.{url:43}'),
  'jwt-base64': token('ZXlKaGJHY2lPaU{b64:160}'),
  'authorization-bearer': texts(
    ['Authorization: Bearer ⟦{alnum:40}⟧', "headers['Authorization'] = 'Token ⟦{hex:40}⟧'"],
    [
      'Authorization: Bearer YOUR_ACCESS_TOKEN_GOES_HERE',
      `Authorization: Bearer \${token}`,
      "'Authorization': 'Bearer ' + token",
    ],
  ),
  'authorization-basic': texts(
    ['Authorization: Basic ⟦{b64:32}⟧', "'authorization': 'Basic ⟦{b64:40}=⟧'"],
    ['Authorization: Basic <credentials>', 'Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
  ),
  'api-key-header': texts(
    ['X-Api-Key: ⟦{alnum:32}⟧', '"X-Auth-Token": "⟦{hex:40}⟧"'],
    ['X-Api-Key: YOUR_API_KEY_GOES_HERE', `x-api-key: \${{ secrets.API_KEY }}`],
  ),
  'curl-auth-header': texts(
    [
      'curl -sS -H "Authorization: Bearer ⟦{alnum:40}⟧" https://api.acme.io',
      "curl https://x.io -H 'X-Api-Key: ⟦{alnum:32}⟧'",
    ],
    [
      'curl -H "Authorization: Bearer $TOKEN" https://x.io',
      'curl -H "Accept: application/json" https://x.io',
    ],
    { also: ['authorization-bearer', 'api-key-header'] },
  ),
  'curl-auth-user': texts(
    ['curl -u ⟦bot:{alnum:20}⟧ https://x.acme.io', "curl -s --user '⟦svc:{alnum:24}⟧' https://x.acme.io"],
    ['curl -u user:password https://x.io', 'curl -u "$USER:$PASS" https://x.io'],
  ),
  'cli-password-argument': texts(
    [
      'sshpass -p ⟦{alnum:16}⟧ ssh root@h',
      'docker login -u bot -p ⟦{alnum:20}⟧ registry.acme.io',
      'helm repo add acme https://c.acme.io --username ci --password ⟦{alnum:18}⟧',
      'openssl enc -aes-256-cbc -k ⟦{alnum:20}⟧ -in a -out b',
    ],
    [
      'docker login -u bot -p $TOKEN',
      'mysql -u root -ppassword',
      'docker login SERVER --username=DOCKER_USER --password=DOCKER_PASSWORD',
      'ldapadd -D your-root-dn -w your-root-dn-password < a.ldif',
      'ConvertTo-SecureString\nConvertTo-XML',
    ],
  ),
  'password-hash': texts(
    [`root:⟦$6\${alnum:16}\${alnum:86}⟧:19000:0:99999:7:::`, `admin:⟦$2y$10\${alnum:53}⟧`],
    ['echo $1$2', '$6$rounds=5000$salt'],
  ),
  'provider-prefixed-token': texts(
    [
      '⟦lip_{alnum:20}⟧',
      'it = "⟦waka_{uuid}⟧"',
      '⟦zpka_{hex:32}_{hex:8}⟧',
      '⟦polar_pat_{alnum:43}⟧',
      'x ⟦AKLT{alnum:43}⟧',
    ],
    [
      'ion_changeOnlyWhenTheListIsEmpty',
      'mcp_server_configuration_file',
      'mcp_ODSPRemoteServer',
      'inf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
      'rp_{alnum:8}',
    ],
  ),
  'cli-password-piped': texts(
    ['echo "⟦{alnum:14}⟧" | sudo -S apt update', 'echo ⟦{alnum:16}⟧ | kinit svc@ACME.IO'],
    ['echo $PW | sudo -S ls', 'echo changeme | kinit x', 'echo "{alnum:14}" | grep x'],
  ),
}
