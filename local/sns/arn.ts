import type { Call } from '../gateway/service.ts'
import { invalidParameter } from './errors.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const checkParts = (parameter: string, arn: string | undefined): string[] => {
  if (arn === undefined) throw invalidParameter(`${parameter} Reason: no value for required parameter`)
  const parts = arn.split(':')
  if (parts.length < 6)
    throw invalidParameter(`${parameter} Reason: An ARN must have at least 6 elements, not ${parts.length}`)
  return parts
}

/**
 * A topic's ARN, of any account but of the call's region.
 * @param parameter its name in the error
 * @throws AwsError InvalidParameter
 */
export const checkTopicArn = (
  parameter: string,
  arn: string | undefined,
  call: Pick<Call, 'region'>,
): string => {
  const [partition, , service, region, account] = checkParts(parameter, arn)
  if (partition !== 'arn' || service !== 'sns' || region !== call.region || !/^\d{12}$/.test(account ?? ''))
    throw invalidParameter(parameter)
  return arn ?? ''
}

/** @throws AwsError InvalidParameter */
export const checkSubscriptionArn = (arn: string | undefined): string => {
  const parts = checkParts('SubscriptionArn', arn)
  if (parts.length !== 7 || !UUID.test(parts[6] ?? '')) throw invalidParameter('SubscriptionId')
  return arn ?? ''
}

export const topicOfSubscription = (arn: string): string => arn.split(':').slice(0, 6).join(':')

export const accountOf = (arn: string): string => arn.split(':')[4] ?? ''

export const regionOf = (arn: string): string => arn.split(':')[3] ?? ''

export const isFifo = (arn: string): boolean => arn.endsWith('.fifo')
