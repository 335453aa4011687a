import { type Json, type JsonObject, listAt, objectAt, templateError, textAt } from './values.ts'

/**
 * Values of a template's parameters: given or default, checked as CloudFormation checks them (template reference, "Parameters").
 * Lists come back as lists. Throws for the first that is missing, wrong, or not declared.
 */
export const parameterValues = (
  declared: JsonObject,
  given: Readonly<Record<string, string>>,
): Record<string, Json> => {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(declared, name))
  if (unknown.length > 0)
    throw templateError('Parameters', `[${unknown.join(', ')}] do not exist in the template`)
  return Object.fromEntries(
    Object.entries(declared).map(([name, declaration]) => {
      const at = `Parameters.${name}`
      const rules = objectAt(declaration, at)
      const value = given[name] ?? (rules.Default === undefined ? undefined : textAt(rules.Default, at))
      if (value === undefined) throw templateError(at, 'must have a value')
      return [name, typed(value, rules, at)]
    }),
  )
}

const typed = (value: string, rules: JsonObject, at: string): Json => {
  const type = textAt(rules.Type, `${at}.Type`)
  if (type.startsWith('AWS::SSM::Parameter::'))
    throw templateError(at, `type ${type} is not served by this local cloud`)
  const isList = type === 'CommaDelimitedList' || type.startsWith('List<')
  if (!isList) {
    check(value, type, rules, at)
    return value
  }
  const items = value === '' ? [] : value.split(',').map((item) => item.trim())
  for (const item of items) check(item, type === 'List<Number>' ? 'Number' : 'String', rules, at)
  return items
}

const check = (value: string, type: string, rules: JsonObject, at: string): void => {
  const { ConstraintDescription: says } = rules
  const refuse = (why: string): never => {
    throw templateError(
      at,
      `value '${rules.NoEcho === true ? '****' : value}' ${says === undefined ? why : textAt(says, at)}`,
    )
  }
  const limit = (name: string) => (rules[name] === undefined ? undefined : Number(textAt(rules[name], at)))
  const allowed = rules.AllowedValues
  if (allowed !== undefined && !listAt(allowed, at).some((item) => String(item) === value))
    refuse(`must be one of ${listAt(allowed, at).join(', ')}`)
  if (type === 'Number') {
    const number = Number(value)
    if (value.trim() === '' || Number.isNaN(number)) refuse('must be a number')
    if (number < (limit('MinValue') ?? number)) refuse(`must be at least ${limit('MinValue')}`)
    if (number > (limit('MaxValue') ?? number)) refuse(`must be at most ${limit('MaxValue')}`)
    return
  }
  if (value.length < (limit('MinLength') ?? 0)) refuse(`must have at least ${limit('MinLength')} characters`)
  if (value.length > (limit('MaxLength') ?? value.length))
    refuse(`must have at most ${limit('MaxLength')} characters`)
  const pattern = rules.AllowedPattern
  // the whole value must match
  if (pattern !== undefined && !new RegExp(`^(?:${textAt(pattern, at)})$`).test(value))
    refuse(`must match ${textAt(pattern, at)}`)
}
