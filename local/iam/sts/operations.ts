import type { Call, Permission, Service } from '../../gateway/service.ts'
import { AwsError } from '../../gateway/service.ts'
import { nameOfArn } from '../find.ts'
import { accountOfKeyId } from '../ids.ts'
import { openSession } from '../sessions.ts'
import type { Usage } from '../usage.ts'
import { describeCredentials, packedSizeOf, secondsWithin } from './answers.ts'
import { type AssumeRoleNeeds, assumeRole } from './assume-role.ts'
import { type SessionPolicyInput, sessionPoliciesOf } from './session-policies.ts'
import { type SessionTagInput, sessionTagsOf, tagContext } from './session-tags.ts'

interface FederationInput extends SessionPolicyInput, SessionTagInput {
  readonly Name: string
  readonly DurationSeconds?: number
}

const SECONDS_MIN = 900
const SECONDS_MAX = 129_600
const SECONDS_DEFAULT = 43_200
/** STS API reference, GetSessionToken and GetFederationToken: for an account's root. */
const ROOT_SECONDS_MAX = 3_600

/** STS, but for identity providers outside and MFA. */
export const createSts = (needs: AssumeRoleNeeds & { readonly usage: Usage }): Service => {
  const { parts, records, usage } = needs
  return {
    name: 'sts',
    permissions: stsPermissions,
    operations: {
      AssumeRole: assumeRole(needs),
      GetCallerIdentity: (_input: object, { caller, region }) => {
        usage.note(caller, { action: 'sts:GetCallerIdentity', context: { 'aws:RequestedRegion': region } })
        return { UserId: caller.userId, Account: caller.account, Arn: caller.arn }
      },
      GetSessionToken: (input: { DurationSeconds?: number; SerialNumber?: string }, call) => {
        const user = requireLongLived(call)
        const seconds = secondsFor(call, input.DurationSeconds)
        if (input.SerialNumber !== undefined)
          throw new AwsError(
            'AccessDeniedException',
            'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
            403,
          )
        const holder = { account: call.account, user }
        return { Credentials: describeCredentials(openSession(parts, records, holder, seconds)) }
      },
      GetFederationToken: (input: FederationInput, call) => {
        const user = requireLongLived(call)
        const seconds = secondsFor(call, input.DurationSeconds)
        const { account } = call
        const holder = {
          account,
          user,
          federated: input.Name,
          // without a policy the session has no permissions but those that resources give it
          policies: sessionPoliciesOf(records, account, input) ?? [],
          ...sessionTagsOf(input, undefined),
        }
        return {
          Credentials: describeCredentials(openSession(parts, records, holder, seconds)),
          FederatedUser: {
            FederatedUserId: `${account}:${input.Name}`,
            Arn: federatedArn(account, input.Name),
          },
          PackedPolicySize: packedSizeOf(input) ?? 0,
        }
      },
      GetAccessKeyInfo: ({ AccessKeyId = '' }: { AccessKeyId?: string }) => {
        const known = records.keys.get(AccessKeyId) ?? records.sessions.get(AccessKeyId)
        const account = known?.account ?? accountOfKeyId(AccessKeyId)
        if (account === undefined)
          throw new AwsError(
            'ValidationException',
            `${AccessKeyId.slice(0, 128)} is not a valid access key id`,
          )
        return { Account: account }
      },
    },
  }
}

const federatedArn = (account: string, name: string): string =>
  `arn:aws:sts::${account}:federated-user/${name}`

/** GetCallerIdentity and GetSessionToken need no permission; AssumeRole is judged with the role's trust policy. */
const stsPermissions = (
  operation: string,
  input: FederationInput,
  { account }: Call,
): readonly Permission[] => {
  if (operation === 'GetAccessKeyInfo') return [{ action: 'sts:GetAccessKeyInfo', resource: '*' }]
  if (operation !== 'GetFederationToken') return []
  const resource = federatedArn(account, input.Name)
  const context = tagContext(input)
  const actions = ['sts:GetFederationToken', ...((input.Tags ?? []).length > 0 ? ['sts:TagSession'] : [])]
  return actions.map((action) => ({ action, resource, context }))
}

/** The user's name, empty for root. */
const requireLongLived = ({ caller, operation }: Call): string => {
  const longLived = caller.issued === undefined
  if (caller.kind === 'user' && longLived) return nameOfArn(caller.arn)
  if (caller.kind === 'root' && longLived) return ''
  throw new AwsError('AccessDeniedException', `Cannot call ${operation} with session credentials`, 403)
}

const secondsFor = ({ caller }: Call, wanted: number | undefined): number => {
  if (caller.kind !== 'root') return secondsWithin(wanted ?? SECONDS_DEFAULT, SECONDS_MIN, SECONDS_MAX)
  // more is cut, not refused
  return Math.min(secondsWithin(wanted ?? ROOT_SECONDS_MAX, SECONDS_MIN, SECONDS_MAX), ROOT_SECONDS_MAX)
}
