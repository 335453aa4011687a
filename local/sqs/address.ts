import { AwsError, type Call } from '../gateway/service.ts'
import { noFifo } from './attributes.ts'
import { invalidValue, missing, noSuchQueue } from './errors.ts'

const NAME = /^[A-Za-z0-9_-]{1,80}$/

export const queueArn = (region: string, account: string, name: string): string =>
  `arn:aws:sqs:${region}:${account}:${name}`

/** @throws AwsError InvalidParameterValueException; UnsupportedOperation for a FIFO name */
export const checkQueueName = (name: string | undefined): string => {
  if (!name) throw missing('QueueName')
  if (name.endsWith('.fifo')) throw noFifo()
  if (!NAME.test(name))
    throw invalidValue(
      name,
      'QueueName',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    )
  return name
}

/**
 * ARN of the queue behind a URL of any host: account and name come from its path, the region from the call.
 * @throws AwsError QueueDoesNotExist for anything that is no queue URL
 */
export const arnOfUrl = (url: string | undefined, call: Pick<Call, 'region'>): string => {
  if (!url) throw missing('QueueUrl')
  const path = URL.canParse(url) ? new URL(url).pathname : url
  const [, account, name] = /^\/?(\d{12})\/([^/]+)\/?$/.exec(path) ?? []
  if (!account || !name) throw noSuchQueue()
  return queueArn(call.region, account, name)
}

/** Queues of other accounts are reached by services only: who calls the API acts in the own account. */
export const checkOwnAccount = (arn: string, call: Pick<Call, 'account'>): void => {
  if (arn.split(':')[4] !== call.account)
    throw new AwsError(
      'AccessDeniedException',
      `Access to the resource ${arn} is denied: no resource-based policy lets another account in on this local cloud.`,
      403,
    )
}
