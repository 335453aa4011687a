import type { Item, Value } from '../../shared/store/attributes.ts'
import type { Change, Key, Table } from '../../shared/store/table.ts'

// The table's rules without a server, at once: what an exhaustive search can afford. tests/shared/store/memory-table.test.ts holds
// it against a DynamoDB-compatible server.

type Bag = Record<string, Value | undefined>

export interface MemoryTable extends Table {
  /** every item, as it lies there */
  readonly items: Map<string, Bag>
}

export const memoryTable = (): MemoryTable => {
  const items = new Map<string, Bag>()
  const textOf = ({ pk, sk }: Key) => `${pk} ${sk}`
  const holds = (key: Key, { when, values }: Pick<Change, 'when' | 'values'>) =>
    when === undefined || evaluate(when, items.get(textOf(key)) ?? {}, values ?? {})
  return {
    items,
    get: async (key) => {
      const item = items.get(textOf(key))
      return item && (structuredClone(item) as Item)
    },
    put: async (key, item, condition = {}) => {
      if (!holds(key, condition)) return false
      items.set(textOf(key), structuredClone({ ...defined(item), ...key }) as Bag)
      return true
    },
    update: async (key, change) => {
      if (!holds(key, change)) return false
      const item = structuredClone(items.get(textOf(key)) ?? { ...key }) as Bag
      for (const [path, value] of Object.entries(change.set ?? {})) {
        if (value !== undefined) place(item, path, structuredClone(plain(value)))
      }
      for (const path of change.remove ?? []) delete item[path]
      for (const [name, number] of Object.entries(change.add ?? {})) {
        item[name] = Number(item[name] ?? 0) + number
      }
      for (const [name, texts] of Object.entries(change.unite ?? {})) {
        item[name] = [
          ...new Set([...((item[name] as readonly string[] | undefined) ?? []), ...texts]),
        ].toSorted()
      }
      items.set(textOf(key), item)
      return true
    },
    delete: async (key, condition = {}) => {
      if (!holds(key, condition)) return false
      items.delete(textOf(key))
      return true
    },
    query: async (pk, between) =>
      [...items.entries()]
        .filter(([text]) => text.startsWith(`${pk} `))
        .filter(([, { sk }]) => !between || (String(sk) >= between.from && String(sk) <= between.to))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, item]) => structuredClone(item) as Item),
  }
}

const defined = (bag: Item): Bag =>
  Object.fromEntries(Object.entries(bag).filter(([, value]) => value !== undefined))

/** Members that are undefined are not stored, at any depth. */
const plain = (value: Value): Value =>
  typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).flatMap(([name, one]) => (one === undefined ? [] : [[name, plain(one)]])),
      )
    : value

const place = (item: Bag, path: string, value: Value): void => {
  const [first = '', second] = path.split('.')
  if (second === undefined) {
    item[first] = value
    return
  }
  const parent = item[first]
  if (typeof parent !== 'object') throw new Error(`ValidationException: no ${first} to set ${path} in`)
  ;(parent as Bag)[second] = value
}

/** Condition expressions as far as the product writes them: comparisons, attribute_exists, contains, size, AND, OR, parentheses. */
const evaluate = (expression: string, item: Bag, values: Readonly<Record<string, Value>>): boolean => {
  const tokens = expression.match(/[()]|,|<=|>=|<>|[<>=]|[#\w.]+|:\w+/g) ?? []
  let at = 0
  const take = () => tokens[at++] ?? ''
  const operand = (token: string): Value | undefined => {
    if (token.startsWith(':')) return values[token]
    return token
      .replaceAll('#', '')
      .split('.')
      .reduce<unknown>((bag, name) => (bag as Bag | undefined)?.[name], item) as Value | undefined
  }
  const any = (): boolean => {
    let result = all()
    while (tokens[at] === 'OR') {
      at += 1
      const other = all()
      result ||= other
    }
    return result
  }
  const all = (): boolean => {
    let result = one()
    while (tokens[at] === 'AND') {
      at += 1
      const other = one()
      result &&= other
    }
    return result
  }
  const one = (): boolean => {
    const token = take()
    if (token === '(') {
      const result = any()
      take()
      return result
    }
    if (tokens[at] === '(' && token !== 'size') return call(token)
    const left = token === 'size' ? size() : operand(token)
    const operator = take()
    return compared(left, operator, operand(take()))
  }
  const size = (): Value | undefined => {
    take()
    const value = operand(take())
    take()
    return Array.isArray(value) ? value.length : undefined
  }
  const call = (name: string): boolean => {
    take()
    const value = operand(take())
    const isList = take() === ','
    const argument = isList ? operand(take()) : undefined
    if (isList) take()
    if (name === 'attribute_exists') return value !== undefined
    if (name === 'attribute_not_exists') return value === undefined
    if (name === 'contains') return Array.isArray(value) && value.includes(argument as Value)
    throw new Error(`${name} is not known here`)
  }
  return any()
}

const compared = (a: Value | undefined, operator: string, b: Value | undefined): boolean => {
  // an attribute that is not there differs from everything
  if (operator === '<>') return a !== b
  if (a === undefined || b === undefined) return false
  if (operator === '=') return a === b
  if (typeof a !== typeof b) return false
  if (operator === '<') return a < b
  if (operator === '<=') return a <= b
  if (operator === '>') return a > b
  return a >= b
}
