import { AwsError, type Operation } from '../gateway/service.ts'

/** What a service's model demands of one member. Lengths count characters, or entries of a list or map. */
export interface Constraint {
  readonly min?: number
  readonly max?: number
  /** as the model writes it; taken as the whole value's */
  readonly pattern?: string
  /** in the order in which AWS lists it */
  readonly values?: readonly string[]
  readonly least?: number
  readonly most?: number
  /** never shown in an error */
  readonly secret?: boolean
}

/** Constraints by path, in the model's order: `targets.*.id` is the member `Id` of each entry of `Targets`. */
export type Constraints = Readonly<Record<string, Constraint>>

const wholes = new Map<string, RegExp>()
const whole = (pattern: string): RegExp => {
  const known = wholes.get(pattern) ?? new RegExp(`^(?:${pattern})$`, 's')
  wholes.set(pattern, known)
  return known
}

/**
 * Checks an input as AWS's services do, all members at once.
 * @throws AwsError ValidationException; its words and the order within a member are known from recorded answers
 */
export const check = (input: object, constraints: Constraints): void => {
  const found = Object.entries(constraints).flatMap(([path, constraint]) =>
    membersAt(input, path.split('.'), '').flatMap(([at, value]) => faultsOf(value, constraint, at)),
  )
  if (found.length === 0) return
  const count = found.length === 1 ? '1 validation error' : `${found.length} validation errors`
  throw new AwsError('ValidationException', `${count} detected: ${found.join('; ')}`)
}

/** The operations, each behind the check of its input. */
export const checked = (
  operations: Readonly<Record<string, Operation>>,
  constraints: Readonly<Record<string, Constraints>>,
): Record<string, Operation> =>
  Object.fromEntries(
    Object.entries(operations).map(([name, run]) => [
      name,
      (input, call) => {
        check(input, constraints[name] ?? {})
        return run(input, call)
      },
    ]),
  )

const upperFirst = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)

const membersAt = (
  value: unknown,
  [step, ...rest]: readonly string[],
  at: string,
): (readonly [at: string, value: unknown])[] => {
  if (value === undefined || value === null) return []
  if (step === undefined) return [[at, value]]
  if (step === '*' && Array.isArray(value))
    return value.flatMap((entry, index) => membersAt(entry, rest, `${at}.${index + 1}.member`))
  const members = value as Record<string, unknown>
  return membersAt(members[upperFirst(step)] ?? members[step], rest, at === '' ? step : `${at}.${step}`)
}

const faultsOf = (value: unknown, constraint: Constraint, at: string): string[] => {
  const faults: string[] = []
  const { min, max, pattern, values, least, most } = constraint
  const length = lengthOf(value)
  if (max !== undefined && length > max) faults.push(`Member must have length less than or equal to ${max}`)
  if (min !== undefined && length < min)
    faults.push(`Member must have length greater than or equal to ${min}`)
  if (most !== undefined && Number(value) > most)
    faults.push(`Member must have value less than or equal to ${most}`)
  if (least !== undefined && Number(value) < least)
    faults.push(`Member must have value greater than or equal to ${least}`)
  if (pattern !== undefined && !whole(pattern).test(String(value)))
    faults.push(`Member must satisfy regular expression pattern: ${pattern}`)
  if (values !== undefined && !values.includes(String(value)))
    faults.push(`Member must satisfy enum value set: [${values.join(', ')}]`)
  const shown = constraint.secret ? 'Value' : `Value '${show(value)}'`
  return faults.map((fault) => `${shown} at '${at}' failed to satisfy constraint: ${fault}`)
}

const lengthOf = (value: unknown): number => {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  return Array.isArray(value) ? value.length : Object.keys(value).length
}

/** A value as Java prints it. */
const show = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).map(([name, member]) => `${name}=${show(member)}`)
  return `{${entries.join(', ')}}`
}
