// Longer than most: the six steps of one procedure stand together, so that what is done when is seen at once.
import { addressText, type RepositoryAddress, sameAddress } from '../../shared/codecommit/address.ts'
import type { Config } from '../../shared/config/types.ts'
import type { RefMap } from '../../shared/git/refs.ts'
import { count } from '../../shared/notices/words.ts'
import { digestOf } from '../../shared/replication/digest.ts'
import { directed } from '../../shared/replication/direction.ts'
import { plan } from '../../shared/replication/plan.ts'
import { countsOf, type RefReader, type Target } from '../../shared/replication/prove.ts'
import { codeOf } from '../../shared/runtime/errors.ts'
import type { Direction, Directions } from '../../shared/store/directions.ts'
import { type Procedure, type Procedures, STEPS, type Step } from '../../shared/store/procedures.ts'
import type { Proof } from '../../shared/store/records.ts'
import { UserError } from '../errors.ts'
import { relayAll, type SeedParts } from '../seed/replica.ts'
import { countsText } from '../seed/row.ts'
import {
  type FreezePolicy,
  freeze,
  freezePolicy,
  frozenBy,
  type Policies,
  principalsText,
  thaw,
} from './freeze.ts'
import { hold, release, releaseLater } from './hold.ts'

export interface SwapParts extends SeedParts {
  readonly config: Pick<Config, 'failover' | 'sweep'>
  readonly stage: string
  /** ARN of whoever runs it */
  readonly by: string
  readonly reader: RefReader
  readonly policies: Policies
  readonly procedures: Procedures
  readonly directions: Directions
  /** goes on though the source cannot be read, or nothing proves both sides equal */
  readonly force: boolean
  /** milliseconds between the two readings that must agree: how long IAM may take until a freeze is obeyed everywhere */
  readonly settleMs: number
  /** each step with its result, as it is done */
  readonly tell: (step: Step, text: string) => void
  /** a question; false ends the procedure where it stands */
  readonly confirm: (question: string) => Promise<boolean>
}

/** A repository whose source and replica are to change places. */
export interface SwapWork {
  readonly kind: Procedure['kind']
  /** as relay.yml has it: the source */
  readonly origin: RepositoryAddress
  /** the replica that takes over, or gives back */
  readonly active: RepositoryAddress
  /** every replica of it, as relay.yml has them */
  readonly targets: readonly Target[]
}

interface Context {
  readonly parts: SwapParts
  readonly work: SwapWork
  readonly policy: FreezePolicy
  /** as they are kept before and after; `main` is the pair that changes places */
  readonly before: readonly Target[]
  readonly after: readonly Target[]
  readonly main: Target
  readonly mainAfter: Target
  readonly direction: Direction
  /** what both sides were found to hold */
  found?: { readonly refs: RefMap; readonly proof: Proof }
}

/** Looks that must find both sides as they were the time before; then somebody pushes whom the freeze does not reach. */
const MOST_LOOKS = 5

/**
 * The whole procedure, or what is left of it. Each step may be done twice; what is done is written down after it, so that the next call
 * goes on there. Between two steps it can be killed at any time: until the swap nothing but the freeze and the holds has changed.
 * @returns what each step came to
 * @throws UserError for what a person must decide or mend; the reason of `signal`; RelayError
 */
export const swap = async (
  parts: SwapParts,
  work: SwapWork,
): Promise<Readonly<Partial<Record<Step, string>>>> => {
  const context = contextOf(parts, work)
  const begun = await parts.procedures.get(work.origin)
  const told: Partial<Record<Step, string>> = {}
  const from = begun ? await nextOf(parts, begun) : 0
  for (const step of STEPS.slice(from)) {
    parts.signal.throwIfAborted()
    const text = await DO[step](context)
    told[step] = text
    if (step === 'thaw') await parts.procedures.remove(work.origin)
    else await parts.procedures.save(procedureOf(context, step, begun))
    parts.tell(step, text)
  }
  return told
}

/**
 * Where a procedure goes on. The direction itself tells whether it has swapped, should its note have been lost: then nothing may be
 * relayed the old way any more. What was verified some time ago is verified again.
 */
