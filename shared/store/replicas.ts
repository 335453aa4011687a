// Longer than most: every conditional write of a replica’s record stands beside the others, since each relies on what they keep.
import { createHash } from 'node:crypto'
import { addressText } from '../codecommit/address.ts'
import { RelayError } from '../runtime/errors.ts'
import type { Item } from './attributes.ts'
import type {
  Claim,
  Failure,
  LastWay,
  Launch,
  Paced,
  Pair,
  Pending,
  Proof,
  RefCounts,
  Refusal,
  ReplicaRecord,
} from './records.ts'
import type { Between, Change, Key, Table } from './table.ts'

/** `dirty`: not done, because somebody wanted the replica meanwhile. `lost`: not done, the claim is another's or closed. */
export type Left = 'done' | 'dirty' | 'lost'

/** Replica status and claims. Every write is one conditional write; each method may be repeated. */
export interface ReplicaStore {
  /** an event spoke of the source: keeps the oldest time (ms) and counts. Events that the last proof covers keep no time */
  noteHint(pair: Pair, hint: Hint): Promise<void>
  /** a request asked for more than a look; kept until a proof, so that whoever holds the claim heeds it too */
  noteWish(pair: Pair, wish: 'force' | 'mirror'): Promise<void>
  /**
   * Takes the replica, or marks it dirty for whoever holds it. A claim that was taken for one of the same queue messages, and
   * under which no mirror runs yet, is taken over: the message has come back because its first reader died. With a claim under
   * which a mirror was about to start, its launch is taken over too.
   * @param seen the claim that the record was just read with, if any: saves a look
   * @throws RelayError CLAIM_LOST when claims kept opening and closing in between
   */
  claim(pair: Pair, claim: NewClaim, seen?: Claim): Promise<'claimed' | 'dirty-marked'>
  /** the holder is alive: the claim holds until then; false when it is lost, or a mirror runs under it */
  renewClaim(pair: Pair, id: string, until: number): Promise<boolean>
  /** refs are about to move; false when the claim is lost. With `launch`: by a mirror, which is about to start */
  planClaim(pair: Pair, id: string, pending: Pending, launch?: Launch): Promise<boolean>
  /** a mirror task works under the claim now; false when the claim is lost */
  keepClaim(pair: Pair, id: string, run: { until: number; task: string }): Promise<boolean>
  /** call before looking at the refs; false when the claim is lost */
  clearDirty(pair: Pair, id: string): Promise<boolean>
  /** both sides were equal; `lastWay`: what made them so under this claim, absent when there was nothing to do */
  closeClaim(pair: Pair, id: string, proof: Proof, lastWay?: LastWay): Promise<Left>
  /** there is nothing more to do, though the sides are not equal */
  settleClaim(pair: Pair, id: string, end: Settled): Promise<Left>
  /** gives up the claim whatever came meanwhile; false when it was lost */
  releaseClaim(pair: Pair, id: string): Promise<boolean>
  /** gives up the claim after a run that another is to follow; call after that one was asked for */
  releaseForMore(pair: Pair, id: string, more: More): Promise<Left>
  /** whoever held the claim is known to be gone */
  expireClaim(pair: Pair, id: string): Promise<boolean>
  /** with `claim`: closes that claim too, unless lost, or dirty where `evenDirty` does not say that this was seen to */
  markFailed(pair: Pair, failure: Failure, claim?: { id: string; evenDirty: boolean }): Promise<Left>
  /** keeps `since` of the first time, and counts it if no event announced it (`missed`); false while somebody holds the claim */
  markBehind(
    pair: Pair,
    behind: { refs: number; since: string; missed?: boolean },
    now: number,
  ): Promise<boolean>
  /**
   * A mirror task left refs as they are: whether what then differs is just that, its end's reader decides. False when the claim under
   * which the task was started has passed on.
   * @param token of the launch
   */
  noteKept(pair: Pair, token: string, kept: NonNullable<ReplicaRecord['kept']>): Promise<boolean>
  /** until a proof */
  pace(pair: Pair, paced: Paced): Promise<void>
  /** both sides were equal though nobody worked on it; false while somebody holds the claim, and where a later proof stands */
  recordProof(pair: Pair, proof: Proof, now: number): Promise<boolean>
  get(pair: Pair): Promise<ReplicaRecord | undefined>
  /** all of them, or those between two keys ({@link replicaKey}), by source and replica */
  list(between?: Between): Promise<readonly ReplicaRecord[]>
}

