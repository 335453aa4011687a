import { addressText, parkingOf } from '../../shared/codecommit/address.ts'
import { type BothSides, bringBack, readBoth, type Step } from '../../shared/replication/guard/bring-back.ts'
import { createMemory } from '../../shared/replication/guard/memory.ts'
import type { ParkParts } from '../../shared/replication/guard/park.ts'
import { codeOf, type RelayError } from '../../shared/runtime/errors.ts'
import { openLeftRefs } from '../../shared/store/left-refs.ts'
import { isKept, openParked, type ParkedTip } from '../../shared/store/parked.ts'
import { confirmed } from '../ask.ts'
import type { UndoOptions } from '../commands/undo.ts'
import { UserError } from '../errors.ts'
import type { Operator, Talk } from '../operator.ts'
import { destinationOf, type Found, findParked, findTip, type Parked } from './find.ts'

/** @returns the exit status: 0 done, or nothing to do; 1 when somebody moved the ref again meanwhile, or said no */
export const undo = async (
  operator: Operator,
  talk: Talk,
  repository: string,
  name: string | undefined,
  options: UndoOptions,
): Promise<number> => {
  const table = await operator.table()
  const store = openParked(table)
  const parked = await findParked(operator, store, repository, options.to)
  if (options.list) return list(parked, talk, name)
  if (name === undefined)
    throw new UserError('Which branch or tag?', `For example: relay undo ${repository} main`)
  const now = Date.now()
  const found = findTip(parked, name, options.at, now)
  const ref = destinationOf(found.tip, options.as)
  const [codecommit, git] = await Promise.all([operator.codecommit(), operator.git()])
  const parts: ParkParts = {
    git,
    remote: codecommit.gitRemote,
    repositories: codecommit,
    parked: store,
    now: Date.now,
    log: quiet,
  }
  const before = await readBoth(parts, found.target, ref).catch((error: unknown) => {
    throw inWords(error, found, ref)
  })
  tellPlan(talk, found, ref, before, options.at)
  if (before.inTheWay !== undefined)
    throw new UserError(
      `${ref} cannot be made beside ${before.inTheWay}, which the source has.`,
      'Nothing was done. Rename or delete that one first, or bring it back under another name with --as.',
    )
  const facts = factsOf(found, ref, before)
  if (before.source === found.tip.oid && before.replica === found.tip.oid) {
    talk.terminal.done('Both sides hold it already.')
    talk.json({ ...facts, done: true, after: before })
    return 0
  }
  if (options.dryRun) {
    talk.terminal.line('  Nothing was done: this was a dry run.')
    talk.json({ ...facts, done: false, dryRun: true })
    return 0
  }
  if (!(await agreed(talk, options, ref))) return 1
  const memory = createMemory({ left: openLeftRefs(table), now: Date.now }, found.target)
  const work = { target: found.target, tip: found.tip, ref, expected: before.source }
  const terms = { days: operator.config.parking.days, kmsKey: found.target.kmsKey, signal: talk.signal }
  const after = await bringBack(
    { ...parts, memory, onStep: (step) => tellStep(talk, step, ref) },
    work,
    terms,
  ).catch((error: unknown) => {
    throw inWords(error, found, ref)
  })
  const done = after.source === found.tip.oid && after.replica === found.tip.oid
  if (done) talk.terminal.done(`Proof: source and replica hold ${found.tip.oid} at ${ref}.`)
  else
    talk.terminal.failure(
      `${ref} has moved again: ${both(after)}.`,
      'Look who pushes to it, and run this again.',
    )
  talk.json({ ...facts, done, after: sides(after) })
  return done ? 0 : 1
}

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

const list = (parked: readonly Parked[], talk: Talk, name: string | undefined): number => {
  const now = Date.now()
  const wanted = (ref: string) => name === undefined || ref === name || ref.endsWith(`/${name}`)
  const shown = parked.map(({ tips, ...rest }) => ({ ...rest, tips: tips.filter(({ ref }) => wanted(ref)) }))
  for (const { target, tips, isLeft } of shown) {
    talk.terminal.heading(`Overwritten or deleted in ${addressText(target.replica)}`)
    if (isLeft) talk.terminal.line(`  ${LEFT}; kept in ${addressText(parkingOf(target.replica))}`)
    if (tips.length === 0) talk.terminal.line('  nothing')
    for (const tip of tips) {
      const { ref, oid, at, until } = tip
      const kept = isKept(tip, now) ? `kept until ${until}` : 'expired'
      const by = tip.replacedBy === undefined ? '' : ` by ${tip.replacedBy.slice(0, 12)}`
      talk.terminal.line(`  ${at}  ${oid.slice(0, 12)}  ${whyText(tip)}${by}  ${ref}  ${kept}`)
    }
  }
  talk.json({
    replicas: shown.map(({ target, tips, isLeft }) => ({
      repository: addressText(target.repository),
      replica: addressText(target.replica),
      parking: addressText(parkingOf(target.replica)),
      left: isLeft,
      parked: tips.map((tip) => ({ ...tip, expired: !isKept(tip, now) })),
    })),
  })
  return 0
}

