import * as z from 'zod/mini'

const DAY_MS = 86_400_000

/** When a rule strikes, of all that it is asked about: all that are given must hold; none given: always. */
const timing = {
  /** from 0 (never) to 1 (always), by the seed */
  rate: z.optional(z.number().check(z.minimum(0), z.maximum(1))),
  /** only the n-th time, from 1 */
  nth: z.optional(z.int().check(z.minimum(1))),
  /** every n-th time */
  every: z.optional(z.int().check(z.minimum(1))),
  /** at most so many times */
  times: z.optional(z.int().check(z.minimum(1))),
}

const glob = z.string().check(z.minLength(1))
const milliseconds = z.int().check(z.minimum(0), z.maximum(DAY_MS))
const bytes = z.int().check(z.minimum(0))

/** The kinds of rules, by the key that only they have. In globs `*` stands for any characters and `?` for one. */
const KINDS = {
  event: z.strictObject({
    /** glob of detail types */
    event: glob,
    do: z.enum(['drop', 'duplicate', 'delay', 'reorder']),
    /** how late a delayed event or the copy of a doubled one is; default 1,000 */
    delayMs: z.optional(milliseconds),
    ...timing,
  }),
  call: z.strictObject({
    /** glob of `service:Operation` */
    call: glob,
    /** name of the exception to answer; absent: the call is only held up */
    error: z.optional(z.string().check(z.regex(/^[A-Za-z.]{1,100}$/))),
    status: z.optional(z.int().check(z.minimum(400), z.maximum(599))),
    delayMs: z.optional(milliseconds),
    ...timing,
  }),
  git: z.strictObject({
    /** glob of repository names */
    git: glob,
    service: z.optional(z.enum(['git-upload-pack', 'git-receive-pack'])),
    /** only the request for the refs, or only the exchange after it */
    phase: z.optional(z.enum(['advertise', 'exchange'])),
    status: z.optional(z.literal([429, 500, 503])),
    /** after so many bytes of the request's or the answer's body the connection is cut */
    cutRequestAfter: z.optional(bytes),
    cutAnswerAfter: z.optional(bytes),
    ...timing,
  }),
  kill: z.strictObject({
    kill: z.enum(['function', 'task']),
    /** glob of the ARN of the function or task definition */
    arn: z.optional(glob),
    /** after the invocation or the task has started; default 0 */
    afterMs: z.optional(milliseconds),
    ...timing,
  }),
  clockSkewMs: z.strictObject({
    /** the cloud's clock is ahead by so much, or behind */
    clockSkewMs: z.int().check(z.minimum(-DAY_MS), z.maximum(DAY_MS)),
  }),
  diskFull: z.strictObject({ diskFull: z.literal(true) }),
} as const

export type Timing = { [Key in keyof typeof timing]?: number | undefined }
export type EventRule = z.infer<typeof KINDS.event>
export type CallRule = z.infer<typeof KINDS.call>
export type GitRule = z.infer<typeof KINDS.git>
export type KillRule = z.infer<typeof KINDS.kill>
export type FaultRule = z.infer<(typeof KINDS)[keyof typeof KINDS]>

/** What shall go wrong. The same seed and the same course of requests give the same faults. */
export interface FaultPlan {
  /** 32 bits; default 1 */
  readonly seed?: number
  readonly rules: readonly FaultRule[]
}

/** A fault plan that cannot be used; `problems` lists all its mistakes, each with its place. */
export class FaultPlanError extends Error {
  override readonly name = 'FaultPlanError'
  readonly code = 'FAULT_PLAN_INVALID'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`the fault plan cannot be used: ${problems.join('; ')}`)
    this.problems = problems
  }
}

/**
 * @param value what JSON.parse gave
 * @throws {FaultPlanError} with every mistake
 */
export const parseFaultPlan = (value: unknown): FaultPlan => {
  const outer = z
    .strictObject({
      seed: z.optional(z.int().check(z.minimum(0), z.maximum(2 ** 32 - 1))),
      rules: z.array(z.unknown()),
    })
    .safeParse(value)
  if (!outer.success) throw new FaultPlanError(problemsOf(outer.error, ''))
  const problems: string[] = []
  const rules = outer.data.rules.flatMap((rule, index) => {
    const kind = kindOf(rule)
    if (kind === undefined) {
      problems.push(`rules[${index}] has none of the keys ${Object.keys(KINDS).join(', ')}`)
      return []
    }
    const parsed = KINDS[kind].safeParse(rule)
    if (!parsed.success) problems.push(...problemsOf(parsed.error, `rules[${index}]`))
    return parsed.success ? [parsed.data as FaultRule] : []
  })
  if (problems.length > 0) throw new FaultPlanError(problems)
  return { ...(outer.data.seed !== undefined && { seed: outer.data.seed }), rules }
}

const kindOf = (rule: unknown): keyof typeof KINDS | undefined =>
  typeof rule === 'object' && rule !== null
    ? (Object.keys(KINDS) as (keyof typeof KINDS)[]).find((kind) => Object.hasOwn(rule, kind))
    : undefined

// the small build of zod brings no messages along
const english = z.locales.en().localeError

const problemsOf = (error: z.core.$ZodError, at: string): string[] =>
  error.issues.map((issue) => {
    const { path } = issue
    const said = english(issue as z.core.$ZodRawIssue)
    const message = typeof said === 'string' ? said : (said?.message ?? issue.message)
    const place = [at, ...path.map(String)].filter((part) => part !== '').join('.')
    return place === '' ? message : `${place}: ${message}`
  })
