import type { NormalizedSchema } from '@smithy/core/schema'
import { type ConstraintTable, constraintTable } from './constraints.ts'
import type { LoadedModel, OperationSchema } from './models.ts'
import { missingMembers } from './required.ts'
import { AwsError } from './service.ts'
import { shownValue } from './shown.ts'
import { findViolations, NOT_NULL, type Violation } from './violations.ts'

/** Tables of facts about each service's input, read only when somebody calls it. */
const TABLES: Readonly<Record<string, () => Promise<{ readonly TABLE: string }>>> = {
  events: () => import('./constraints/events.ts'),
  scheduler: () => import('./constraints/scheduler.ts'),
  sts: () => import('./constraints/sts.ts'),
  iam: () => import('./constraints/iam.ts'),
  lambda: () => import('./constraints/lambda.ts'),
  logs: () => import('./constraints/logs.ts'),
  kms: () => import('./constraints/kms.ts'),
  secretsmanager: () => import('./constraints/secretsmanager.ts'),
  cloudtrail: () => import('./constraints/cloudtrail.ts'),
}
const loaded = new Map<string, Promise<ConstraintTable | undefined>>()

/** The constraints of a service's operations; undefined for a service that checks its input in its own words. */
export const loadConstraints = (service: string): Promise<ConstraintTable | undefined> => {
  const known = loaded.get(service)
  if (known) return known
  const load = TABLES[service]
  const reading = load ? load().then(({ TABLE }) => constraintTable(TABLE)) : Promise.resolve(undefined)
  loaded.set(service, reading)
  return reading
}

/**
 * Refuses an input that its model does not allow, in the words and the order of AWS's services: all violations at once, member by
 * member as the model lists them.
 * @throws {AwsError} ValidationException; InvalidParameterException for CloudWatch Logs; MissingParameter for SQS
 */
export const checkInput = (
  service: string,
  model: LoadedModel,
  { name, input: schema }: OperationSchema,
  input: Readonly<Record<string, unknown>>,
  table: ConstraintTable | undefined,
): void => {
  const members = table?.operation(name)
  if (!table || !members) {
    checkRequired(service, model, schema, input)
    return
  }
  const violations = findViolations(table, members, input, service === 'lambda')
  const [first] = violations
  if (!first) return
  throw (service === 'iam' && ownWords(first)) || refusal(service, schema, violations)
}

/** Services without a table: what the model requires must be there. */
const checkRequired = (
  service: string,
  model: LoadedModel,
  schema: NormalizedSchema,
  input: Readonly<Record<string, unknown>>,
): void => {
  const missing = missingMembers(schema, input)
  const [first = ''] = missing
  if (missing.length === 0) return
  const name = first.slice(first.lastIndexOf('.') + 1)
  const capital = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
  if (service === 'codecommit') {
    // each in an exception of its own; where its name cannot be told from the member's, the operation knows it
    const own = model.error(`${capital}RequiredException`)
    if (own) throw new AwsError(own.name, `The required member ${name} is missing.`)
    return
  }
  if (service === 'sqs')
    throw new AwsError('MissingParameter', `The request must contain the parameter ${capital}.`)
  if (service === 'ecs') {
    if (first.includes('.')) return
    throw first === 'family'
      ? new AwsError('ClientException', 'Family should not be null or empty.')
      : new AwsError('InvalidParameterException', `${capital} can not be blank.`)
  }
  const violations = missing.map((path) => ({ path, value: null, sensitive: false, constraint: NOT_NULL }))
  throw refusal(service, schema, violations)
}

/** SNS has a ValidationException of its own, which is another error. */
const CODES: Readonly<Record<string, string>> = {
  logs: 'InvalidParameterException',
  iam: 'ValidationError',
  sts: 'ValidationError',
  sns: 'ValidationError',
}

const refusal = (service: string, schema: NormalizedSchema, violations: readonly Violation[]): AwsError => {
  const count = violations.length === 1 ? '1 validation error' : `${violations.length} validation errors`
  const each = violations.map(({ path, value, sensitive, constraint }) => {
    // IAM's answers of 2026 leave the value out: LocalStack's snapshots of IAM
    const hidden = sensitive || service === 'iam'
    const shown = value === null ? ' null' : hidden ? '' : ` '${shownValue(schema, path, value)}'`
    return `Value${shown} at '${path}' failed to satisfy constraint: ${constraint}`
  })
  return new AwsError(CODES[service] ?? 'ValidationException', `${count} detected: ${each.join('; ')}`)
}

/** IAM has words of its own for names and paths: moto and Terraform issues quote them. */
const ownWords = ({ path, pattern }: Violation): AwsError | undefined => {
  if (pattern === '[\\w+=,.@-]+')
    return new AwsError(
      'ValidationError',
      `The specified value for ${path} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
    )
  if (pattern?.startsWith('(\\u002F)|'))
    return new AwsError(
      'ValidationError',
      `The specified value for ${path} is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.`,
    )
  return undefined
}
