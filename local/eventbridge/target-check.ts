import type { Target } from '@aws-sdk/client-eventbridge'
import { AwsError, type Call } from '../gateway/service.ts'
import { isReserved, parsePath, variablesOf } from './input.ts'
import { JsonMistake, readJson } from './json-reader.ts'

/** What of a target's ARN decides how it is reached. */
export type TargetKind = 'sqs' | 'sns' | 'lambda' | 'logs' | 'ecs' | 'bus' | 'destination'

const SERVED: readonly (readonly [TargetKind, RegExp])[] = [
  ['sqs', /^arn:aws[\w-]*:sqs:[a-z0-9-]+:\d{12}:.+$/],
  ['sns', /^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:.+$/],
  ['lambda', /^arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:.+$/],
  ['logs', /^arn:aws[\w-]*:logs:[a-z0-9-]+:\d{12}:log-group:.+$/],
  ['ecs', /^arn:aws[\w-]*:ecs:[a-z0-9-]+:\d{12}:cluster\/.+$/],
  ['bus', /^arn:aws[\w-]*:events:[a-z0-9-]+:\d{12}:event-bus\/.+$/],
  ['destination', /^arn:aws[\w-]*:events:[a-z0-9-]+:\d{12}:api-destination\/[^/]+\/.+$/],
]

export const kindOf = (arn: string): TargetKind | undefined =>
  SERVED.find(([, pattern]) => pattern.test(arn))?.[0]

const invalid = (reason: string) => new AwsError('ValidationException', reason)

/** @throws AwsError ValidationException for what EventBridge refuses, or for what is not served here */
export const checkTarget = (target: Target, call: Pick<Call, 'account' | 'region'>): void => {
  const { Id, Arn: arn = '' } = target
  if (!/^arn:[\w:/-]/.test(arn))
    throw invalid(`Parameter ${arn} is not valid. Reason: Provided Arn is not in correct format.`)
  if (/^arn:aws[\w-]*:sqs:.+\.fifo$/.test(arn) && !target.SqsParameters?.MessageGroupId) {
    const missing = target.SqsParameters ? 'MessageGroupId' : 'SqsParameters'
    throw invalid(`Parameter(s) ${missing} must be specified for target: ${Id}.`)
  }
  const kind = kindOf(arn)
  if (!kind)
    throw invalid(
      `Parameter ${arn} is not valid. Reason: the local cloud does not deliver to ${arn.split(':')[2]} targets of this kind.`,
    )
  checkParameters(target, kind, arn, call)
  checkInput(target)
  checkQueue(target.DeadLetterConfig?.Arn, call.region)
}

const checkParameters = (
  target: Target,
  kind: TargetKind,
  arn: string,
  call: Pick<Call, 'account' | 'region'>,
): void => {
  const [, , , region, account] = arn.split(':')
  if (region !== call.region && kind !== 'bus')
    throw invalid(`Parameter ${arn} is not valid. Reason: the target must be in region ${call.region}.`)
  const needsRole = kind === 'ecs' || kind === 'destination' || (kind === 'bus' && account === call.account)
  if (needsRole && !target.RoleArn) throw invalid(`RoleArn is required for target ${arn}.`)
  if (kind === 'ecs' && !target.EcsParameters)
    throw invalid(`Parameter(s) EcsParameters must be specified for target: ${target.Id}.`)
}

const checkQueue = (queue: string | undefined, region: string): void => {
  if (queue === undefined) return
  if (!new RegExp(`^arn:aws[\\w-]*:sqs:${region}:\\d{12}:[\\w-]+$`).test(queue))
    throw invalid(
      `Parameter ${queue} is not valid. Reason: the dead-letter queue must be a standard queue in ${region}.`,
    )
}

const checkInput = ({ Id, Input, InputPath, InputTransformer: transformer }: Target): void => {
  if ([Input, InputPath, transformer].filter((one) => one !== undefined).length > 1)
    throw invalid(`Only one of Input, InputPath, or InputTransformer must be provided for target ${Id}.`)
  if (Input !== undefined && !isJson(Input)) throw invalid(`JSON syntax error in input for target ${Id}.`)
  if (InputPath !== undefined && !parsePath(InputPath))
    throw invalid(`InputPath for target ${Id} is invalid.`)
  if (!transformer) return
  const paths = Object.entries(transformer.InputPathsMap ?? {})
  const bad = paths.find(
    ([name, path]) => !/^[A-Za-z0-9_-]{1,256}$/.test(name) || isReserved(name) || !parsePath(path),
  )
  if (bad) throw invalid(`InputPathsMap for target ${Id} contains an invalid entry ${bad[0]}.`)
  const template = transformer.InputTemplate ?? ''
  const names = new Set(paths.map(([name]) => name))
  const unknown = variablesOf(template).find((name) => !names.has(name) && !isReserved(name))
  if (unknown !== undefined)
    throw invalid(`InputTemplate for target ${Id} contains invalid placeholder ${unknown}.`)
  const mistake = mistakeIn(template.replace(/<[\w.-]+>/g, 'null'))
  if (mistake) throw invalid(`Invalid InputTemplate for target ${Id} : ${mistake}.`)
}

/** Where a text ceases to be JSON; a template may be several values, one after the other. */
const mistakeIn = (text: string): string | undefined => {
  const reader = readJson(text)
  try {
    let token = reader.next()
    if (token === undefined) return reader.mistake('').message.replace(/^\n at /, '')
    while (token !== undefined) {
      if (token === 'string') reader.text()
      token = reader.next()
    }
    return undefined
  } catch (error) {
    if (error instanceof JsonMistake) return /\[Source.*\]$/s.exec(error.message)?.[0] ?? error.message
    throw error
  }
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
