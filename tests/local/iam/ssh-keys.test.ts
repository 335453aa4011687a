import { spawnSync } from 'node:child_process'
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from '@jest/globals'
import ssh2 from 'ssh2'
import { readPublicKey, toPem } from '../../../local/iam/public-key.ts'
import { testWith } from '../../support/tools.ts'
import { type Fixture, START, startFixture, userArn } from './fixture.ts'

/** A new key in PEM, and as `ssh-rsa AAAA...` the way another implementation writes it. */
const newKey = (bits: number): { pem: string; line: string } => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  const parsed = ssh2.utils.parseKey(String(privateKey.export({ type: 'pkcs1', format: 'pem' })))
  if (parsed instanceof Error) throw parsed
  return {
    pem: String(publicKey.export({ type: 'spki', format: 'pem' })),
    line: `ssh-rsa ${parsed.getPublicSSH().toString('base64')}`,
  }
}
const { pem: PEM, line: LINE } = newKey(2_048)
const others = [1, 2, 3, 4, 5].map(() => newKey(2_048).line)
const short = newKey(1_024)

let f: Fixture
beforeEach(async () => {
  f = startFixture()
  await f.call('CreateUser', { UserName: 'sofia' })
})
const upload = (SSHPublicKeyBody: string) =>
  f.call('UploadSSHPublicKey', { UserName: 'sofia', SSHPublicKeyBody })

test('a key is uploaded, read in both encodings, listed, switched off and deleted', async () => {
  const { SSHPublicKey: key } = await upload(`${LINE} sofia@laptop\n`)
  expect(key).toEqual({
    UserName: 'sofia',
    SSHPublicKeyId: expect.stringMatching(/^APKA[A-Z2-7]{17}$/),
    Fingerprint: expect.stringMatching(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/),
    SSHPublicKeyBody: `${LINE} sofia@laptop`,
    Status: 'Active',
    UploadDate: new Date(START),
  })
  const bytes = Buffer.from(LINE.split(' ')[1] ?? '', 'base64')
  expect(key.Fingerprint.replaceAll(':', '')).toBe(createHash('md5').update(bytes).digest('hex'))
  const named = { UserName: 'sofia', SSHPublicKeyId: key.SSHPublicKeyId }
  const read = (Encoding: string) => f.call('GetSSHPublicKey', { ...named, Encoding })
  expect((await read('SSH')).SSHPublicKey).toEqual(key)
  expect((await read('PEM')).SSHPublicKey.SSHPublicKeyBody).toBe(PEM)
  await expect(read('DER')).rejects.toMatchObject({ code: 'ValidationException' })
  expect(await f.call('ListSSHPublicKeys', { UserName: 'sofia' })).toEqual({
    SSHPublicKeys: [
      {
        UserName: 'sofia',
        SSHPublicKeyId: key.SSHPublicKeyId,
        Status: 'Active',
        UploadDate: new Date(START),
      },
    ],
    IsTruncated: false,
  })
  expect(f.iam.resolveSshKey(key.SSHPublicKeyId)).toMatchObject({
    publicKey: LINE,
    caller: { kind: 'user', arn: userArn('sofia') },
  })
  await expect(f.call('DeleteUser', { UserName: 'sofia' })).rejects.toThrow(
    'must delete SSH public keys first',
  )
  await f.call('UpdateSSHPublicKey', { ...named, Status: 'Inactive' })
  expect(f.iam.resolveSshKey(key.SSHPublicKeyId)).toBeUndefined()
  await f.call('UpdateSSHPublicKey', { ...named, Status: 'Active' })
  expect(f.iam.resolveSshKey(key.SSHPublicKeyId)).toBeDefined()
  await f.call('DeleteSSHPublicKey', named)
  expect(f.iam.resolveSshKey(key.SSHPublicKeyId)).toBeUndefined()
  for (const operation of ['GetSSHPublicKey', 'UpdateSSHPublicKey', 'DeleteSSHPublicKey'])
    await expect(f.call(operation, { ...named, Encoding: 'SSH', Status: 'Active' })).rejects.toMatchObject({
      code: 'NoSuchEntityException',
      status: 404,
      message: `The Public Key with id ${key.SSHPublicKeyId} cannot be found.`,
    })
})

test('in PEM too, and then it is the same key', async () => {
  const { SSHPublicKey: key } = await upload(PEM)
  const named = { UserName: 'sofia', SSHPublicKeyId: key.SSHPublicKeyId }
  expect((await f.call('GetSSHPublicKey', { ...named, Encoding: 'SSH' })).SSHPublicKey.SSHPublicKeyBody).toBe(
    LINE,
  )
  await expect(upload(LINE)).rejects.toMatchObject({ code: 'DuplicateSSHPublicKeyException' })
  // another user may have the same key
  await f.call('CreateUser', { UserName: 'nina' })
  await f.call('UploadSSHPublicKey', { UserName: 'nina', SSHPublicKeyBody: LINE })
})

test('five for a user, not six', async () => {
  for (const line of others) await upload(line)
  await expect(upload(LINE)).rejects.toMatchObject({
    code: 'LimitExceededException',
    message: 'Cannot exceed quota for SSHPublicKeysPerUser: 5',
  })
})

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
const ed = generateKeyPairSync('ed25519').publicKey
test.each([
  ['nothing', 'x', 'UnrecognizedPublicKeyEncodingException'],
  ['an Ed25519 key', `ssh-ed25519 ${'A'.repeat(68)} x`, 'UnrecognizedPublicKeyEncodingException'],
  ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----\nx\n', 'UnrecognizedPublicKeyEncodingException'],
  ['half a key', LINE.slice(0, 200), 'InvalidPublicKeyException'],
  ['no base64', 'ssh-rsa !!!!', 'InvalidPublicKeyException'],
  ['nothing after the type', 'ssh-rsa', 'InvalidPublicKeyException'],
  ['a short key', short.line, 'InvalidPublicKeyException'],
  ['a short key in PEM', short.pem, 'InvalidPublicKeyException'],
  ['an EC key in PEM', String(ec.export({ type: 'spki', format: 'pem' })), 'InvalidPublicKeyException'],
  ['an Ed25519 key in PEM', String(ed.export({ type: 'spki', format: 'pem' })), 'InvalidPublicKeyException'],
  ['damaged PEM', PEM.replace('M', '!'), 'InvalidPublicKeyException'],
])('%s is refused', async (_, body, code) => {
  await expect(upload(body)).rejects.toMatchObject({ code })
})

// ssh-keygen has no flag that does nothing: ssh comes in the same package
testWith('ssh', ['-V'])('fingerprint and PEM are those that ssh-keygen writes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ssh-keys-'))
  try {
    const file = join(folder, 'key.pub')
    writeFileSync(file, `${LINE}\n`)
    const program = 'ssh-keygen'
    const run = (...args: string[]) => spawnSync(program, args, { encoding: 'utf8' }).stdout
    const read = readPublicKey(LINE)
    if (typeof read === 'string') throw new Error(read)
    expect(run('-l', '-E', 'md5', '-f', file)).toContain(`MD5:${read.fingerprint}`)
    const theirs = createPublicKey(run('-e', '-m', 'PKCS8', '-f', file))
    expect(theirs.equals(createPublicKey(toPem(LINE)))).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a key id that nobody has', () => {
  for (const id of ['APKAXXXXXXXXXXXXXXXXX', '__proto__', '']) expect(f.iam.resolveSshKey(id)).toBeUndefined()
})