const nextOf = async ({ directions }: SwapParts, { kind, origin, done }: Procedure): Promise<number> => {
  const turned = ((await directions.get(origin)) !== undefined) === (kind === 'failover')
  if (turned) return STEPS.indexOf(done === 'swap' ? 'thaw' : 'swap')
  return done === 'verify' ? STEPS.indexOf('verify') : STEPS.indexOf(done) + 1
}

/**
 * Takes back a procedure that has not swapped yet: as if it had never been begun.
 * @returns what was taken back
 */
export const undo = async (parts: SwapParts, work: SwapWork): Promise<string> => {
  const { before, policy } = contextOf(parts, work)
  for (const target of before) await release(parts, target, work.origin)
  const principals = await thaw(parts.policies, policy)
  await parts.procedures.remove(work.origin)
  return principals.length === 0 ? 'nothing was frozen' : `${principalsText(principals)} may push again`
}

const contextOf = (parts: SwapParts, work: SwapWork): Context => {
  const { kind, origin, active, targets } = work
  const direction = { origin, active, since: new Date(parts.now()).toISOString(), by: parts.by }
  const swapped = targets.map((target) => directed(target, [direction]))
  const index = targets.findIndex(({ replica }) => sameAddress(replica, active))
  const [before, after] = kind === 'failover' ? [targets, swapped] : [swapped, targets]
  const [main, mainAfter] = [before[index], after[index]]
  if (!main || !mainAfter) {
    throw new UserError(
      `relay.yml does not name ${addressText(active)} as a replica of ${addressText(origin)}.`,
      'Name a region that is under `to` of its rule.',
    )
  }
  const policy = freezePolicy(parts.stage, main.repository)
  return { parts, work, policy, before, after, main, mainAfter, direction }
}

const procedureOf = (
  { parts, work, found }: Context,
  done: Step,
  begun: Procedure | undefined,
): Procedure => ({
  kind: work.kind,
  origin: work.origin,
  active: work.active,
  begunAt: begun?.begunAt ?? new Date(parts.now()).toISOString(),
  by: begun?.by ?? parts.by,
  done,
  ...(found ? { verified: found.proof } : begun?.verified ? { verified: begun.verified } : {}),
})

const DO: Readonly<Record<Step, (context: Context) => Promise<string>>> = {
  check: async (context) => {
    const { main } = context
    const seen = await readBoth(context)
    if (seen.kind === 'unread') return seen.text
    const { source, replica } = seen
    const updates = plan(source, replica, { deletes: main.deletes })
    if (updates.length === 0) return `equal, ${count(source.size, 'ref')}`
    return `behind by ${updates.length} of ${count(source.size, 'ref')} (${countsText(countsOf(updates))}); they are relayed below`
  },

  freeze: async ({ parts, policy, main }) => {
    const principals = frozenBy(parts.config)
    if (principals.length === 0) {
      const question = `relay.yml has no failover.freeze: pushes to ${placeOf(main.repository)} are not prevented. Go on?`
      if (!(await parts.confirm(question)))
        throw new UserError(
          'Nothing keeps people from pushing meanwhile.',
          'Name groups, roles or users under failover.freeze in relay.yml, or say --yes.',
        )
      return 'nobody: relay.yml names none, pushes are not prevented'
    }
    try {
      await freeze(parts.policies, policy, principals)
    } catch (error) {
      if (!parts.force) throw error
      return `not frozen, because of --force: ${(error as Error).message}`
    }
    return `${principalsText(principals)} cannot push to ${placeOf(main.repository)} (policy ${policy.name})`
  },

  hold: async (context) => {
    await holdAll(context)
    return `no function works on ${context.before.length === 1 ? 'the replica' : `its ${context.before.length} replicas`} any more`
  },

  verify: async (context) => {
    const seen = await readBoth(context)
    if (seen.kind === 'unread') return seen.text
    context.found = await equalTwice(context)
    const { digest, refs } = context.found.proof
    return `equal on both sides, read twice: ${count(refs, 'ref')}, ${digest.slice(0, 19)}…`
  },

  swap: async ({ parts, work, before, after, main, mainAfter, direction, found }) => {
    for (const target of after) await release(parts, target, work.origin)
    if (found) {
      // what the new replica holds now is Relay's doing: what comes later is not
      await parts.memory?.(mainAfter).remember(found.refs)
      await parts.store.recordProof(mainAfter, found.proof, parts.now())
    }
    if (work.kind === 'failover') await parts.directions.set(direction)
    else {
      await parts.directions.remove(work.origin)
      for (const target of before) await releaseLater(parts, target, work.origin)
    }
    return `${placeOf(main.replica)} is the source now, ${placeOf(main.repository)} its replica`
  },

  thaw: async ({ parts, policy, main }) => {
    const principals = await thaw(parts.policies, policy)
    if (principals.length === 0) return 'nobody was frozen'
    return `${principalsText(principals)} may push to ${placeOf(main.repository)} again, and should not: it is a replica`
  },
}

