import type { InputTransformer, Target } from '@aws-sdk/client-eventbridge'
import { AwsError } from '../gateway/service.ts'
import type { Envelope } from '../gateway/wires.ts'

/** What is known of a delivery besides the event, for the reserved variables of a template. */
export interface Occasion {
  readonly ruleArn: string
  readonly ruleName: string
  /** ISO 8601 */
  readonly ingestionTime: string
}

/**
 * The text that a target receives: the event, a constant, a part, or a template filled in.
 * @throws AwsError ValidationException when a JSON template filled in is no JSON: EventBridge delivers nothing then
 */
export const inputFor = (
  target: Pick<Target, 'Input' | 'InputPath' | 'InputTransformer'>,
  event: Envelope,
  occasion: Occasion,
): string => {
  if (target.Input !== undefined) return target.Input
  // what a path that the event lacks gives is inferred
  if (target.InputPath !== undefined) return JSON.stringify(lookUp(event, target.InputPath) ?? null)
  if (target.InputTransformer) return transform(target.InputTransformer, event, occasion)
  return JSON.stringify(event)
}

const STEP = /\.([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']+)'\]|\["([^"]+)"\]/y

/** Steps of a JSON path such as `$.detail.list[0]['a b']`; undefined when it is none that EventBridge takes. */
export const parsePath = (path: string): (string | number)[] | undefined => {
  if (!path.startsWith('$')) return undefined
  const steps: (string | number)[] = []
  for (let at = 1; at < path.length; at = STEP.lastIndex) {
    STEP.lastIndex = at
    const match = STEP.exec(path)
    if (!match) return undefined
    steps.push(match[2] === undefined ? ((match[1] ?? match[3] ?? match[4]) as string) : Number(match[2]))
  }
  return steps
}

/** What the path leads to; undefined when the event has nothing there. */
export const lookUp = (event: unknown, path: string): unknown =>
  parsePath(path)?.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string | number, unknown>)[step]
        : undefined,
    event,
  )

/** Variables that every template may use: user guide, "Amazon EventBridge input transformation". */
const reserved = (event: Envelope, occasion: Occasion): Record<string, unknown> => {
  const { detail: _, ...head } = event
  return {
    'aws.events.rule-arn': occasion.ruleArn,
    'aws.events.rule-name': occasion.ruleName,
    'aws.events.event.ingestion-time': occasion.ingestionTime,
    'aws.events.event': head,
    'aws.events.event.json': event,
  }
}

const VARIABLE = /<([A-Za-z0-9_.-]+)>/y

/** Names of the variables that a template uses. */
export const variablesOf = (template: string): string[] =>
  [...template.matchAll(/<([A-Za-z0-9_.-]+)>/g)].map((match) => match[1] as string)

/**
 * Fills a template. Outside quotes a variable becomes JSON, inside quotes its bare text, unescaped: a quote in the value breaks
 * the JSON, as it does on AWS. A variable whose path the event lacks is left out (same source).
 */
const transform = (transformer: InputTransformer, event: Envelope, occasion: Occasion): string => {
  const template = transformer.InputTemplate ?? ''
  const paths = transformer.InputPathsMap ?? {}
  const known = reserved(event, occasion)
  const isText = template.trimStart().startsWith('"')
  let quoted = false
  let out = ''
  for (let at = 0; at < template.length; ) {
    VARIABLE.lastIndex = at
    const name = VARIABLE.exec(template)?.[1]
    const path = name === undefined ? undefined : paths[name]
    if (name !== undefined && (path !== undefined || name in known)) {
      const value = path === undefined ? known[name] : lookUp(event, path)
      out += quoted ? bare(value, isText) : JSON.stringify(value ?? (value === null ? null : ''))
      at = VARIABLE.lastIndex
      continue
    }
    const char = template[at] as string
    if (char === '\\' && quoted) {
      out += template.slice(at, at + 2)
      at += 2
      continue
    }
    if (char === '"') quoted = !quoted
    out += char
    at += 1
  }
  if (!isText) checkJson(out)
  return out
}

/** A value inside quotes; in a template that is a text, objects and lists lose their own quotes. */
const bare = (value: unknown, isText: boolean): string => {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  const json = JSON.stringify(value)
  return isText ? json.replaceAll('"', '') : json
}

const checkJson = (text: string): void => {
  try {
    JSON.parse(text)
  } catch {
    throw new AwsError('ValidationException', 'The input template filled in is not valid JSON.')
  }
}

export const isReserved = (name: string): boolean => name.startsWith('aws.events.')
