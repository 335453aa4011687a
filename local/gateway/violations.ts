import type { ConstraintTable, Rule } from './constraints.ts'

/** Something in an input that its model does not allow. */
export interface Violation {
  /** `entries.1.member.detail` */
  readonly path: string
  readonly value: unknown
  readonly sensitive: boolean
  /** `Member must not be null` */
  readonly constraint: string
  /** the pattern, where it is one */
  readonly pattern?: string
}

export const NOT_NULL = 'Member must not be null'

/**
 * Everything in an input that its model does not allow, member by member as the model lists them.
 * @param patternFirst Lambda tells of a bad pattern before a bad length, the others after it: LocalStack's snapshots of both
 */
export const findViolations = (
  table: ConstraintTable,
  members: NonNullable<Rule['members']>,
  input: Readonly<Record<string, unknown>>,
  patternFirst: boolean,
): readonly Violation[] => {
  const found: Violation[] = []
  walkMembers({ table, found, patternFirst }, members, input, '')
  return found
}

interface Walk {
  readonly table: ConstraintTable
  readonly found: Violation[]
  readonly patternFirst: boolean
}

const walkMembers = (
  walk: Walk,
  members: NonNullable<Rule['members']>,
  value: Readonly<Record<string, unknown>>,
  path: string,
): void => {
  for (const { name, required, type } of members) {
    const at = `${path}${name.charAt(0).toLowerCase()}${name.slice(1)}`
    const member = value[name]
    if (member === undefined) {
      if (required) walk.found.push({ path: at, value: null, sensitive: false, constraint: NOT_NULL })
    } else if (type !== '') walkValue(walk, walk.table.rule(type), member, at)
  }
}

const walkValue = (walk: Walk, rule: Rule, value: unknown, path: string): void => {
  if (rule.members) {
    walkMembers(walk, rule.members, value as Record<string, unknown>, `${path}.`)
    return
  }
  const complain = (constraint: string, pattern?: string) =>
    walk.found.push({
      path,
      value,
      sensitive: rule.sensitive,
      constraint,
      ...(pattern === undefined ? {} : { pattern }),
    })
  const broken = brokenConstraints(rule, value, walk.patternFirst)
  for (const { text, pattern } of broken) complain(text, pattern)
  if (Array.isArray(value) && rule.item) walkItems(walk, walk.table.rule(rule.item), value, path, complain)
  if (rule.entry && typeof value === 'object' && value !== null)
    walkEntries(walk, rule.entry, value as Record<string, unknown>, path, complain)
}

/** Structures in a list are told of one by one; of simple values only that some value of the list is wrong. */
const walkItems = (
  walk: Walk,
  item: Rule,
  values: readonly unknown[],
  path: string,
  complain: (constraint: string) => void,
): void => {
  if (item.members || item.item || item.entry)
    for (const [index, value] of values.entries()) walkValue(walk, item, value, `${path}.${index + 1}.member`)
  else if (values.some((value) => brokenConstraints(item, value, false).length > 0))
    complain(`Member must satisfy constraint: [${allConstraints(item).join(', ')}]`)
}

const walkEntries = (
  walk: Walk,
  [keyType, valueType]: readonly [string, string],
  value: Readonly<Record<string, unknown>>,
  path: string,
  complain: (constraint: string) => void,
): void => {
  const key = keyType === '' ? undefined : walk.table.rule(keyType)
  const entry = valueType === '' ? undefined : walk.table.rule(valueType)
  if (key && Object.keys(value).some((name) => brokenConstraints(key, name, false).length > 0))
    complain(`Map keys must satisfy constraint: [${allConstraints(key).join(', ')}]`)
  if (entry?.members || entry?.item)
    for (const [name, inner] of Object.entries(value)) walkValue(walk, entry, inner, `${path}.${name}.member`)
  else if (entry && Object.values(value).some((inner) => brokenConstraints(entry, inner, false).length > 0))
    complain(`Map value must satisfy constraint: [${allConstraints(entry).join(', ')}]`)
}

interface Broken {
  readonly text: string
  readonly pattern?: string
}

const brokenConstraints = (rule: Rule, value: unknown, patternFirst: boolean): Broken[] => {
  const broken: Broken[] = []
  const size = rule.numeric ? value : sizeOf(value)
  if (typeof size === 'number') {
    if (rule.min !== undefined && size < rule.min) broken.push({ text: least(rule) })
    if (rule.max !== undefined && size > rule.max) broken.push({ text: most(rule) })
  }
  if (typeof value !== 'string') return broken
  if (rule.pattern !== undefined && !rule.matches(value))
    broken[patternFirst ? 'unshift' : 'push']({ text: patternText(rule.pattern), pattern: rule.pattern })
  if (rule.values && !rule.values.includes(value)) broken.push({ text: enumText(rule.values) })
  return broken
}

/** Characters, not code units: a pair of surrogates counts once. */
const sizeOf = (value: unknown): number | undefined => {
  if (typeof value === 'string') {
    let pairs = 0
    for (let i = 0; i + 1 < value.length; i += 1) if ((value.codePointAt(i) ?? 0) > 0xffff) pairs += 1
    return value.length - pairs
  }
  if (Array.isArray(value)) return value.length
  if (value instanceof Uint8Array) return value.byteLength
  return typeof value === 'object' && value !== null && !(value instanceof Date)
    ? Object.keys(value).length
    : undefined
}

const least = ({ numeric, min }: Rule) =>
  `Member must have ${numeric ? 'value' : 'length'} greater than or equal to ${min}`
const most = ({ numeric, max }: Rule) =>
  `Member must have ${numeric ? 'value' : 'length'} less than or equal to ${max}`
const patternText = (pattern: string) => `Member must satisfy regular expression pattern: ${pattern}`
const enumText = (values: readonly string[]) => `Member must satisfy enum value set: [${values.join(', ')}]`

const allConstraints = (rule: Rule): string[] => [
  ...(rule.max === undefined ? [] : [most(rule)]),
  ...(rule.min === undefined ? [] : [least(rule)]),
  ...(rule.pattern === undefined ? [] : [patternText(rule.pattern)]),
  ...(rule.values ? [enumText(rule.values)] : []),
  NOT_NULL,
]
