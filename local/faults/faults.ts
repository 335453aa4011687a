import type { EventFault, Faults, GitFault } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import type { Envelope } from '../gateway/wires.ts'
import { globMatches } from '../iam/glob.ts'
import type { CallRule, EventRule, FaultPlan, FaultRule, GitRule, KillRule, Timing } from './plan.ts'
import { randomFrom } from './random.ts'

/** Faults by a plan that can be changed while the cloud runs. */
export interface PlannedFaults extends Faults {
  /** from now on these; counting begins anew */
  plan(plan: FaultPlan): void
  /** the plan and what it has done so far: how often each rule was asked, and how often it struck */
  report(): {
    readonly seed: number
    readonly rules: readonly (FaultRule & { asked: number; struck: number })[]
  }
}

const DEFAULT_SEED = 1
const DEFAULT_DELAY_MS = 1_000
/** A reordered event waits for the next one, but not for ever. */
const OVERTAKEN_AFTER_MS = 2_000

interface Armed<Rule extends FaultRule = FaultRule> {
  readonly rule: Rule
  /** true when the rule strikes now; counts */
  strikes(): boolean
  readonly counts: { asked: number; struck: number }
}

/** Faults by a plan; without one nothing goes wrong. Randomness is the plan's own: each rule has a stream of its own from the seed. */
export const createFaults = (initial: FaultPlan = { rules: [] }): PlannedFaults => {
  let seed = DEFAULT_SEED
  let armed: readonly Armed[] = []
  const load = (plan: FaultPlan) => {
    seed = plan.seed ?? DEFAULT_SEED
    armed = plan.rules.map((rule, index) => arm(rule, seed + index))
  }
  load(initial)
  const having = <Rule extends FaultRule>(key: string): readonly Armed<Rule>[] =>
    armed.filter(({ rule }) => Object.hasOwn(rule, key)) as unknown as readonly Armed<Rule>[]

  return {
    plan: load,
    report: () => ({ seed, rules: armed.map(({ rule, counts }) => ({ ...rule, ...counts })) }),
    call: ({ service, operation }) => {
      const name = `${service}:${operation}`
      const struck = having<CallRule>('call').filter(
        (each) => globMatches(each.rule.call, name) && each.strikes(),
      )
      const delayMs = struck.reduce((sum, { rule }) => sum + (rule.delayMs ?? 0), 0)
      const failing = struck.find(({ rule }) => rule.error !== undefined)?.rule
      return {
        ...(delayMs > 0 && { delayMs }),
        ...(failing?.error !== undefined && { error: errorOf(failing.error, failing.status) }),
      }
    },
    event: (envelope) => befall(envelope, having<EventRule>('event')),
    git: ({ repository, service, advertise }) => {
      const phase = advertise ? 'advertise' : 'exchange'
      const struck = having<GitRule>('git').filter(
        ({ rule, strikes }) =>
          globMatches(rule.git, repository) &&
          (rule.service ?? service) === service &&
          (rule.phase ?? phase) === phase &&
          strikes(),
      )
      return Object.assign({}, ...struck.map(({ rule }) => gitFault(rule)))
    },
    process: ({ kind, arn }) => {
      const struck = having<KillRule>('kill').find(
        ({ rule, strikes }) => rule.kill === kind && globMatches(rule.arn ?? '*', arn) && strikes(),
      )
      return struck ? { killAfterMs: struck.rule.afterMs ?? 0 } : {}
    },
    skewMs: () =>
      having<{ clockSkewMs: number }>('clockSkewMs').reduce((sum, { rule }) => sum + rule.clockSkewMs, 0),
    diskFull: () => having('diskFull').length > 0,
  }
}

const arm = (rule: FaultRule, seed: number): Armed => {
  const { rate, nth, every, times } = rule as Timing
  const random = randomFrom(seed)
  const counts = { asked: 0, struck: 0 }
  const strikes = () => {
    counts.asked += 1
    // drawn at every question, so that one rule's limits do not shift its later draws
    const drawn = random()
    const hit =
      (rate === undefined || drawn < rate) &&
      (nth === undefined || counts.asked === nth) &&
      (every === undefined || counts.asked % every === 0) &&
      (times === undefined || counts.struck < times)
    if (hit) counts.struck += 1
    return hit
  }
  return { rule, strikes, counts }
}

/** Every rule is applied to all that the rules before it left over. */
const befall = (envelope: Envelope, rules: readonly Armed<EventRule>[]): ReturnType<EventFault> => {
  let arrivals: ReturnType<EventFault> = [{ envelope, delayMs: 0 }]
  for (const { rule, strikes } of rules) {
    if (!globMatches(rule.event, envelope['detail-type']) || !strikes()) continue
    const late = rule.delayMs ?? DEFAULT_DELAY_MS
    if (rule.do === 'drop') return []
    if (rule.do === 'duplicate')
      arrivals = arrivals.flatMap((one) => [one, { envelope, delayMs: one.delayMs + late }])
    else {
      // whatever comes within that time goes first
      const wait = rule.do === 'reorder' ? (rule.delayMs ?? OVERTAKEN_AFTER_MS) : late
      arrivals = arrivals.map((one) => ({ envelope, delayMs: one.delayMs + wait }))
    }
  }
  return arrivals
}

const gitFault = ({ status, cutRequestAfter, cutAnswerAfter }: GitRule): GitFault => ({
  ...(status !== undefined && { status }),
  ...(cutRequestAfter !== undefined && { cutRequestAfter }),
  ...(cutAnswerAfter !== undefined && { cutAnswerAfter }),
})

const WORDS: Readonly<Record<string, string>> = {
  ThrottlingException: 'Rate exceeded',
  Throttling: 'Rate exceeded',
  ServiceUnavailable: 'The service is unavailable.',
}

const errorOf = (code: string, status?: number): AwsError =>
  new AwsError(
    code,
    WORDS[code] ?? 'A fault that was asked for.',
    status ?? (/^(Internal|ServiceUnavailable|ServiceException)/.test(code) ? 500 : 400),
  )
