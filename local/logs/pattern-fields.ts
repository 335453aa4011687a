import type { Matches } from './pattern.ts'
import { regexOf } from './pattern.ts'
import { comparison, type Reader, readExpression, readerOf, type Test } from './pattern-expression.ts'

const NAME = /[\w$.-]+/
const OPERAND = /"(?:[^"\\]|\\.)*"|%[^%]*%|[^\s()&|,\]]+/

interface Field {
  /** stands for any number of fields */
  readonly rest: boolean
  readonly test: Test<string>
}

/**
 * `[ip, user, ..., status = 4*, bytes > 1000]`: user guide, "Match terms in space-delimited log events". What stands in brackets or
 * quotes is one field; `...` stands for any number of fields.
 */
export const parseFields = (text: string): Matches => {
  const reader = readerOf(text)
  if (!reader.take(/\[/)) reader.fail()
  const fields: Field[] = []
  do fields.push(readField(reader))
  while (reader.take(/,/))
  if (!reader.take(/\]/) || !reader.done) reader.fail()
  const rest = fields.findIndex((field) => field.rest)
  if (rest >= 0 && fields.slice(rest + 1).some((field) => field.rest)) reader.fail()
  return (message) => {
    const values = fieldsOf(message)
    if (rest < 0) return values.length === fields.length && hold(fields, values)
    const behind = fields.length - rest - 1
    return (
      values.length >= rest + behind &&
      hold(fields.slice(0, rest), values.slice(0, rest)) &&
      hold(fields.slice(rest + 1), values.slice(values.length - behind))
    )
  }
}

const hold = (fields: readonly Field[], values: readonly string[]): boolean =>
  fields.every(({ test }, index) => test(values[index] ?? ''))

const fieldsOf = (message: string): string[] =>
  [...message.matchAll(/\[([^\]]*)\]|"([^"]*)"|(\S+)/g)].map(
    ([, bracketed, quoted, bare]) => bracketed ?? quoted ?? bare ?? '',
  )

const readField = (reader: Reader): Field => {
  if (reader.take(/\.\.\./)) return { rest: true, test: () => true }
  return { rest: false, test: readExpression<string>(reader, () => readCondition(reader)) }
}

const readCondition = (reader: Reader): Test<string> => {
  if (reader.take(NAME) === undefined) return reader.fail()
  const operator = reader.take(/!=|<=|>=|=|<|>/)
  if (operator === undefined) return () => true
  const operand = reader.take(OPERAND)
  if (operand === undefined) return reader.fail()
  if (operand.startsWith('%')) {
    const fits = regexOf(operand.slice(1, -1))
    return (value) => fits(value) === (operator !== '!=')
  }
  return comparison(reader, operator, operand)
}
