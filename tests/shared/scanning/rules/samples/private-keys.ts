import { paths, type Samples, texts, token } from './kit.ts'

export const privateKeys: Samples = {
  'private-key': texts(
    [
      '-----BEGIN RSA PRIVATE KEY-----\n{b64:64}\n{b64:64}\n{b64:64}\n{b64:40}\n-----END RSA PRIVATE KEY-----\n',
      'key = "-----BEGIN PRIVATE KEY-----\\n{b64:64}\\n{b64:64}\\n-----END PRIVATE KEY-----\\n"',
      '-----BEGIN OPENSSH PRIVATE KEY-----\r\n{b64:70}\r\n{b64:70}\r\n-----END OPENSSH PRIVATE KEY-----',
      '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{HEX:32}\n\n{b64:64}\n{b64:64}\n-----END RSA PRIVATE KEY-----',
      '-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{b64:64}\n{b64:64}\n={alnum:4}\n-----END PGP PRIVATE KEY BLOCK-----',
      'String k = "-----BEGIN EC PRIVATE KEY-----\\n" +\n    "{b64:64}\\n" +\n    "{b64:64}\\n" +\n    "-----END EC PRIVATE KEY-----";',
    ],
    [
      '-----BEGIN PUBLIC KEY-----\n{b64:64}\n{b64:64}\n-----END PUBLIC KEY-----',
      'const begin = "-----BEGIN PRIVATE KEY-----", end = "-----END PRIVATE KEY-----"',
      '-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----',
      '-----BEGIN RSA PRIVATE KEY-----\n{b64:30}',
      '-----BEGIN RSA PRIVATE KEY-----\n{b64:64}\n...\n{b64:64}\n-----END RSA PRIVATE KEY-----',
      '`-----BEGIN RSA PRIVATE KEY----- {b64:64}. -----END RSA PRIVATE KEY-----`',
    ],
  ),
  'ssh2-private-key': texts(
    [
      '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: "key"\n{b64:70}\n{b64:70}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----',
      '---- BEGIN SSH2 PRIVATE KEY ----\n{b64:70}\n{b64:40}\n---- END SSH2 PRIVATE KEY ----',
    ],
    [
      '---- BEGIN SSH2 PUBLIC KEY ----\n{b64:70}\n---- END SSH2 PUBLIC KEY ----',
      '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n...',
    ],
  ),
  'putty-private-key': texts(
    [
      'PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: rsa-key\nPublic-Lines: 2\n{b64:64}\n{b64:40}\nPrivate-Lines: 2\n⟦{b64:64}\n{b64:60}\n⟧Private-MAC: {hex:40}',
      'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: k\nPublic-Lines: 2\n{b64:64}\n{b64:20}\nPrivate-Lines: 1\n⟦{b64:44}\n⟧Private-MAC: {hex:64}',
    ],
    ['PuTTY-User-Key-File-2: ssh-rsa', 'if (line.startsWith("PuTTY-User-Key-File-3: ")) parse()'],
  ),
  'age-secret-key': token('AGE-SECRET-KEY-1{bech:58}'),
  'private-key-base64': texts(
    [
      'client-key-data: ⟦LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRV{b64:400}⟧',
      '{"key":"⟦LS0tLS1CRUdJTiBQUklWQVRFIEtFW{b64:300}⟧"}',
    ],
    [
      'certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0t{b64:300}',
      'LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRV{b64:20}',
    ],
  ),
  'private-key-der': texts(
    ['"privateKey": "⟦MIIEvgIBADANBgkqhkiG9w0BAQEFAASC{b64:600}⟧"', 'KEY=⟦MHcCAQEEI{b64:140}⟧'],
    ['"cert": "MIIDdzCCAl+gAwIBAgIE{b64:600}"', 'KEY=MHcCAQEEI{b64:20}'],
  ),
  'pkcs12-base64': texts(
    ['pfx: ⟦MIIKPAIBAzCC{b64:900}⟧', 'P12="⟦MIIQYQIBAzCC{b64:900}⟧"'],
    ['MIIKPAIBAzCC', 'MIIKPAIBAjCC{b64:900}'],
  ),
  'jwk-private-key': texts(
    [
      '{"kty":"EC","crv":"P-256","x":"{url:43}","y":"{url:43}","d":"⟦{url:43}⟧"}',
      '{\n  "d": "⟦{url:342}⟧",\n  "e": "AQAB",\n  "kty": "RSA"\n}',
    ],
    ['{"kty":"RSA","n":"{url:342}","e":"AQAB"}', '{"kty":"EC","x":"{url:43}","y":"{url:43}"}'],
  ),
  'wireguard-private-key': texts(
    ['[Interface]\nPrivateKey = ⟦{b64:42}A=⟧\nAddress = 10.0.0.1/24', 'PresharedKey=⟦{b64:42}k=⟧'],
    ['PublicKey = {b64:42}A=', 'PrivateKey = <key>'],
  ),
  'minisign-secret-key': texts(
    [
      'untrusted comment: minisign encrypted secret key\n⟦RWRTY0Iy{b64:200}⟧',
      'untrusted comment: signify secret key\n⟦RWRCSwAA{b64:130}⟧',
    ],
    [
      'untrusted comment: minisign public key 1234\nRWQf6LRC{b64:44}',
      'untrusted comment: signify secret key',
    ],
  ),
  'pkcs12-file': paths(['certs/server.p12', 'Signing.PFX'], ['a.p12.md', 'pfx']),
  'ssh-private-key-file': paths(['.ssh/id_rsa', 'deploy/id_ed25519'], ['.ssh/id_rsa.pub', 'id_rsa.md']),
  'putty-key-file': paths(['keys/bastion.ppk', 'A.PPK'], ['ppk', 'a.ppk.txt']),
  'password-database-file': paths(['team.kdbx', 'x/a.opvault'], ['kdbx.md', 'a.kdb2']),
  'java-keystore-file': paths(['app/release.keystore', 'x.jks'], ['keystore.java', 'a.jks.ts']),
  'rails-master-key-file': texts(['⟦{hex:32}⟧\n', '⟦{hex:32}⟧'], ['{hex:40}', 'key = {hex:32}'], {
    path: 'config/master.key',
  }),
  'openvpn-static-key': texts(
    [
      '-----BEGIN OpenVPN Static key V1-----⟦\n{hex:32}\n{hex:32}\n{hex:32}\n{hex:32}\n⟧-----END OpenVPN Static key V1-----',
      '"ta": "-----BEGIN OpenVPN Static key V1-----⟦\\n{hex:32}\\n{hex:32}\\n{hex:32}\\n{hex:32}\\n⟧-----END OpenVPN Static key V1-----"',
    ],
    [
      '-----BEGIN OpenVPN Static key V1-----\n{hex:32}\n-----END OpenVPN Static key V1-----',
      '-----BEGIN OpenVPN Static key V1-----\n...\n-----END OpenVPN Static key V1-----',
    ],
  ),
}