const holdAll = async ({ parts, work, before }: Context): Promise<void> => {
  let told = ''
  for (const target of before) {
    const reason = `${work.kind} to ${(work.kind === 'failover' ? work.active : work.origin).region} by ${parts.by}`
    await hold(parts, target, work.origin, reason, (holder) => {
      const text = `waits for ${holder?.reason ?? 'work'} on ${placeOf(target.replica)}`
      if (text !== told) parts.tell('hold', text)
      told = text
      return parts.force ? 'take' : 'wait'
    })
  }
}

type Both =
  | { readonly kind: 'read'; readonly source: RefMap; readonly replica: RefMap }
  | { readonly kind: 'unread'; readonly text: string }

/** Both sides as they are; a source that cannot be read is gone on without, where that is meant. */
const readBoth = async ({ parts, main }: Context): Promise<Both> => {
  const replica = await parts.reader.readRefs(main.replica, 'replica')
  if (!replica)
    throw new UserError(
      `There is no repository ${placeOf(main.replica)}.`,
      `Is the name right? If so, relay seed ${main.repository.name} makes it.`,
    )
  let why = 'it does not exist'
  try {
    const source = await parts.reader.readRefs(main.repository, 'source')
    if (source) return { kind: 'read', source, replica }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    why = (error as Error).message
  }
  const proof = (await parts.store.get(main))?.proof
  const last = proof ? `it was proven equal last at ${proof.at}` : 'it was never proven equal'
  if (parts.force)
    return {
      kind: 'unread',
      text: `NOT verified, ${placeOf(main.repository)} cannot be read: ${last}; what was pushed since may be lost`,
    }
  throw new UserError(
    `${placeOf(main.repository)} cannot be read: ${why}`,
    `If it is lost, --force goes on without it: ${last}.`,
  )
}

/** Relays what is left, then reads both sides again after a while, until nothing has moved in between. */
const equalTwice = async (context: Context): Promise<NonNullable<Context['found']>> => {
  const { parts, main } = context
  const silent = { phase: () => undefined, bytes: () => undefined }
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const outcome = await relayAll(parts, main, undefined, parts.signal, silent)
    if (outcome.kind !== 'equal') throw notEqual(main, outcome.kind)
    await parts.memory?.(main).remember(outcome.refs, Date.parse(outcome.proof.at))
    await parts.pause(parts.settleMs)
    const seen = await readBoth(context)
    if (seen.kind === 'unread') continue
    const { source, replica } = seen
    const same = plan(source, replica, { deletes: main.deletes }).length === 0
    const digest = digestOf(source)
    if (same && digest === outcome.proof.digest)
      return { refs: source, proof: { digest, refs: source.size, at: new Date(parts.now()).toISOString() } }
  }
  throw new UserError(
    `${placeOf(main.repository)} still moves: somebody pushes whom the freeze does not reach.`,
    'Find out who (CloudTrail, GitPush), add them to failover.freeze, and run this again; a longer --settle gives IAM more time.',
  )
}

const notEqual = ({ repository }: Target, kind: string): UserError =>
  new UserError(
    `The rest of ${repository.name} could not be relayed: ${WHY[kind] ?? kind}.`,
    `See what relay seed ${repository.name} --dry-run says, mend it, then run this again.`,
  )

const WHY: Readonly<Record<string, string>> = {
  kept: 'refs of the replica are left as they are (divergence: keep), so that both sides never become equal',
  refused: 'it would delete or rewind too much of the replica',
  'hand-over': 'the relay cannot do it; relay seed --mirror can',
  'source-missing': 'the source is gone',
  'replica-missing': 'the replica is gone',
}

/** `orders in eu-west-1` */
export const placeOf = ({ name, region }: RepositoryAddress): string => `${name} in ${region}`
