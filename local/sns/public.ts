import { randomUUID } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import type { Answer } from '../gateway/answers.ts'
import type { UnsignedRequest } from '../gateway/gateway.ts'
import { AwsError } from '../gateway/service.ts'
import { checkSubscriptionArn } from './arn.ts'
import type { Confirmations } from './confirmations.ts'
import type { Inboxes } from './inbox.ts'
import { CERTIFICATES } from './notification.ts'
import type { Signing } from './signing.ts'
import { endSubscription } from './subscription-operations.ts'
import type { Topics } from './topics.ts'

export interface PublicParts {
  readonly parts: Parts
  readonly topics: Topics
  readonly confirmations: Confirmations
  readonly signing: Signing
  readonly inboxes: Inboxes
}

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/'

/**
 * What SNS answers without a signature: the links in its messages (ConfirmSubscription, Unsubscribe) and its certificate; and, of this
 * cloud alone, the inboxes: `/_relay/sns/mail` and `/_relay/sns/chat`, with `?account=…&region=…`.
 * @returns undefined for what is none of these, such as the same calls with a signature
 */
export const createPublicAnswers =
  (given: PublicParts) =>
  (request: UnsignedRequest): Answer | undefined => {
    if (!URL.canParse(request.url, 'http://x')) return undefined
    const { pathname, searchParams } = new URL(request.url, 'http://x')
    const isGet = request.method === 'GET'
    if (isGet && pathname.startsWith(CERTIFICATES))
      return answerFile(given, pathname.slice(CERTIFICATES.length), searchParams)
    const query = isGet ? searchParams : new URLSearchParams(request.body)
    const action = query.get('Action')
    const signed = request.signed || query.has('X-Amz-Signature') || query.has('Signature')
    if (pathname !== '/' || signed || (action !== 'ConfirmSubscription' && action !== 'Unsubscribe'))
      return undefined
    try {
      return xml(
        200,
        `${action}Response`,
        action === 'Unsubscribe' ? unsubscribe(given, query) : confirm(given, query),
      )
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      const inner = `<Error><Type>Sender</Type><Code>${error.code}</Code><Message>${escapeText(error.message)}</Message></Error>`
      return xml(error.status, 'ErrorResponse', inner)
    }
  }

const confirm = ({ confirmations }: PublicParts, query: URLSearchParams): string => {
  // API Reference, ConfirmSubscription: this alone needs a signature
  if (query.get('AuthenticateOnUnsubscribe')?.toLowerCase() === 'true')
    throw new AwsError('AuthorizationError', 'AuthenticateOnUnsubscribe needs a signed request.', 403)
  const { arn } = confirmations.confirm(query.get('TopicArn') ?? undefined, query.get('Token') ?? undefined, {
    signed: false,
    keep: false,
  })
  return `<ConfirmSubscriptionResult><SubscriptionArn>${escapeText(arn)}</SubscriptionArn></ConfirmSubscriptionResult>`
}

const unsubscribe = ({ parts, topics, confirmations }: PublicParts, query: URLSearchParams): string => {
  const arn = checkSubscriptionArn(query.get('SubscriptionArn') ?? undefined)
  const subscription = topics.getSubscription(arn)
  if (subscription?.keptFromStrangers)
    throw new AwsError('AuthorizationError', 'This subscription can be deleted by its owner only.', 403)
  if (subscription) endSubscription(parts.store, topics, confirmations, subscription)
  return ''
}

const answerFile = (
  { signing, inboxes }: PublicParts,
  file: string,
  query: URLSearchParams,
): Answer | undefined => {
  const place = [query.get('account') ?? '', query.get('region') ?? ''] as const
  if (file === 'mail') return json(inboxes.mail(...place))
  if (file === 'chat') return json(inboxes.chat(...place))
  const certificate = signing.certificate(file)
  return certificate === undefined
    ? undefined
    : { status: 200, headers: { 'content-type': 'application/x-pem-file' }, body: Buffer.from(certificate) }
}

const json = (value: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(`${JSON.stringify(value)}\n`),
})

const xml = (status: number, root: string, inner: string): Answer => {
  const requestId = randomUUID()
  const id = `<RequestId>${requestId}</RequestId>`
  const last = root === 'ErrorResponse' ? id : `<ResponseMetadata>${id}</ResponseMetadata>`
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: Buffer.from(`<${root} xmlns="${NAMESPACE}">${inner}${last}</${root}>`),
  }
}

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
