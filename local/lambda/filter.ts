import type { ReceivedMessage } from '../contracts.ts'
import { compilePattern, type Matcher } from '../eventbridge/pattern.ts'
import { invalid } from './errors.ts'

/** Service quotas: filters of a mapping. */
const MAX_FILTERS = 5
const MAX_PATTERN = 4096

/**
 * Which messages a function is to see: those that fit one of the filters; none given: all. Developer guide, "Using event filtering with an
 * Amazon SQS event source": a filter on a JSON body meets JSON bodies only, one on a text meets texts only.
 * @throws AwsError InvalidParameterValueException
 */
export const compileFilters = (patterns: readonly string[]): ((message: ReceivedMessage) => boolean) => {
  if (patterns.length > MAX_FILTERS)
    throw invalid(`The number of filters exceeds the limit of ${MAX_FILTERS}.`)
  if (patterns.length === 0) return () => true
  const filters = patterns.map(compileFilter)
  return (message) => {
    const json = parsed(message.body)
    return filters.some(({ matches, wants }) =>
      wants === 'json'
        ? isObject(json) && matches({ ...message, body: json })
        : wants === 'text'
          ? !isObject(json) && matches(message)
          : matches(message),
    )
  }
}

const compileFilter = (pattern: string): { matches: Matcher; wants: 'json' | 'text' | 'anything' } => {
  try {
    if (pattern.length > MAX_PATTERN) throw new Error('too long')
    const { body } = JSON.parse(pattern) as { body?: unknown }
    return {
      matches: compilePattern(pattern),
      wants: body === undefined ? 'anything' : Array.isArray(body) ? 'text' : 'json',
    }
  } catch (cause) {
    throw Object.assign(invalid('Invalid filter pattern definition.'), { cause })
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
