import { addressText, type RepositoryAddress, sameAddress } from '../../shared/codecommit/address.ts'
import { count } from '../../shared/notices/words.ts'
import { openProcedures, openRuns, type Runs, STEPS, type Step } from '../../shared/store/procedures.ts'
import { confirmed } from '../ask.ts'
import type { FailoverOptions } from '../commands/failover.ts'
import { UserError } from '../errors.ts'
import { explain } from '../explain.ts'
import type { Operator, Talk } from '../operator.ts'
import { relayingParts } from '../relaying.ts'
import { lookAt } from '../seed/look.ts'
import { countsText } from '../seed/row.ts'
import { type Chosen, chooseForFailback, chooseForFailover } from './choose.ts'
import { freezePolicy, frozenBy, principalsText } from './freeze.ts'
import { openPolicies } from './iam.ts'
import { alone, type OwnRun } from './run.ts'
import { type Standing, standingOf } from './standing.ts'
import { placeOf, type SwapParts, swap, undo } from './swap.ts'

type Kind = 'failover' | 'failback'

/** What became of one repository: an element of `--json`. */
interface FailoverRow {
  readonly origin: RepositoryAddress
  readonly active: RepositoryAddress
  readonly result: 'swapped' | 'already' | 'undone' | 'looked' | 'failed' | 'stopped'
  readonly steps: Readonly<Partial<Record<Step, string>>>
  readonly reason?: string
}

/**
 * `relay failover` and `relay failback`: one repository after the other, so that each is frozen for a short time only, and one that
 * fails stops no other.
 * @returns exit status: 0 when each has changed places, or was only looked at
 */
export const failover = async (
  operator: Operator,
  talk: Talk,
  kind: Kind,
  names: readonly string[],
  options: FailoverOptions,
): Promise<number> => {
  if (!operator.config.failover)
    throw new UserError(
      'relay.yml has no `failover`: the roles of the stack may not push to a source.',
      'Add `failover: { freeze: { groups: [NAME] } }` (docs/configure.md), deploy, then run this again.',
    )
  const chosen =
    kind === 'failover'
      ? await chooseForFailover(operator, names, options.to ?? '', options.force)
      : await chooseForFailback(operator, names, options.force)
  const parts = await partsOf(operator, talk, options)
  const rows: FailoverRow[] = []
  for (const each of chosen) {
    talk.terminal.heading(`${each.origin.name}: ${kind} ${wayText(each)}`)
    rows.push(await one(operator, talk, parts, each, options))
  }
  talk.json({ kind, stage: operator.stage, ok: statusOf(rows) === 0, rows })
  talk.signal.throwIfAborted()
  return statusOf(rows)
}

const statusOf = (rows: readonly FailoverRow[]): number =>
  rows.every(({ result }) => result !== 'failed' && result !== 'stopped') ? 0 : 1

const wayText = ({ kind, origin, active }: Chosen): string =>
  kind === 'failover' ? `${origin.region} → ${active.region}` : `${active.region} → ${origin.region}`

interface Parts extends SwapParts {
  readonly runs: Runs
}

const partsOf = async (operator: Operator, talk: Talk, options: FailoverOptions): Promise<Parts> => {
  const [parts, own, table] = await Promise.all([
    relayingParts(operator, talk, { force: false }),
    operator.own(),
    operator.table(),
  ])
  return {
    ...parts,
    config: operator.config,
    stage: operator.stage,
    by: own.arn,
    reader: await operator.codecommit(),
    policies: openPolicies(operator.region),
    procedures: openProcedures(table),
    runs: openRuns(table),
    directions: await operator.directions(),
    force: options.force,
    settleMs: options.settle * 1000,
    tell: (step, text) => talk.terminal.done(`${step.padEnd(6)}  ${text}`),
    confirm: async (question) => options.yes || confirmed(talk, question),
  }
}

const one = async (
  operator: Operator,
  talk: Talk,
  parts: Parts,
  chosen: Chosen,
  options: FailoverOptions,
): Promise<FailoverRow> => {
  const row = (rest: Pick<FailoverRow, 'result'> & Partial<FailoverRow>): FailoverRow => ({
    origin: chosen.origin,
    active: chosen.active,
    steps: {},
    ...rest,
  })
  if (talk.signal.aborted) return row({ result: 'stopped' })
  try {
    if (options.dryRun) return row(await look(operator, talk, parts, chosen))
    const onWait = (other?: { readonly by: string }) =>
      talk.terminal.note(
        `waits for ${other?.by ?? 'another run'}, who is at it; a run that was killed is over within 10 seconds`,
      )
    return await alone(parts, chosen.origin, onWait, async (run) => {
      const mine = under(run, parts)
      const now = await asItIsNow(mine, chosen)
      const settled = await settle(mine, talk, now, options)
      if (settled) return row(settled)
      const steps = await swap(mine, now)
      tellWhatNow(operator, talk, now)
      return row({ result: 'swapped', steps })
    })
  } catch (error) {
    if (talk.signal.aborted) return row({ result: 'stopped' })
    const told = explain(error, operator)
    if (!(told instanceof UserError)) throw error
    talk.terminal.failure(told.message, told.remedy)
    return row({ result: 'failed', reason: told.message })
  }
}

/** What is done to refs and to the direction is done only while no other run has taken over. */
const under = ({ signal, check }: OwnRun, { memory, directions, ...parts }: SwapParts): SwapParts => ({
  ...parts,
  signal,
  ...(memory && {
    memory: (target) => {
      const own = memory(target)
      return { ...own, announce: (updates) => check().then(() => own.announce(updates)) }
    },
  }),
  directions: {
    ...directions,
    set: (direction) => check().then(() => directions.set(direction)),
    remove: (origin) => check().then(() => directions.remove(origin)),
  },
})

