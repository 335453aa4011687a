import { OPERATORS } from '../operators.ts'

export type Raw = Readonly<Record<string, unknown>>

const TOP = new Set(['Version', 'Id', 'Statement'])
const ELEMENTS = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'NotPrincipal',
  'Condition',
])
const VERSIONS: readonly unknown[] = ['2008-10-17', '2012-10-17']

export const isObject = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const textsOf = (value: unknown): readonly string[] =>
  (value === undefined ? [] : Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string')

/** A policy's statements when its form is that of the policy language (IAM user guide, "Grammar"), else undefined. */
export const statementsOf = (policy: unknown): readonly Raw[] | undefined => {
  if (!isObject(policy) || !Object.keys(policy).every((name) => TOP.has(name))) return undefined
  if (policy.Version !== undefined && !VERSIONS.includes(policy.Version)) return undefined
  if (policy.Id !== undefined && typeof policy.Id !== 'string') return undefined
  const given = Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement]
  return given.length > 0 && given.every(isStatement) ? given : undefined
}

const isStatement = (statement: unknown): statement is Raw =>
  isObject(statement) &&
  Object.keys(statement).every((name) => ELEMENTS.has(name)) &&
  /^(allow|deny)$/i.test(String(statement.Effect)) &&
  typeof statement.Effect === 'string' &&
  !(statement.Action !== undefined && statement.NotAction !== undefined) &&
  !(statement.Resource !== undefined && statement.NotResource !== undefined) &&
  ['Action', 'NotAction', 'Resource', 'NotResource'].every((name) => isTextOrTexts(statement[name])) &&
  (statement.Sid === undefined || typeof statement.Sid === 'string') &&
  isCondition(statement.Condition)

/** An empty place in a list is let pass, as AWS does. */
const isTextOrTexts = (value: unknown): boolean =>
  value === undefined ||
  typeof value === 'string' ||
  (Array.isArray(value) && value.every((one) => one === null || typeof one === 'string'))

const isCondition = (condition: unknown): boolean =>
  condition === undefined ||
  (isObject(condition) &&
    Object.entries(condition).every(
      ([operator, keys]) =>
        isObject(keys) &&
        Object.values(keys).every(isConditionValue) &&
        // nobody looks at an operator that asks for nothing
        (isOperator(operator) || Object.keys(keys).length === 0),
    ))

const isConditionValue = (value: unknown): boolean =>
  ['string', 'boolean', 'number'].includes(typeof value) || Array.isArray(value)

const isOperator = (name: string): boolean => {
  const base = /^(?:ForAnyValue:|ForAllValues:)?(\w+?)(?:IfExists)?$/.exec(name)?.[1]?.toLowerCase() ?? ''
  return base === 'null' || OPERATORS.has(base)
}