/** Events that announced something. */
export interface Hint {
  /** milliseconds since the epoch: time of the oldest */
  readonly at: number
  /** ids: an event that is delivered or tried again counts once */
  readonly ids: readonly string[]
}

export type NewClaim = Pick<Claim, 'id' | 'until' | 'attempt' | 'reason' | 'messages'> & {
  readonly now: number
}

/** How work ends that a person, or relay.yml, keeps from making both sides equal. */
export type Settled =
  | { readonly status: 'refused'; readonly refusal: Refusal }
  | { readonly status: 'kept'; readonly kept: NonNullable<ReplicaRecord['kept']> }
  | { readonly status: 'source-missing'; readonly missingSince: string }

export interface More {
  /** mirror runs that failed one after another; 0 after one that went well */
  readonly failures: number
  /** what the run did change, to be told with the proof */
  readonly carried?: RefCounts | undefined
}

const PARTITION = 'replica'
/** A claim that fails and a mark that fails in turn mean that claims open and close between the two calls. */
const CLAIM_TRIES = 5
/** An event's time has whole seconds, rounded down: one of the proof's own second may speak of something later. */
export const EVENT_CLOCK_MS = 1_000

const WORK = ['claim', 'dirty'] as const
/** Of events that wait no more ids are kept, and counted: whoever reads of so many knows enough. */
export const MOST_HEARD = 200

const WAITING = ['waitingSince', 'hints', 'heard', 'pending', 'carried'] as const
const WISHES = ['forced', 'mirrorAsked'] as const
const UNPROVEN = [
  ...WAITING,
  'failures',
  'failure',
  'behind',
  'refusal',
  'kept',
  'missingSince',
  'paced',
  ...WISHES,
] as const
const EQUAL_SINCE = 'equalSince'
const MINE = '#claim.#id = :id'
const CLEAN = 'attribute_not_exists(#dirty)'
const FREE = '(attribute_not_exists(#claim) OR #claim.#until < :now)'

