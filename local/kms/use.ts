import type { Iam, Kms } from '../contracts.ts'
import { AwsError, type Caller } from '../gateway/service.ts'
import type { Sender } from '../gateway/wires.ts'
import { type KeyRecord, type Keys, requireUsable } from './keys.ts'
import { isGranted, policyPermission } from './permissions.ts'

type KeyUse = Omit<Parameters<Kms['use']>[0], 'caller'>

/** Recorded: a service that may not decrypt for somebody says so without naming the key, as KMS does of any ciphertext. */
const UNREADABLE =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.'

/** Using keys through other services: for callers, and for services that hand something on. */
export const createUse = (
  keys: Pick<Keys, 'find' | 'grants' | 'aliases'>,
  iam: Pick<Iam, 'authorize' | 'authorizeSender'>,
): Pick<Kms, 'use' | 'useAsService'> => {
  const each = ({ keyArn, actions }: KeyUse, judge: (key: KeyRecord, action: string) => void): void => {
    const [, , , region = '', account = ''] = keyArn.split(':')
    const key = keys.find({ account, region }, keyArn)
    for (const action of actions)
      try {
        judge(key, action)
      } catch (error) {
        const denied = error instanceof AwsError && error.code === 'AccessDeniedException'
        if (denied && action === 'kms:Decrypt') throw new AwsError('AccessDeniedException', UNREADABLE)
        throw error
      }
    requireUsable(key)
  }
  return {
    use: (request) => {
      const { caller, via } = request
      each(request, (key, action) => {
        const encryptionContext = contextOf(request, action)
        if (isGranted(keys, key, caller, action, encryptionContext)) return
        const permission = policyPermission(keys, key, action, { caller, via, encryptionContext })
        iam.authorize(caller, forResource(permission, action))
      })
    },
    useAsService: (request) => {
      const { sender, via } = request
      each(request, (key, action) => {
        const permission = policyPermission(keys, key, action, {
          encryptionContext: contextOf(request, action),
          ...(sender.roleArn !== undefined && { caller: { account: accountOf(sender.roleArn) }, via }),
        })
        const context = { ...permission.context, ...(isSourceless(sender, via) ? SOURCELESS : {}) }
        iam.authorizeSender(key.policy, sender, { ...permission, context })
      })
    },
  }
}

/** DescribeKey knows no encryption context (KMS API reference). */
const contextOf = ({ encryptionContext = {} }: KeyUse, action: string) =>
  action === 'kms:DescribeKey' ? {} : encryptionContext

/** A grant that a service has made for itself (KMS developer guide, "kms:GrantIsForAWSResource"). */
const forResource = <T extends { readonly context?: object }>(permission: T, action: string): T =>
  action === 'kms:CreateGrant'
    ? { ...permission, context: { ...permission.context, 'kms:GrantIsForAWSResource': 'true' } }
    : permission

const accountOf = (arn: string): Caller['account'] => arn.split(':')[4] ?? ''

const SOURCELESS = { 'aws:SourceArn': [], 'aws:SourceAccount': [] }

/**
 * SNS developer guide, "Enable compatibility between event sources from AWS services and encrypted topics": what EventBridge asks of a
 * topic's key comes without its source, so that a policy with a condition on it never lets it in.
 */
const isSourceless = ({ service }: Sender, via: string): boolean =>
  service === 'events.amazonaws.com' && via === 'sns'
