import { invalidParameter } from './errors.ts'

/** How often and when deliveries to web servers are tried again: SNS developer guide, "Creating an HTTP/S delivery policy". */
export interface RetryPolicy {
  readonly minDelayTarget: number
  readonly maxDelayTarget: number
  readonly numRetries: number
  readonly numMaxDelayRetries: number
  readonly numNoDelayRetries: number
  readonly numMinDelayRetries: number
  readonly backoffFunction: string
}

const DEFAULT_RETRY: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: 'linear',
}
const DEFAULT_CONTENT_TYPE = 'text/plain; charset=UTF-8'
const FUNCTIONS = ['arithmetic', 'exponential', 'geometric', 'linear']

type Part = Readonly<Record<string, unknown>>

interface Effective {
  readonly retry: RetryPolicy
  readonly throttle: Part | null
  readonly contentType: string
}

const asPart = (value: unknown): Part | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Part) : undefined

const parse = (text: string | undefined): Part => (text ? (asPart(JSON.parse(text)) ?? {}) : {})

/**
 * @param text JSON, already parsed once
 * @throws AwsError InvalidParameter; the texts are inferred but for their form
 */
export const checkDeliveryPolicy = (text: string, of: 'topic' | 'subscription'): void => {
  const policy = asPart(JSON.parse(text))
  if (!policy) throw invalidParameter('DeliveryPolicy: policy must be a JSON object')
  const allowed =
    of === 'topic'
      ? ['http']
      : ['healthyRetryPolicy', 'sicklyRetryPolicy', 'throttlePolicy', 'requestPolicy', 'guaranteed']
  const unknown = Object.keys(policy).find((name) => !allowed.includes(name))
  if (unknown !== undefined) throw invalidParameter(`DeliveryPolicy: unexpected JSON member: ${unknown}`)
  const http = of === 'topic' ? (asPart(policy.http) ?? {}) : policy
  const [path, retry] =
    of === 'topic'
      ? ['http.defaultHealthyRetryPolicy', asPart(http.defaultHealthyRetryPolicy)]
      : ['healthyRetryPolicy', asPart(http.healthyRetryPolicy)]
  if (retry) checkRetry(path, retry)
}

const checkRetry = (path: string, given: Part): void => {
  const refuse = (name: string, why: string) => invalidParameter(`DeliveryPolicy: ${path}.${name} ${why}`)
  const policy: RetryPolicy = { ...DEFAULT_RETRY, ...given }
  const within = (name: keyof RetryPolicy, low: number, high: number) => {
    const value = policy[name]
    if (!Number.isInteger(value) || Number(value) < low)
      throw refuse(name, `must be greater than or equal to ${low}`)
    if (Number(value) > high) throw refuse(name, `must be less than or equal to ${high}`)
  }
  within('numRetries', 0, 100)
  within('maxDelayTarget', 1, 3_600)
  within('minDelayTarget', 1, policy.maxDelayTarget)
  const phases = ['numNoDelayRetries', 'numMinDelayRetries', 'numMaxDelayRetries'] as const
  for (const phase of phases) within(phase, 0, policy.numRetries)
  if (phases.reduce((sum, phase) => sum + policy[phase], 0) > policy.numRetries)
    throw refuse('numRetries', 'must be greater than or equal to the sum of the retries of all phases')
  if (!FUNCTIONS.includes(policy.backoffFunction))
    throw refuse('backoffFunction', `must be one of ${FUNCTIONS.join(', ')}`)
}

/** What counts for a subscription to a web server: its own policy over its topic's over SNS's. */
export const effectivePolicy = (
  topicText: string | undefined,
  subscriptionText?: string | undefined,
): Effective => {
  const http = asPart(parse(topicText).http) ?? {}
  const own = http.disableSubscriptionOverrides === true ? {} : parse(subscriptionText)
  const request = asPart(own.requestPolicy) ?? asPart(http.defaultRequestPolicy)
  return {
    retry: { ...DEFAULT_RETRY, ...asPart(http.defaultHealthyRetryPolicy), ...asPart(own.healthyRetryPolicy) },
    throttle: asPart(own.throttlePolicy) ?? asPart(http.defaultThrottlePolicy) ?? null,
    contentType: String(request?.headerContentType ?? DEFAULT_CONTENT_TYPE),
  }
}