export const openReplicas = (table: Table): ReplicaStore => {
  const read = async (pair: Pair) => {
    const item = await table.get(keyOf(pair))
    return item && recordOf(item)
  }
  const change = (pair: Pair, what: Change) =>
    table.update(keyOf(pair), { ...what, set: { ...what.set, ...identity(pair) } })
  /** one write under a claim that must be clean; tells a dirty claim from a lost one by looking */
  const leave = async (pair: Pair, id: string, what: Change): Promise<Left> => {
    const done = await change(pair, { ...what, when: `${MINE} AND ${CLEAN}`, values: { ':id': id } })
    if (done) return 'done'
    return (await read(pair))?.claim?.id === id ? 'dirty' : 'lost'
  }
  return {
    noteHint: async (pair, { at, ids }) => {
      await change(pair, {
        unite: { heard: ids.map(heardAs) },
        when: 'attribute_not_exists(#heard) OR size(#heard) < :most',
        values: { ':most': MOST_HEARD },
      })
      await change(pair, {
        set: { waitingSince: at },
        remove: [EQUAL_SINCE],
        when: '(attribute_not_exists(#waitingSince) OR #waitingSince > :at) AND (attribute_not_exists(#provenAt) OR #provenAt <= :covered)',
        values: { ':at': at, ':covered': at + EVENT_CLOCK_MS },
      })
    },
    noteWish: async (pair, wish) => {
      await change(pair, { set: { [wish === 'force' ? 'forced' : 'mirrorAsked']: true } })
    },
    claim: async (pair, claim, seen) => {
      let held = seen
      for (let tries = 0; tries < CLAIM_TRIES; tries += 1) {
        if (await change(pair, { ...taken(claim, held), ...freeFor(claim, held) })) return 'claimed'
        const marked = await change(pair, {
          set: { dirty: true },
          when: '#claim.#until >= :now',
          values: { ':now': claim.now },
        })
        held = (await read(pair))?.claim
        if (marked && !(held && isOwn(held, claim))) return 'dirty-marked'
      }
      throw new RelayError('CLAIM_LOST', { replica: addressText(pair.replica), tries: CLAIM_TRIES })
    },
    renewClaim: (pair, id, until) =>
      change(pair, {
        set: { 'claim.until': until },
        when: `${MINE} AND attribute_not_exists(#claim.#task)`,
        values: { ':id': id },
      }),
    planClaim: (pair, id, pending, launch) =>
      change(pair, {
        set: { pending: { ...pending }, ...(launch ? { 'claim.launch': { ...launch } } : {}) },
        remove: [EQUAL_SINCE],
        when: MINE,
        values: { ':id': id },
      }),
    keepClaim: (pair, id, { until, task }) =>
      change(pair, { set: { 'claim.until': until, 'claim.task': task }, when: MINE, values: { ':id': id } }),
    clearDirty: (pair, id) => change(pair, { remove: ['dirty'], when: MINE, values: { ':id': id } }),
    closeClaim: (pair, id, proof, lastWay) => leave(pair, id, proven(proof, lastWay)),
    settleClaim: (pair, id, end) =>
      leave(pair, id, {
        set: settled(end),
        // a refused plan still waits, and what was moved before it is still to be told
        remove: [
          ...WORK,
          ...WISHES,
          EQUAL_SINCE,
          'failures',
          'failure',
          ...(end.status === 'refused' ? [] : WAITING),
        ],
      }),
    releaseClaim: (pair, id) => change(pair, { remove: WORK, when: MINE, values: { ':id': id } }),
    releaseForMore: (pair, id, { failures, carried }) =>
      leave(pair, id, {
        // after a run that went well what is left may be streamed again
        remove: [...WORK, ...(failures === 0 ? ['mirrorAsked'] : [])],
        set: { failures, ...(carried ? { carried: { ...carried } } : {}) },
      }),
    expireClaim: (pair, id) => change(pair, { set: { 'claim.until': 0 }, when: MINE, values: { ':id': id } }),
    markFailed: async (pair, failure, claim) => {
      const set = { status: 'failed', failure: { ...failure } }
      if (!claim) {
        await change(pair, { set, remove: ['failures', ...WISHES, EQUAL_SINCE] })
        return 'done'
      }
      const what = { set, remove: ['failures', ...WISHES, EQUAL_SINCE, ...WORK] }
      if (!claim.evenDirty) return leave(pair, claim.id, what)
      return (await change(pair, { ...what, when: MINE, values: { ':id': claim.id } })) ? 'done' : 'lost'
    },
    markBehind: async (pair, { missed, ...behind }, now) => {
      const values = { ':now': now }
      const seenBefore = await change(pair, {
        set: { 'behind.refs': behind.refs },
        when: `${FREE} AND attribute_exists(#behind)`,
        values,
      })
      const seen =
        seenBefore ||
        (await change(pair, {
          set: { behind },
          remove: [EQUAL_SINCE],
          ...(missed ? { add: { missed: 1 } } : {}),
          when: `${FREE} AND attribute_not_exists(#behind)`,
          values,
        }))
      if (!seen) return false
      // a replica that failed stays failed, which says more
      await change(pair, {
        set: { status: 'behind' },
        when: `${FREE} AND (attribute_not_exists(#status) OR #status <> :failed)`,
        values: { ...values, ':failed': 'failed' },
      })
      return true
    },
    recordProof: (pair, proof, now) =>
      change(pair, {
        ...proven(proof),
        when: `${FREE} AND (attribute_not_exists(#provenAt) OR #provenAt <= :at)`,
        values: { ':now': now, ':at': Date.parse(proof.at) },
      }),
    noteKept: (pair, token, kept) =>
      change(pair, {
        set: { kept: { ...kept } },
        when: '#claim.#launch.#token = :token',
        values: { ':token': token },
      }),
    pace: async (pair, paced) => {
      await change(pair, { set: { paced: { ...paced } } })
    },
    get: read,
    list: async (between) => (await table.query(PARTITION, between)).map(recordOf),
  }
}

