import type { Parts } from '../contracts.ts'
import { AwsError, type Operation } from '../gateway/service.ts'
import { newGitPassword, newId } from './ids.ts'
import { type GitCredentialRecord, noSuch, type Records, type UserRecord } from './records.ts'
import { userOf } from './users.ts'

interface Input {
  readonly UserName?: string
  readonly ServiceName?: string
  readonly ServiceSpecificCredentialId?: string
  readonly Status?: string
}

const SERVICE = 'codecommit.amazonaws.com'

/** CodeCommit user guide, "Setup for HTTPS users using Git credentials": two sets per user. */
const CREDENTIALS_PER_USER = 2

/** A new static Git credential; the second one of a user is named `<user>+1-at-<account>`. */
export const addGitCredential = (parts: Parts, records: Records, user: UserRecord): GitCredentialRecord => {
  const taken = credentialsOf(records, user).map((one) => one.serviceUserName)
  if (taken.length >= CREDENTIALS_PER_USER)
    throw new AwsError(
      'LimitExceededException',
      `Cannot exceed quota for ServiceSpecificCredentialsPerUser: ${CREDENTIALS_PER_USER}`,
      409,
    )
  const names = [`${user.name}-at-${user.account}`, `${user.name}+1-at-${user.account}`]
  const serviceUserName = names.find((name) => !taken.includes(name)) ?? ''
  const credential: GitCredentialRecord = {
    id: newId('ACCA', 21),
    account: user.account,
    user: user.name,
    serviceUserName,
    password: newGitPassword(),
    active: true,
    created: parts.now(),
  }
  // a user may itself be called "<other>+1": then its first name is taken by the other's second
  if (records.gitCredentials.get(serviceUserName))
    throw new AwsError('EntityAlreadyExistsException', `${serviceUserName} already exists.`, 409)
  records.gitCredentials.put(serviceUserName, credential)
  return credential
}

/** Service-specific credentials, for CodeCommit alone. */
export const gitCredentialOperations = (
  parts: Parts,
  records: Records,
): Readonly<Record<string, Operation>> => ({
  CreateServiceSpecificCredential: (input: Input, call) => {
    if (input.ServiceName !== SERVICE)
      throw noSuch(`No such service ${input.ServiceName} is supported for Service Specific Credentials`)
    const credential = addGitCredential(parts, records, userOf(records, input, call))
    return { ServiceSpecificCredential: { ...describe(credential), ServicePassword: credential.password } }
  },
  ListServiceSpecificCredentials: (input: Input, call) => {
    const all = credentialsOf(records, userOf(records, input, call))
    const wanted = input.ServiceName === undefined || input.ServiceName === SERVICE ? all : []
    return { ServiceSpecificCredentials: wanted.map(describe) }
  },
  ResetServiceSpecificCredential: (input: Input, call) => {
    const credential = find(records, userOf(records, input, call), input.ServiceSpecificCredentialId ?? '')
    const reset = { ...credential, password: newGitPassword() }
    records.gitCredentials.put(reset.serviceUserName, reset)
    return { ServiceSpecificCredential: { ...describe(reset), ServicePassword: reset.password } }
  },
  UpdateServiceSpecificCredential: (input: Input, call) => {
    const credential = find(records, userOf(records, input, call), input.ServiceSpecificCredentialId ?? '')
    records.gitCredentials.put(credential.serviceUserName, {
      ...credential,
      active: input.Status === 'Active',
    })
    return {}
  },
  DeleteServiceSpecificCredential: (input: Input, call) => {
    const credential = find(records, userOf(records, input, call), input.ServiceSpecificCredentialId ?? '')
    records.gitCredentials.delete(credential.serviceUserName)
    return {}
  },
})

const credentialsOf = (records: Records, user: UserRecord): readonly GitCredentialRecord[] =>
  records.gitCredentials
    .entries()
    .map(([, one]) => one)
    .filter((one) => one.account === user.account && one.user === user.name)

const find = (records: Records, user: UserRecord, id: string): GitCredentialRecord => {
  const credential = credentialsOf(records, user).find((one) => one.id === id)
  if (!credential) throw noSuch(`No such credential ${id} exists`)
  return credential
}

const describe = (credential: GitCredentialRecord) => ({
  CreateDate: new Date(credential.created),
  ServiceName: SERVICE,
  ServiceUserName: credential.serviceUserName,
  ServiceSpecificCredentialId: credential.id,
  UserName: credential.user,
  Status: credential.active ? 'Active' : 'Inactive',
})
