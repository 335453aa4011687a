import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { toDate } from './dates.ts'
import { invalid, noSuch } from './errors.ts'
import { userOf } from './find.ts'
import { keyId, newSecret } from './ids.ts'
import { type PageInput, page } from './names.ts'
import { checkQuota } from './quotas.ts'
import type { KeyRecord, Records } from './records.ts'
import type { Usage } from './usage.ts'

interface Input extends PageInput {
  readonly UserName?: string
  readonly AccessKeyId?: string
  readonly Status?: string
}

/** Whose keys they are: a user's name, or empty for the account's root. */
interface Owner {
  readonly account: string
  readonly user: string
}

/** @throws {AwsError} LimitExceededException */
export const addKey = (parts: Parts, records: Records, owner: Owner): KeyRecord => {
  checkQuota('AccessKeysPerUser', keysOf(records, owner).length + 1)
  const key: KeyRecord = {
    ...owner,
    id: keyId('AKIA', owner.account),
    secret: newSecret(),
    active: true,
    created: parts.now(),
  }
  records.keys.put(key.id, key)
  return key
}

/** Access keys of users and of the account's root. */
export const accessKeyOperations = (
  parts: Parts,
  records: Records,
  usage: Usage,
): Readonly<Record<string, Operation>> => ({
  CreateAccessKey: (input: Input, call) => {
    const key = addKey(parts, records, ownerOf(records, input, call))
    return { AccessKey: { ...describe(key), SecretAccessKey: key.secret } }
  },
  ListAccessKeys: (input: Input, call) => {
    const { items, ...rest } = page(keysOf(records, ownerOf(records, input, call)), input)
    return { AccessKeyMetadata: items.map(describe), ...rest }
  },
  UpdateAccessKey: (input: Input, call) => {
    const key = find(records, ownerOf(records, input, call), input.AccessKeyId ?? '')
    records.keys.put(key.id, { ...key, active: checkStatus(input.Status) })
    return {}
  },
  DeleteAccessKey: (input: Input, call) => {
    records.keys.delete(find(records, ownerOf(records, input, call), input.AccessKeyId ?? '').id)
    return {}
  },
  GetAccessKeyLastUsed: ({ AccessKeyId: id = '' }: Input, { account, caller }) => {
    const key = records.keys.get(id)
    // so that nobody learns which keys exist (a recorded answer)
    if (key?.account !== account)
      throw new AwsError(
        'AccessDeniedException',
        `User: ${caller.arn} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key ${id}`,
        403,
      )
    const used = usage.last(id)
    return {
      UserName: key.user === '' ? '<root_account>' : key.user,
      AccessKeyLastUsed: used
        ? { LastUsedDate: toDate(used.at), ServiceName: used.service, Region: used.region }
        : { ServiceName: 'N/A', Region: 'N/A' },
    }
  },
})

/** @throws {AwsError} ValidationException */
export const checkStatus = (status: string | undefined): boolean => {
  if (status !== 'Active' && status !== 'Inactive')
    throw invalid(
      "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]",
    )
  return status === 'Active'
}

const ownerOf = (records: Records, input: Input, call: Call): Owner => {
  if (input.UserName === undefined && call.caller.kind === 'root') return { account: call.account, user: '' }
  const { account, name } = userOf(records, input, call)
  return { account, user: name }
}

const keysOf = (records: Records, { account, user }: Owner): readonly KeyRecord[] =>
  records.keys
    .entries()
    .map(([, key]) => key)
    .filter((key) => key.account === account && key.user === user)
    .sort((a, b) => a.created - b.created)

const find = (records: Records, { account, user }: Owner, id: string): KeyRecord => {
  const key = records.keys.get(id)
  if (key?.account !== account || key.user !== user)
    throw noSuch(`The Access Key with id ${id} cannot be found.`)
  return key
}

const describe = (key: KeyRecord) => ({
  ...(key.user !== '' && { UserName: key.user }),
  AccessKeyId: key.id,
  Status: key.active ? 'Active' : 'Inactive',
  CreateDate: toDate(key.created),
})