/** The new claim; with it the launch of one that ended, or died, before its task was known. */
const taken = ({ id, until, now, attempt, reason, messages }: NewClaim, held: Claim | undefined): Change => ({
  set: {
    status: 'replicating',
    claim: {
      id,
      until,
      at: now,
      attempt,
      reason,
      messages,
      ...(held?.launch && held.task === undefined ? { launch: { ...held.launch } } : {}),
    },
  },
  remove: ['dirty'],
})

/** Whether a claim that was seen is that of a former reader of these messages. */
const isOwn = (held: Claim, { messages }: NewClaim): boolean =>
  held.task === undefined && messages.some((message) => held.messages.includes(message))

/** Nobody's; or the one that was seen, unchanged, and ended or one's own. */
const freeFor = (claim: NewClaim, held: Claim | undefined): Pick<Change, 'when' | 'values'> => {
  if (!held) return { when: 'attribute_not_exists(#claim)' }
  // a launch that was noted since would be lost with the claim
  const launch = held.launch ? '' : ' AND attribute_not_exists(#claim.#launch)'
  const seen = `#claim.#id = :seen${launch}`
  if (isOwn(held, claim)) {
    return { when: `${seen} AND attribute_not_exists(#claim.#task)`, values: { ':seen': held.id } }
  }
  const task = held.task === undefined ? ' AND attribute_not_exists(#claim.#task)' : ''
  return {
    when: `${seen} AND #claim.#until < :now${task}`,
    values: { ':seen': held.id, ':now': claim.now },
  }
}

const settled = (end: Settled): NonNullable<Change['set']> => {
  if (end.status === 'refused') return { status: end.status, refusal: { ...end.refusal } }
  if (end.status === 'kept') return { status: end.status, kept: { ...end.kept } }
  return { status: end.status, missingSince: end.missingSince }
}

const proven = (proof: Proof, lastWay?: LastWay): Change => ({
  set: {
    status: 'equal',
    proof: { ...proof },
    provenAt: Date.parse(proof.at),
    ...(lastWay ? { lastWay: { ...lastWay } } : {}),
  },
  init: { [EQUAL_SINCE]: proof.at },
  remove: [...WORK, ...UNPROVEN],
})

/** An id has 36 characters, and a record is written whole with each of its changes. */
const heardAs = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 16)

/** `source replica`, in the order of the table. The space sorts before every character of a name. */
export const replicaKey = ({ repository, replica }: Pair): string =>
  `${addressText(repository)} ${addressText(replica)}`

const keyOf = (pair: Pair): Key => ({ pk: PARTITION, sk: replicaKey(pair) })

/** Written with every change, so that an item made by any of them can be read. Roles and external ids stay out. */
const identity = ({ repository, replica }: Pair) => ({
  repository: { account: repository.account, region: repository.region, name: repository.name },
  replica: { account: replica.account, region: replica.region, name: replica.name },
})

const recordOf = (item: Item): ReplicaRecord => {
  // versions before ids were kept counted in `hints`
  const { pk: _pk, sk: _sk, provenAt: _provenAt, heard = [], hints: counted = 0, ...kept } = item
  const hints = Number(counted) + (heard as readonly string[]).length
  return { status: 'unknown', hints, failures: 0, dirty: false, ...kept } as unknown as ReplicaRecord
}
