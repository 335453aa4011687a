import type { Credentials, Parts } from '../contracts.ts'
import { AwsError, type Call, type Caller, type Permission, type Service } from '../gateway/service.ts'
import type { Judge } from './judge.ts'
import { findUser, keyOf, type Records, type RoleRecord } from './records.ts'
import { callerOfSession, openSession } from './sessions.ts'

interface AssumeRoleInput {
  readonly RoleArn: string
  readonly RoleSessionName: string
  readonly DurationSeconds?: number
  readonly ExternalId?: string
  readonly Policy?: string
  readonly PolicyArns?: readonly object[]
  readonly Tags?: readonly object[]
}

const SECONDS_MIN = 900
const SECONDS_DEFAULT = 3_600
/** STS API reference, AssumeRole: a session that assumes a role gets an hour at most. */
const CHAINED_SECONDS_MAX = 3_600
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/

/** STS, the part of it that programs here call. */
export const createSts = (parts: Parts, records: Records, judge: Judge): Service => ({
  name: 'sts',
  // GetCallerIdentity needs no permission; AssumeRole is judged with the trust policy, below
  permissions: () => [],
  operations: {
    GetCallerIdentity: (_input: object, { caller }) => ({
      UserId: caller.userId,
      Account: caller.account,
      Arn: caller.arn,
    }),
    AssumeRole: (input: AssumeRoleInput, call) => {
      checkSession(input)
      const role = requireTrust(judge, call.caller, roleOf(records, input.RoleArn), input)
      const seconds = sessionSeconds(input.DurationSeconds, role, call)
      const session = input.RoleSessionName
      const { userId, arn } = callerOfSession(role, session)
      return {
        Credentials: describe(openSession(parts, records, { role, session }, seconds)),
        AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
      }
    },
    GetSessionToken: (input: { DurationSeconds?: number }, { caller }) => {
      if (caller.kind !== 'user')
        throw new AwsError(
          'AccessDeniedException',
          'Cannot call GetSessionToken with session credentials',
          403,
        )
      const seconds = input.DurationSeconds ?? 43_200
      if (!(seconds >= SECONDS_MIN && seconds <= 129_600))
        throw new AwsError('ValidationException', 'DurationSeconds must be between 900 and 129600.')
      const user = findUser(records, caller.account, caller.arn.slice(caller.arn.lastIndexOf('/') + 1))
      return { Credentials: describe(openSession(parts, records, { user }, seconds)) }
    },
  },
})

export const roleOf = (records: Records, arn: string): RoleRecord | undefined => {
  const [, account, name] = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(arn) ?? []
  return account && name ? records.roles.get(keyOf(account, name)) : undefined
}

const checkSession = (input: AssumeRoleInput): void => {
  if (!SESSION_NAME.test(input.RoleSessionName))
    throw new AwsError(
      'ValidationException',
      "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    )
  if (!/^arn:aws:iam::\d{12}:role\/.+$/.test(input.RoleArn))
    throw new AwsError('ValidationException', `${input.RoleArn.slice(0, 200)} is invalid`)
  // left unserved they would widen or narrow the session unseen
  for (const name of ['Policy', 'PolicyArns', 'Tags'] as const)
    if (input[name] !== undefined && input[name].length > 0)
      throw new AwsError('ValidationException', `The local cloud does not serve ${name} in AssumeRole.`)
}

/**
 * Within one account the trust policy alone suffices when it names the caller itself; when it names the account, and always
 * across accounts, the caller's own policies must allow sts:AssumeRole too (IAM user guide, "Policy evaluation logic").
 */
const requireTrust = (
  judge: Judge,
  caller: Caller,
  role: RoleRecord | undefined,
  input: AssumeRoleInput,
): RoleRecord => {
  const permission: Permission = {
    action: 'sts:AssumeRole',
    resource: input.RoleArn,
    context: {
      'sts:RoleSessionName': input.RoleSessionName,
      ...(input.ExternalId !== undefined && { 'sts:ExternalId': input.ExternalId }),
    },
  }
  const own = judge.verdictOf(caller, permission)
  if (own === 'explicitDeny') throw judge.refusal(caller.arn, permission, own, 'identity-based')
  // a role that does not exist is refused in the same words, so that nobody learns which do
  if (!role) throw withStatus(judge.refusal(caller.arn, permission, 'implicitDeny', 'trust'))
  const question = { action: permission.action, context: judge.contextOf(caller, permission) }
  const arns = caller.roleArn ? [caller.arn, caller.roleArn] : [caller.arn]
  const account = caller.account
  const trusted = judge.verdictOfPolicy(role.trust, { arns, account }, question)
  if (trusted !== 'allow') throw withStatus(judge.refusal(caller.arn, permission, trusted, 'trust'))
  const direct = judge.verdictOfPolicy(role.trust, { arns }, question) === 'allow'
  const enough = direct && role.account === caller.account
  if (!enough && own !== 'allow')
    throw withStatus(judge.refusal(caller.arn, permission, own, 'identity-based'))
  return role
}

const withStatus = (error: AwsError) => new AwsError(error.code, error.message, 403)

const sessionSeconds = (wanted: number | undefined, role: RoleRecord, { caller }: Call): number => {
  const seconds = wanted ?? SECONDS_DEFAULT
  if (!(seconds >= SECONDS_MIN && Number.isInteger(seconds)))
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to ${SECONDS_MIN}`,
    )
  if (caller.kind === 'role' && seconds > CHAINED_SECONDS_MAX)
    throw new AwsError(
      'ValidationException',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    )
  if (seconds > role.maxSessionSeconds)
    throw new AwsError(
      'ValidationException',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
  return seconds
}

const describe = (credentials: Credentials) => ({
  AccessKeyId: credentials.accessKeyId,
  SecretAccessKey: credentials.secretAccessKey,
  SessionToken: credentials.sessionToken,
  Expiration: new Date(credentials.expiration ?? 0),
})