/** A topic's DeliveryPolicy as GetTopicAttributes shows it (recorded). */
export const describeTopicPolicy = (text: string): string => {
  const http = asPart(parse(text).http) ?? {}
  return JSON.stringify({
    http: {
      ...(asPart(http.defaultHealthyRetryPolicy)
        ? { defaultHealthyRetryPolicy: http.defaultHealthyRetryPolicy }
        : {}),
      disableSubscriptionOverrides: http.disableSubscriptionOverrides === true,
      ...(asPart(http.defaultThrottlePolicy) ? { defaultThrottlePolicy: http.defaultThrottlePolicy } : {}),
      ...(asPart(http.defaultRequestPolicy) ? { defaultRequestPolicy: http.defaultRequestPolicy } : {}),
    },
  })
}

export const describeEffectiveTopicPolicy = (text: string | undefined): string => {
  const http = asPart(parse(text).http) ?? {}
  const { retry, contentType } = effectivePolicy(text)
  return JSON.stringify({
    http: {
      defaultHealthyRetryPolicy: retry,
      disableSubscriptionOverrides: http.disableSubscriptionOverrides === true,
      ...(asPart(http.defaultThrottlePolicy) ? { defaultThrottlePolicy: http.defaultThrottlePolicy } : {}),
      defaultRequestPolicy: { headerContentType: contentType },
    },
  })
}

/** A subscription's DeliveryPolicy and what becomes of it, as GetSubscriptionAttributes shows them (recorded). */
export const describeSubscriptionPolicy = (text: string): string => {
  const policy = parse(text)
  const part = (name: string) => asPart(policy[name]) ?? null
  return JSON.stringify({
    healthyRetryPolicy: part('healthyRetryPolicy'),
    sicklyRetryPolicy: part('sicklyRetryPolicy'),
    throttlePolicy: part('throttlePolicy'),
    requestPolicy: part('requestPolicy'),
    guaranteed: policy.guaranteed === true,
  })
}

export const describeEffectiveSubscriptionPolicy = (
  topicText: string | undefined,
  text: string | undefined,
): string => {
  const { retry, throttle, contentType } = effectivePolicy(topicText, text)
  return JSON.stringify({
    healthyRetryPolicy: retry,
    sicklyRetryPolicy: null,
    throttlePolicy: throttle,
    requestPolicy: { headerContentType: contentType },
    guaranteed: false,
  })
}

/**
 * Milliseconds until the next try towards a web server after `failed` tries; undefined: no more. Four phases: at once, at the least
 * delay, growing from the least to the most, at the most.
 */
export const retryDelayOf = (policy: RetryPolicy, failed: number): number | undefined => {
  const { numRetries, numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries } = policy
  if (failed > numRetries) return undefined
  const [low, high] = [policy.minDelayTarget * 1_000, policy.maxDelayTarget * 1_000]
  if (failed <= numNoDelayRetries) return 0
  const step = failed - numNoDelayRetries - numMinDelayRetries
  if (step <= 0) return low
  const steps = numRetries - numNoDelayRetries - numMinDelayRetries - numMaxDelayRetries
  if (step > steps) return high
  return Math.round(low + (high - low) * growth(policy.backoffFunction, step, steps))
}

/** From 0 at the first step to 1 at the last. The guide shows the curves without their formulas: these are inferred. */
const growth = (backoff: string, step: number, steps: number): number => {
  if (steps <= 1) return 0
  const part = (step - 1) / (steps - 1)
  if (backoff === 'arithmetic') return (part * (part + 1)) / 2
  if (backoff === 'geometric') return part ** 2
  if (backoff === 'exponential') return (2 ** (10 * part) - 1) / (2 ** 10 - 1)
  return part
}
