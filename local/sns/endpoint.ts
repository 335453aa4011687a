import type { Call } from '../gateway/service.ts'
import { accountOf, isFifo } from './arn.ts'
import { invalidParameter, notServed } from './errors.ts'
import { CHAT_ENDPOINT } from './inbox.ts'
import type { Protocol } from './types.ts'

/**
 * Checks who shall receive (SNS API Reference, Subscribe).
 * @throws AwsError InvalidParameter
 */
export const checkEndpoint = (topicArn: string, protocol: string | undefined, endpoint: string): Protocol => {
  const checked = checkProtocol(protocol, endpoint)
  if (isFifo(topicArn) && checked !== 'sqs')
    throw invalidParameter('Invalid parameter: Endpoint Reason: Please use FIFO SQS queue')
  return checked
}

const checkProtocol = (protocol: string | undefined, endpoint: string): Protocol => {
  switch (protocol) {
    case 'sqs':
      if (!/^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]+(\.fifo)?$/.test(endpoint))
        throw invalidParameter('SQS endpoint ARN')
      return protocol
    case 'lambda':
      if (!/^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:.+$/.test(endpoint))
        throw invalidParameter('Lambda endpoint ARN')
      return protocol
    case 'email':
    case 'email-json':
      if (!/^[^\s@]+@[^\s@]+$/.test(endpoint)) throw invalidParameter('Email address')
      return protocol
    case 'http':
    case 'https':
      if (!endpoint.startsWith(`${protocol}://`))
        throw invalidParameter('Endpoint must match the specified protocol')
      if (!URL.canParse(endpoint)) throw invalidParameter('Unreachable Endpoint')
      return protocol
    case 'sms':
      if (!/^\+?[0-9][0-9./-]*[0-9]$/.test(endpoint) || /[./-]{2}/.test(endpoint))
        throw invalidParameter(`Invalid SMS endpoint: ${endpoint}`)
      throw notServed('Protocol sms')
    case 'application':
    case 'firehose':
      throw notServed(`Protocol ${protocol}`)
    default:
      throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`)
  }
}

/** FIFO queues take from FIFO topics only. @throws AwsError InvalidParameter */
export const checkOrder = (topicArn: string, endpoint: string): void => {
  if (isFifo(endpoint) && endpoint.startsWith('arn:') && !isFifo(topicArn))
    throw invalidParameter(
      'Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics',
    )
}

/** Who owns the endpoint need not be asked: a queue or function of the caller's own account, and the chat service, which says yes to all. */
export const needsConfirmation = (
  protocol: Protocol,
  endpoint: string,
  call: Pick<Call, 'account'>,
): boolean => {
  if (protocol === 'lambda' || endpoint === CHAT_ENDPOINT) return false
  return protocol !== 'sqs' || accountOf(endpoint) !== call.account
}
