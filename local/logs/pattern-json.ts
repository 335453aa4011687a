import type { Matches } from './pattern.ts'
import { regexOf } from './pattern.ts'
import { comparison, type Reader, readExpression, readerOf, type Test } from './pattern-expression.ts'

const SELECTOR = /\$(?:\.[\w-]+|\.\*|\[(?:\d+|\*|'[^']*'|"[^"]*")\])*/
const OPERAND = /"(?:[^"\\]|\\.)*"|%[^%]*%|[^\s()&|}]+/

/** `{ ($.code >= 500 && $.path = "/api/*") || $.user NOT EXISTS }`: user guide, "Match terms in JSON log events". */
export const parseJsonPattern = (text: string): Matches => {
  const reader = readerOf(text)
  if (!reader.take(/\{/)) reader.fail()
  const test = readExpression<unknown>(reader, () => readCondition(reader))
  if (!reader.take(/\}/) || !reader.done) reader.fail()
  return (message) => {
    const value = parsed(message)
    return typeof value === 'object' && value !== null && test(value)
  }
}

const parsed = (message: string): unknown => {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}

const readCondition = (reader: Reader): Test<unknown> => {
  const selector = reader.take(SELECTOR)
  if (selector === undefined) return reader.fail()
  const steps = [...selector.matchAll(/\.([\w-]+|\*)|\[(\d+|\*)\]|\['([^']*)'\]|\["([^"]*)"\]/g)].map(
    ([, name, index, single, double]) => name ?? index ?? single ?? double ?? '',
  )
  const test = readTest(reader)
  return (value) => test(select(value, steps))
}

/** A test of all the values that a selector finds: none when the field is not there. */
const readTest = (reader: Reader): Test<readonly unknown[]> => {
  if (reader.take(/NOT\s+EXISTS/i)) return (found) => found.length === 0
  if (reader.take(/EXISTS/i)) return (found) => found.length > 0
  if (reader.take(/IS\b/i)) {
    const word = reader.take(/NULL|TRUE|FALSE/i)?.toLowerCase()
    if (word === undefined) return reader.fail()
    const wanted = word === 'null' ? null : word === 'true'
    return (found) => found.some((value) => value === wanted)
  }
  const operator = reader.take(/!=|<=|>=|=|<|>/)
  const operand = operator && reader.take(OPERAND)
  if (operator === undefined || operand === undefined) return reader.fail()
  if (operand.startsWith('%')) {
    const fits = regexOf(operand.slice(1, -1))
    const wanted = operator !== '!='
    return (found) => found.some((value) => typeof value === 'string' && fits(value) === wanted)
  }
  const test = comparison(reader, operator, operand)
  return (found) => found.some(test)
}

const select = (value: unknown, steps: readonly string[]): readonly unknown[] => {
  let found: unknown[] = [value]
  for (const step of steps)
    found = found.flatMap((one): unknown[] => {
      if (typeof one !== 'object' || one === null) return []
      if (step === '*') return Object.values(one)
      return Object.hasOwn(one, step) ? [(one as Record<string, unknown>)[step]] : []
    })
  return found
}
