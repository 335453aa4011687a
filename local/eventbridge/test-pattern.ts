import type { TestEventPatternCommandInput } from '@aws-sdk/client-eventbridge'
import { AwsError } from '../gateway/service.ts'
import { JsonMistake, type JsonReader, readJson, type Token } from './json-reader.ts'
import { JsonNumber } from './numbers.ts'
import { compilePattern } from './pattern.ts'

/** Members that EventBridge demands of an event; it says that `resources` too, yet takes events without. */
const REQUIRED = ['id', 'account', 'source', 'time', 'region', 'detail-type']

/**
 * TestEventPattern: EventBridge API Reference.
 * @throws AwsError InvalidEventPatternException, and ValidationException for what is no event
 */
export const testPattern = (input: TestEventPatternCommandInput): { Result: boolean } => {
  const matches = compilePattern(input.EventPattern ?? '')
  return { Result: matches(readEvent(input.Event ?? '')) }
}

const readEvent = (text: string): object => {
  const reader = readJson(text)
  try {
    const event = readValue(reader, reader.next())
    const whole = reader.next() === undefined && event instanceof Map
    if (whole && REQUIRED.every((name) => event.has(name))) return Object.fromEntries(event)
  } catch (error) {
    if (!(error instanceof JsonMistake)) throw error
  }
  throw new AwsError('ValidationException', 'Parameter Event is not valid.')
}

/** A value with its numbers as they are written; the event itself as a map. */
const readValue = (reader: JsonReader, token: Token): unknown => {
  switch (token) {
    case '{': {
      const members = new Map<string, unknown>()
      while (reader.next() !== '}') {
        const name = reader.text()
        members.set(name, plain(readValue(reader, reader.next())))
      }
      return members
    }
    case '[': {
      const elements: unknown[] = []
      for (let next = reader.next(); next !== ']'; next = reader.next())
        elements.push(plain(readValue(reader, next)))
      return elements
    }
    case 'string':
      return reader.text()
    case 'integer':
    case 'float':
      return new JsonNumber(reader.text())
    case 'null':
      return null
    default:
      return token === 'true'
  }
}

const plain = (value: unknown): unknown => (value instanceof Map ? Object.fromEntries(value) : value)