const LEFT =
  'This replica is kept no longer: its source is gone, relay.yml or a tag changed, or a failover turned it'

/** A tag is never rewound. */
const whyText = ({ ref, why }: ParkedTip): string =>
  why === 'rewound' && ref.startsWith('refs/tags/') ? 'moved' : why

const tellPlan = (
  { terminal }: Talk,
  { target, tip, after, isLeft }: Found,
  ref: string,
  before: BothSides,
  at: UndoOptions['at'],
): void => {
  terminal.heading(`${ref} of ${target.repository.name} back to ${tip.oid.slice(0, 12)}`)
  terminal.line(`  ${tip.ref} held it until ${tip.at} (${whyText(tip)}).`)
  if (at !== 'latest')
    terminal.line(
      after === undefined
        ? `  Since when is not known: nothing was parked of it before. What it held at ${timeText(at)} may be older.`
        : `  Since when is known only as after ${after}, when it was last overwritten or deleted before.`,
    )
  if (isLeft) terminal.line(`  ${LEFT}.`)
  terminal.line(`  Now: ${both(before)}.`)
  if (before.source !== undefined && before.source !== tip.oid)
    terminal.line(`  ${before.source.slice(0, 12)} will be parked first, so that this can be undone too.`)
}

const agreed = async (talk: Talk, { yes }: UndoOptions, ref: string): Promise<boolean> => {
  if (yes) return true
  if (!talk.interactive)
    throw new UserError('There is nobody to ask.', 'Give --yes, or --dry-run to see it first.')
  const said = await confirmed(talk, `Push it to ${ref} of the source and of the replica?`)
  if (!said) talk.terminal.line('  Nothing was done.')
  return said
}

const tellStep = ({ terminal }: Talk, step: Step, ref: string): void => {
  if (step.kind === 'parked') terminal.done(`Parked ${step.oid.slice(0, 12)}, which the ${step.side} held`)
  else terminal.done(`Pushed to the ${step.side}`, `${ref}, was ${short(step.from)}`)
}

const timeText = (at: number): string => new Date(at).toISOString()

/** Where somebody finds a tip without Relay. */
const whereText = ({ target, tip }: Found): string =>
  tip.place === undefined
    ? `No copy was made of it, as other refs held it then: ${addressText(target.replica)} may have it still.`
    : `The commit lies in the repository ${addressText(parkingOf(target.replica))}, as ${tip.place}, until ${tip.until}: git fetch takes it from there.`

/** Codes that mean something else here than in replication. */
const inWords = (error: unknown, found: Found, ref: string): unknown => {
  const say = (message: string, remedy: string) => new UserError(message, remedy, { cause: error })
  const { repository, replica } = found.target
  if (codeOf(error) === 'SOURCE_MISSING')
    return say(
      `The source ${addressText(repository)} does not exist any more, so nothing can be brought back to it.`,
      `${whereText(found)} Or make the source again, push the replica's branches and tags to it, and run this again.`,
    )
  if (codeOf(error) === 'REPLICA_MISSING')
    return say(
      `The repository ${(error as RelayError).data.repository ?? addressText(replica)} does not exist any more.`,
      `${whereText(found)} If relay.yml asks for the replica, relay seed ${repository.name} makes it again.`,
    )
  if (codeOf(error) === 'REPLICA_MOVED')
    return say(
      `Somebody moved ${ref}, or the parked tip, meanwhile. Nothing was overwritten.`,
      'Run this again.',
    )
  if (codeOf(error) === 'PUSH_REJECTED')
    return say(
      `It was refused: ${(error as Error).message}`,
      'May you push to this branch or tag? Then the history that held this tip may be gone from the source: --list shows what is kept.',
    )
  return error
}

const factsOf = ({ target, tip }: Found, ref: string, before: BothSides) => ({
  repository: addressText(target.repository),
  replica: addressText(target.replica),
  ref,
  tip,
  before: sides(before),
})

/** JSON has no undefined: a ref that does not exist is null. */
const sides = ({ source, replica }: BothSides) => ({ source: source ?? null, replica: replica ?? null })

const short = (oid: string | undefined): string => oid?.slice(0, 12) ?? 'not there'

const both = ({ source, replica }: BothSides): string => `source ${short(source)}, replica ${short(replica)}`
