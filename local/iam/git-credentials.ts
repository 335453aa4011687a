import type { Parts } from '../contracts.ts'
import type { Operation } from '../gateway/service.ts'
import { checkStatus } from './access-keys.ts'
import { toDate } from './dates.ts'
import { alreadyExists, noSuch } from './errors.ts'
import { userOf } from './find.ts'
import { newGitPassword, newId } from './ids.ts'
import { type PageInput, page } from './names.ts'
import { checkQuota } from './quotas.ts'
import type { GitCredentialRecord, Records, UserRecord } from './records.ts'

interface Input extends PageInput {
  readonly UserName?: string
  readonly ServiceName?: string
  readonly ServiceSpecificCredentialId?: string
  readonly Status?: string
  readonly AllUsers?: boolean
}

const CODECOMMIT = 'codecommit.amazonaws.com'
/** Others that take a user name and a password: IAM API reference, CreateServiceSpecificCredential. */
const SERVICES = new Set([CODECOMMIT, 'cassandra.amazonaws.com'])

/**
 * A new static credential; the second one of a user is named `<user>+1-at-<account>`.
 * @throws {AwsError} LimitExceededException, EntityAlreadyExistsException
 */
export const addGitCredential = (
  parts: Parts,
  records: Records,
  user: UserRecord,
  service = CODECOMMIT,
): GitCredentialRecord => {
  const taken = credentialsOf(records, user)
    .filter((one) => serviceOf(one) === service)
    .map((one) => one.serviceUserName)
  checkQuota('ServiceSpecificCredentialsPerUser', taken.length + 1)
  const names = [`${user.name}-at-${user.account}`, `${user.name}+1-at-${user.account}`]
  const credential: GitCredentialRecord = {
    id: newId('ACCA', 21),
    account: user.account,
    user: user.name,
    serviceUserName: names.find((name) => !taken.includes(name)) ?? '',
    password: newGitPassword(),
    active: true,
    created: parts.now(),
    ...(service !== CODECOMMIT && { service }),
  }
  // a user may itself be called "<other>+1": then its first name is taken by the other's second
  if (records.gitCredentials.get(placeOf(credential)))
    throw alreadyExists(`${credential.serviceUserName} already exists.`)
  records.gitCredentials.put(placeOf(credential), credential)
  return credential
}

/** Service-specific credentials. */
export const gitCredentialOperations = (
  parts: Parts,
  records: Records,
): Readonly<Record<string, Operation>> => ({
  CreateServiceSpecificCredential: (input: Input, call) => {
    const user = userOf(records, input, call)
    if (!SERVICES.has(input.ServiceName ?? ''))
      throw noSuch(`No such service ${input.ServiceName} is supported for Service Specific Credentials`)
    const credential = addGitCredential(parts, records, user, input.ServiceName)
    return { ServiceSpecificCredential: { ...describe(credential), ServicePassword: credential.password } }
  },
  ListServiceSpecificCredentials: (input: Input, call) => {
    const all =
      input.AllUsers === true
        ? allOf(records, call.account)
        : credentialsOf(records, userOf(records, input, call))
    const wanted = all.filter(
      (one) => input.ServiceName === undefined || serviceOf(one) === input.ServiceName,
    )
    const { items, ...rest } = page(wanted, input)
    return { ServiceSpecificCredentials: items.map(describe), ...rest }
  },
  ResetServiceSpecificCredential: (input: Input, call) => {
    const credential = find(records, userOf(records, input, call), input)
    const reset = { ...credential, password: newGitPassword() }
    records.gitCredentials.put(placeOf(reset), reset)
    return { ServiceSpecificCredential: { ...describe(reset), ServicePassword: reset.password } }
  },
  UpdateServiceSpecificCredential: (input: Input, call) => {
    const credential = find(records, userOf(records, input, call), input)
    records.gitCredentials.put(placeOf(credential), { ...credential, active: checkStatus(input.Status) })
    return {}
  },
  DeleteServiceSpecificCredential: (input: Input, call) => {
    records.gitCredentials.delete(placeOf(find(records, userOf(records, input, call), input)))
    return {}
  },
})

const serviceOf = ({ service = CODECOMMIT }: GitCredentialRecord): string => service

/** Git's by the name that Git sends. */
const placeOf = ({ service, serviceUserName }: GitCredentialRecord): string =>
  service === undefined ? serviceUserName : `${service}/${serviceUserName}`

const allOf = (records: Records, account: string): readonly GitCredentialRecord[] =>
  records.gitCredentials
    .entries()
    .map(([, one]) => one)
    .filter((one) => one.account === account)

const credentialsOf = (records: Records, user: UserRecord): readonly GitCredentialRecord[] =>
  allOf(records, user.account)
    .filter((one) => one.user === user.name)
    .sort((a, b) => a.created - b.created)

const find = (records: Records, user: UserRecord, input: Input): GitCredentialRecord => {
  const { ServiceSpecificCredentialId: id } = input
  const credential = credentialsOf(records, user).find((one) => one.id === id)
  if (!credential) throw noSuch(`No such credential ${id} exists`)
  return credential
}

const describe = (credential: GitCredentialRecord) => ({
  CreateDate: toDate(credential.created),
  ServiceName: serviceOf(credential),
  ServiceUserName: credential.serviceUserName,
  ServiceSpecificCredentialId: credential.id,
  UserName: credential.user,
  Status: credential.active ? 'Active' : 'Inactive',
})
