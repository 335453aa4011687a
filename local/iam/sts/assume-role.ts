import type { Parts } from '../../contracts.ts'
import { AwsError, type Caller, type Operation, type Permission } from '../../gateway/service.ts'
import { invalid } from '../errors.ts'
import { roleOfArn } from '../find.ts'
import type { Holdings } from '../holdings.ts'
import type { Judge } from '../judge.ts'
import type { Records, RoleRecord } from '../records.ts'
import { callerOfSession, openSession } from '../sessions.ts'
import { describeCredentials, packedSizeOf, secondsWithin } from './answers.ts'
import { type SessionPolicyInput, sessionPoliciesOf } from './session-policies.ts'
import { type SessionTagInput, sessionOf, sessionTagsOf, tagContext } from './session-tags.ts'

interface Input extends SessionPolicyInput, SessionTagInput {
  readonly RoleArn: string
  readonly RoleSessionName: string
  readonly DurationSeconds?: number
  readonly ExternalId?: string
  readonly SourceIdentity?: string
  readonly SerialNumber?: string
  readonly TokenCode?: string
}

const SECONDS_MIN = 900
const SECONDS_MAX = 43_200
const SECONDS_DEFAULT = 3_600
/** STS API reference, AssumeRole: a session that assumes a role gets an hour at most. */
const CHAINED_SECONDS_MAX = 3_600

/** What AssumeRole works with. */
export interface AssumeRoleNeeds {
  readonly parts: Parts
  readonly records: Records
  readonly holdings: Holdings
  readonly judge: Judge
}

/** STS API reference, AssumeRole. */
export const assumeRole =
  ({ parts, records, holdings, judge }: AssumeRoleNeeds): Operation =>
  (input: Input, { caller }) => {
    checkNames(input)
    if (input.SerialNumber !== undefined || input.TokenCode !== undefined)
      throw new AwsError(
        'AccessDeniedException',
        'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
        403,
      )
    const calling = sessionOf(records.sessions, caller)
    const tags = sessionTagsOf(input, calling)
    const role = requireTrust({ holdings, judge }, caller, roleOfArn(records, input.RoleArn), input)
    const seconds = sessionSeconds(input.DurationSeconds, role, caller)
    const policies = sessionPoliciesOf(records, role.account, input)
    const sourceIdentity = sourceIdentityOf(judge, caller, input)
    const holder = {
      account: role.account,
      role: { name: role.name, id: role.id, session: input.RoleSessionName },
      ...(policies && { policies }),
      ...tags,
      ...(sourceIdentity !== undefined && { sourceIdentity }),
    }
    const { userId, arn } = callerOfSession(role, input.RoleSessionName)
    const packed = packedSizeOf(input)
    return {
      Credentials: describeCredentials(openSession(parts, records, holder, seconds)),
      AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
      ...(packed !== undefined && { PackedPolicySize: packed }),
      ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }),
    }
  }

const NAME = '[\\w+=,.@-]*'

const checkNames = ({ RoleArn, RoleSessionName, SourceIdentity }: Input): void => {
  for (const [member, value] of [
    ['roleSessionName', RoleSessionName],
    ['sourceIdentity', SourceIdentity],
  ] as const) {
    if (value === undefined) continue
    const broken = (why: string) =>
      invalid(
        `1 validation error detected: Value '${value.slice(0, 200)}' at '${member}' failed to satisfy constraint: Member must ${why}`,
      )
    if (!new RegExp(`^${NAME}$`).test(value)) throw broken(`satisfy regular expression pattern: ${NAME}`)
    if (value.length > 64) throw broken('have length less than or equal to 64')
    if (value.length < 2) throw broken('have length greater than or equal to 2')
  }
  if (!/^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/.test(RoleArn))
    throw invalid(`${RoleArn.slice(0, 2_048)} is invalid`)
}

/**
 * The role's trust policy must let the caller in; unless it names the caller itself within one account, the caller's own policies
 * must allow it too (IAM user guide, "Policy evaluation logic"). Tags and a source identity need a permission of their own.
 */
const requireTrust = (
  { holdings, judge }: Pick<AssumeRoleNeeds, 'holdings' | 'judge'>,
  caller: Caller,
  role: RoleRecord | undefined,
  input: Input,
): RoleRecord => {
  if (caller.kind === 'root')
    throw new AwsError('AccessDeniedException', 'Roles may not be assumed by root accounts.', 403)
  const permission = permissionOf('sts:AssumeRole', input)
  // a role that does not exist is refused in the same words, so that nobody learns which do; federated users assume none
  if (!role || caller.kind === 'federated') throw judge.refuse(caller, permission)
  const trust = holdings.trustOf(role)
  judge.authorizeTrust(caller, permission, trust)
  if ((input.Tags ?? []).length > 0)
    judge.authorizeTrust(caller, permissionOf('sts:TagSession', input), trust)
  if (input.SourceIdentity !== undefined)
    judge.authorizeTrust(caller, permissionOf('sts:SetSourceIdentity', input), trust)
  return role
}

/** Service Authorization Reference, "Actions, resources, and condition keys for AWS Security Token Service". */
const permissionOf = (action: string, input: Input): Permission => ({
  action,
  resource: input.RoleArn,
  context: {
    'sts:RoleSessionName': input.RoleSessionName,
    ...(input.ExternalId !== undefined && { 'sts:ExternalId': input.ExternalId }),
    ...(input.SourceIdentity !== undefined && { 'sts:SourceIdentity': input.SourceIdentity }),
    ...(input.DurationSeconds !== undefined && { 'sts:DurationSeconds': String(input.DurationSeconds) }),
    ...tagContext(input),
  },
})

/** Once set it goes on with every further role and cannot become another: IAM user guide, "Monitor and control actions". */
const sourceIdentityOf = (judge: Judge, caller: Caller, input: Input): string | undefined => {
  const { sourceIdentity } = caller
  if (sourceIdentity === undefined) return input.SourceIdentity
  if (input.SourceIdentity !== undefined && input.SourceIdentity !== sourceIdentity)
    throw judge.refuse(caller, permissionOf('sts:SetSourceIdentity', input))
  return sourceIdentity
}

const sessionSeconds = (wanted: number | undefined, role: RoleRecord, caller: Caller): number => {
  const seconds = secondsWithin(wanted ?? SECONDS_DEFAULT, SECONDS_MIN, SECONDS_MAX)
  if (caller.kind === 'role' && seconds > CHAINED_SECONDS_MAX)
    throw invalid(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    )
  if (seconds > role.maxSessionSeconds)
    throw invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  return seconds
}
