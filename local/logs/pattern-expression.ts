import { invalidParameter } from './errors.ts'

/** Does what is looked at fit? */
export type Test<T> = (value: T) => boolean

/** Reads a text from left to right. */
export interface Reader {
  /** takes what the sticky expression finds here, after blanks; undefined and no step when it finds nothing */
  take(expression: RegExp): string | undefined
  readonly done: boolean
  fail(): never
}

export const readerOf = (text: string): Reader => {
  let at = 0
  const skip = () => {
    while (/\s/.test(text.charAt(at))) at += 1
  }
  return {
    take: (expression) => {
      skip()
      const sticky = new RegExp(expression.source, 'y')
      sticky.lastIndex = at
      const found = sticky.exec(text)
      if (!found) return undefined
      at = sticky.lastIndex
      return found[0]
    },
    get done() {
      skip()
      return at >= text.length
    },
    fail: () => {
      throw invalidParameter(`Invalid filter pattern at position ${at}: ${text.slice(at, at + 40)}`)
    },
  }
}

/** `a && (b || c)`: conditions joined, the second kind binding less than the first. */
export const readExpression = <T>(reader: Reader, condition: () => Test<T>): Test<T> => {
  const group = (): Test<T> => {
    if (!reader.take(/\(/)) return condition()
    const inner = either()
    if (!reader.take(/\)/)) reader.fail()
    return inner
  }
  const all = (): Test<T> => {
    const tests = [group()]
    while (reader.take(/&&/)) tests.push(group())
    return (value) => tests.every((test) => test(value))
  }
  const either = (): Test<T> => {
    const tests = [all()]
    while (reader.take(/\|\|/)) tests.push(all())
    return (value) => tests.some((test) => test(value))
  }
  return either()
}

/** A text that may hold `*` for any characters. */
export const globOf = (pattern: string): Test<string> => {
  const parts = pattern.split('*')
  const [head = '', ...rest] = parts
  const tail = rest.pop()
  if (tail === undefined) return (value) => value === head
  return (value) => {
    const end = value.length - tail.length
    if (end < head.length || !value.startsWith(head) || !value.endsWith(tail)) return false
    let from = head.length
    for (const part of rest) {
      const found = value.indexOf(part, from)
      if (found < 0 || found + part.length > end) return false
      from = found + part.length
    }
    return true
  }
}

/** Compares a field with what a condition names: numbers as numbers, texts by `=` and `!=` alone. */
export const comparison = (reader: Reader, operator: string, operand: string): Test<unknown> => {
  const quoted = /^"(.*)"$/s.exec(operand)?.[1]?.replaceAll(/\\(.)/gs, '$1')
  const number = quoted === undefined && operand.trim() !== '' ? Number(operand) : Number.NaN
  const fits = globOf(quoted ?? operand)
  const isText = (value: unknown) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  const equal = (value: unknown) =>
    Number.isNaN(number) ? isText(value) && fits(String(value)) : Number(value) === number
  switch (operator) {
    case '=':
      return equal
    case '!=':
      return (value) => isText(value) && !equal(value)
    default:
      if (Number.isNaN(number)) return reader.fail()
      return (value) => isText(value) && value !== '' && ordered(operator, Number(value), number)
  }
}

const ordered = (operator: string, value: number, bound: number): boolean =>
  operator === '<'
    ? value < bound
    : operator === '<='
      ? value <= bound
      : operator === '>'
        ? value > bound
        : value >= bound