/**
 * What another run has done since the repository was chosen.
 * @throws UserError when there is nothing to fail back any more, or to another region
 */
const asItIsNow = async (
  { procedures, directions }: SwapParts,
  { begun: _begun, swapped: _swapped, ...chosen }: Chosen,
): Promise<Chosen> => {
  const [begun, swapped] = await Promise.all([procedures.get(chosen.origin), directions.get(chosen.origin)])
  const active = swapped?.active ?? begun?.active
  if (chosen.kind === 'failback' && !(active && sameAddress(active, chosen.active)))
    throw new UserError(
      `Somebody else has failed ${chosen.origin.name} back meanwhile${active ? `, and over to ${active.region}` : ''}.`,
      'Nothing was done. relay status shows how it stands.',
    )
  return { ...chosen, ...(begun && { begun }), ...(swapped && { swapped }) }
}

/** Ends what needs no more than that; undefined: the procedure itself, from its beginning or from where it was. */
const settle = async (
  parts: SwapParts,
  talk: Talk,
  chosen: Chosen,
  { resume, yes }: FailoverOptions,
): Promise<Pick<FailoverRow, 'result'> | undefined> => {
  const standing = standingOf(chosen)
  const { terminal } = talk
  if (standing.kind !== 'new') {
    if (standing.kind !== 'take-back') terminal.note(noteOf(standing))
    if (standing.kind === 'already') return { result: 'already' }
    if (standing.kind === 'go-on') return undefined
    const { begun } = standing
    const other = { ...chosen, kind: begun.kind, active: begun.active }
    if (standing.kind === 'finish-first') {
      await swap(parts, other)
      return undefined
    }
    const text = await undo(parts, other)
    terminal.done(noteOf(standing), text)
    return { result: 'undone' }
  }
  if (resume) throw new UserError('There is nothing to go on with.', 'Run it without --resume to begin.')
  if (yes) return undefined
  if (!talk.interactive)
    throw new UserError('There is nobody to ask.', 'Give --yes, or --dry-run to see it first.')
  if (!(await confirmed(talk, `Swap source and replica of ${chosen.origin.name}?`)))
    throw new UserError('Nothing was done.', 'Answer y to begin, or look first with --dry-run.')
  return undefined
}

const noteOf = (standing: Exclude<Standing, { kind: 'new' }>, isDry = false): string => {
  if (standing.kind === 'already') return `already since ${standing.since}, by ${standing.by}`
  const { kind, begunAt, done, by } = standing.begun
  if (standing.kind === 'go-on')
    return `${isDry ? 'would go on' : 'goes on'} after "${done}"; begun at ${begunAt} by ${by}`
  const fate = standing.kind === 'take-back' ? 'taken back' : 'finished first'
  return `the ${kind} that was begun at ${begunAt} ${isDry ? 'would be' : 'is'} ${fate}`
}

/** A dry run: what would be ended, else what each step would do. */
const look = async (
  operator: Operator,
  { terminal }: Talk,
  parts: SwapParts,
  chosen: Chosen,
): Promise<Pick<FailoverRow, 'result'> & Partial<FailoverRow>> => {
  const standing = standingOf(chosen)
  if (standing.kind !== 'new') terminal.note(noteOf(standing, true))
  if (standing.kind === 'already') return { result: 'already' }
  if (standing.kind === 'take-back') return { result: 'looked' }
  return { result: 'looked', steps: await foresee(operator, terminal, parts, chosen) }
}

/** What each step would do, from one look at both sides. */
const foresee = async (
  operator: Operator,
  terminal: Talk['terminal'],
  parts: SwapParts,
  { kind, origin, active, targets }: Chosen,
): Promise<FailoverRow['steps']> => {
  const [source, replica] = kind === 'failover' ? [origin, active] : [active, origin]
  const deletes = targets.find((target) => addressText(target.replica) === addressText(active))?.deletes
  const seen = await lookAt(
    parts.reader,
    { repository: source, replica, deletes: deletes ?? 'mirror' },
    parts.now,
  )
  const moved = seen.moved ? countsText(seen.moved) : 'nothing'
  const principals = principalsText(frozenBy(operator.config))
  const steps = {
    check: seen.reason ?? `${seen.result}, ${count(seen.refs ?? 0, 'ref')}`,
    freeze:
      principals === ''
        ? 'nobody: relay.yml names none, it would ask'
        : `policy ${freezePolicy(operator.stage, source).name} would keep ${principals} from pushing to ${placeOf(source)}`,
    hold: `the functions would leave its ${targets.length === 1 ? 'replica' : `${targets.length} replicas`} alone; it would wait for those that are at work`,
    verify: `${moved} would be relayed, then both sides read twice`,
    swap: `${placeOf(replica)} would be the source, ${placeOf(source)} its replica`,
    thaw: principals === '' ? 'nobody' : `${principals} could push again`,
  }
  for (const step of STEPS) terminal.line(`    ${step.padEnd(6)}  ${steps[step]}`)
  return steps
}

const tellWhatNow = (operator: Operator, { terminal }: Talk, { kind, origin, active }: Chosen): void => {
  const [source, replica] = kind === 'failover' ? [active, origin] : [origin, active]
  terminal.note(
    `push to ${placeOf(source)} from now on; ${placeOf(replica)} is its replica, and pushes there are overwritten`,
  )
  if (kind === 'failover') {
    const minutes = operator.config.sweep.everyMinutes
    terminal.note(
      `the stack hears no events from ${source.region}: the sweep carries what is pushed there, every ${minutes} minute${minutes === 1 ? '' : 's'}`,
    )
  }
}
