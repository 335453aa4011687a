import { AwsError, type Call } from '../gateway/service.ts'
import { invalid, missing, noSuchQueue } from './errors.ts'

const NAME = /^[A-Za-z0-9_-]{1,80}$/
const FIFO_NAME = /^[A-Za-z0-9_-]{1,75}\.fifo$/

export const queueArn = (region: string, account: string, name: string): string =>
  `arn:aws:sqs:${region}:${account}:${name}`

/** @throws AwsError InvalidParameterValueException */
export const checkQueueName = (name: string | undefined, fifo: boolean): string => {
  if (!name) throw missing('QueueName')
  if (fifo && !FIFO_NAME.test(name))
    throw invalid(
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length',
    )
  if (!fifo && !NAME.test(name))
    throw invalid('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length')
  return name
}

/**
 * ARN of the queue behind a URL of any host: account and name come from its path, the region from the call. A name alone is a queue
 * of the caller's own.
 * @throws AwsError QueueDoesNotExist for anything that is no queue URL, InvalidAddress for one of another region
 */
export const arnOfUrl = (url: string | undefined, call: Pick<Call, 'region' | 'account'>): string => {
  if (!url) throw missing('QueueUrl')
  if (NAME.test(url) || FIFO_NAME.test(url)) return queueArn(call.region, call.account, url)
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const [, account, name] = /^\/?(\d{12})\/([^/]+)\/?$/.exec(parsed?.pathname ?? url) ?? []
  if (!account || !name) throw noSuchQueue()
  const region = /^(?:sqs\.([a-z0-9-]+)|([a-z0-9-]+)\.queue)\.amazonaws\.com/.exec(parsed?.hostname ?? '')
  const named = region?.[1] ?? region?.[2]
  if (named && named !== call.region)
    throw new AwsError('InvalidAddress', `The address ${url} is not valid for this endpoint.`)
  return queueArn(call.region, account, name)
}

/**
 * Some operations never reach another account's queue (developer guide, "Limitations of Amazon SQS custom policies").
 * @throws AwsError AccessDeniedException
 */
export const checkOwnAccount = (arn: string, call: Pick<Call, 'account' | 'caller' | 'operation'>): void => {
  if (arn.split(':')[4] !== call.account)
    throw new AwsError(
      'AccessDeniedException',
      `User: ${call.caller.arn} is not authorized to perform: sqs:${call.operation.toLowerCase()} on resource: ${arn} because no resource-based policy allows the sqs:${call.operation.toLowerCase()} action`,
      403,
    )
}
