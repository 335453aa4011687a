import { invalid, notFound, violated, violation } from './errors.ts'

export interface Place {
  readonly account: string
  readonly region: string
}

/** A function, and perhaps one of its versions or aliases, as a request names it. */
export interface Named extends Place {
  readonly name: string
  readonly qualifier?: string
}

/** Lambda's API model, `FunctionName` and `Qualifier`, as its refusals quote them. */
const FUNCTION_PATTERN =
  '(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?'
const DOTTED_PATTERN = FUNCTION_PATTERN.replace('([a-zA-Z0-9-_]+)(:', '([a-zA-Z0-9-_\\.]+)(:')
const QUALIFIER_PATTERN = '(|[a-zA-Z0-9$_-]+)'
const NAME =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?<region>[a-z]{2}(?:-(?:gov|iso[a-z]?))?-[a-z]+-\d):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9_-]+)(?::(?<qualifier>\$LATEST|[a-zA-Z0-9_-]+))?$/
const LIMITS = { given: 170, name: 64, qualifier: 128 } as const

/**
 * Which function a request means: by name, partial ARN or ARN (API reference, `FunctionName`), with a qualifier in it or beside it.
 * @param dotted the operation's model allows a dot in names, which no function has: its refusals quote another pattern
 * @throws AwsError ValidationException, InvalidParameterValueException for two qualifiers, ResourceNotFoundException for another region
 */
export const namedFunction = (given: unknown, place: Place, qualifier?: string, dotted = false): Named => {
  const text = typeof given === 'string' ? given : ''
  const groups = NAME.exec(text)?.groups
  const { region = place.region, account = place.account, name = '' } = groups ?? {}
  if (groups && region !== place.region && place.region !== '')
    throw notFound(`Functions from '${region}' are not reachable in this region ('${place.region}')`)
  const wrong = [
    ...(text.length > LIMITS.given
      ? [violation(text, 'functionName', `Member must have length less than or equal to ${LIMITS.given}`)]
      : []),
    ...(groups
      ? []
      : [
          violation(
            text,
            'functionName',
            `Member must satisfy regular expression pattern: ${dotted ? DOTTED_PATTERN : FUNCTION_PATTERN}`,
          ),
        ]),
    ...checkQualifier(qualifier),
  ]
  if (wrong.length > 0) throw violated(...wrong)
  const own = groups?.qualifier
  if (own !== undefined && qualifier !== undefined && own !== qualifier)
    throw invalid('The derived qualifier from the function name does not match the specified qualifier.')
  const chosen = qualifier ?? own
  return { account, region, name, ...(chosen === undefined ? {} : { qualifier: chosen }) }
}

/** The name that a new function shall have; @throws as {@link namedFunction}, and for a name too long or qualified */
export const newFunctionName = (given: unknown, place: Place): string => {
  const { name, qualifier } = namedFunction(given, place)
  if (qualifier !== undefined)
    throw violated(
      violation(given, 'functionName', `Member must satisfy regular expression pattern: ${FUNCTION_PATTERN}`),
    )
  if (name.length > LIMITS.name)
    throw invalid(
      `1 validation error detected: ${violation(name, 'functionName', `Member must have length less than or equal to ${LIMITS.name}`)}`,
    )
  return name
}

const checkQualifier = (qualifier: string | undefined): string[] => {
  if (qualifier === undefined) return []
  return [
    ...(qualifier.length > LIMITS.qualifier
      ? [
          violation(
            qualifier,
            'qualifier',
            `Member must have length less than or equal to ${LIMITS.qualifier}`,
          ),
        ]
      : []),
    ...(/^[a-zA-Z0-9$_-]+$/.test(qualifier)
      ? []
      : [
          violation(
            qualifier,
            'qualifier',
            `Member must satisfy regular expression pattern: ${QUALIFIER_PATTERN}`,
          ),
        ]),
  ]
}

export const functionKey = (place: Place, name: string): string => `${place.account}/${place.region}/${name}`

export const functionArn = ({ account, region }: Place, name: string, qualifier?: string): string =>
  `arn:aws:lambda:${region}:${account}:function:${name}${qualifier === undefined ? '' : `:${qualifier}`}`

export const LATEST = '$LATEST'

export const isVersion = (qualifier: string): boolean => qualifier === LATEST || /^\d+$/.test(qualifier)
