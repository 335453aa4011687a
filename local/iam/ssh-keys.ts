import type { Parts } from '../contracts.ts'
import { AwsError, type Operation } from '../gateway/service.ts'
import { checkStatus } from './access-keys.ts'
import { toDate } from './dates.ts'
import { invalid, noSuch } from './errors.ts'
import { userOf } from './find.ts'
import { newId } from './ids.ts'
import { type PageInput, page } from './names.ts'
import { readPublicKey, toPem } from './public-key.ts'
import { checkQuota } from './quotas.ts'
import type { Records, SshKeyRecord, UserRecord } from './records.ts'

interface Input extends PageInput {
  readonly UserName?: string
  readonly SSHPublicKeyBody: string
  readonly SSHPublicKeyId: string
  readonly Encoding?: string
  readonly Status?: string
}

/** SSH public keys of users, for CodeCommit. */
export const sshKeyOperations = (parts: Parts, records: Records): Readonly<Record<string, Operation>> => ({
  UploadSSHPublicKey: (input: Input, call) => {
    const user = userOf(records, input, call)
    const read = readPublicKey(input.SSHPublicKeyBody)
    if (read === 'encoding')
      throw new AwsError('UnrecognizedPublicKeyEncodingException', 'Invalid public key uploaded.')
    if (read === 'invalid') throw new AwsError('InvalidPublicKeyException', 'Invalid public key uploaded.')
    const own = keysOf(records, user)
    if (own.some((key) => key.line === read.line))
      throw new AwsError(
        'DuplicateSSHPublicKeyException',
        `SSH public key is already associated with the user ${user.name}.`,
      )
    checkQuota('SSHPublicKeysPerUser', own.length + 1)
    const key: SshKeyRecord = {
      ...read,
      id: newId('APKA', 21),
      account: user.account,
      user: user.name,
      body: input.SSHPublicKeyBody.trim(),
      active: true,
      created: parts.now(),
    }
    records.sshKeys.put(key.id, key)
    return { SSHPublicKey: describe(key, key.body) }
  },
  GetSSHPublicKey: (input: Input, call) => {
    const key = find(records, userOf(records, input, call), input.SSHPublicKeyId)
    if (input.Encoding !== 'SSH' && input.Encoding !== 'PEM')
      throw invalid(
        "1 validation error detected: Value at 'encoding' failed to satisfy constraint: Member must satisfy enum value set: [SSH, PEM]",
      )
    const asUploaded = key.body.startsWith('ssh-rsa ') ? key.body : key.line
    return { SSHPublicKey: describe(key, input.Encoding === 'SSH' ? asUploaded : toPem(key.line)) }
  },
  ListSSHPublicKeys: (input: Input, call) => {
    const { items, ...rest } = page(keysOf(records, userOf(records, input, call)), input)
    return { SSHPublicKeys: items.map(outline), ...rest }
  },
  UpdateSSHPublicKey: (input: Input, call) => {
    const key = find(records, userOf(records, input, call), input.SSHPublicKeyId)
    records.sshKeys.put(key.id, { ...key, active: checkStatus(input.Status) })
    return {}
  },
  DeleteSSHPublicKey: (input: Input, call) => {
    records.sshKeys.delete(find(records, userOf(records, input, call), input.SSHPublicKeyId).id)
    return {}
  },
})

const keysOf = (records: Records, user: UserRecord): readonly SshKeyRecord[] =>
  records.sshKeys
    .entries()
    .map(([, key]) => key)
    .filter((key) => key.account === user.account && key.user === user.name)
    .sort((a, b) => a.created - b.created)

const find = (records: Records, user: UserRecord, id: string): SshKeyRecord => {
  const key = keysOf(records, user).find((one) => one.id === id)
  if (!key) throw noSuch(`The Public Key with id ${id} cannot be found.`)
  return key
}

const outline = (key: SshKeyRecord) => ({
  UserName: key.user,
  SSHPublicKeyId: key.id,
  Status: key.active ? 'Active' : 'Inactive',
  UploadDate: toDate(key.created),
})

const describe = (key: SshKeyRecord, body: string) => ({
  ...outline(key),
  Fingerprint: key.fingerprint,
  SSHPublicKeyBody: body,
})
