import { addressText, type RepositoryAddress } from '../../codecommit/address.ts'
import type { Pack } from '../../git/pack/types.ts'
import { codeOf, RelayError } from '../../runtime/errors.ts'
import type { ScanMarks } from '../../store/scan-marks.ts'
import { MAX_REFS, type Sighting } from '../findings/states.ts'
import type { WalkResult } from '../walk/types.ts'
import { scanAway } from './away.ts'
import { copiesOf, watchedOf } from './copies.ts'
import { gapsOf, tellGaps } from './gaps.ts'
import { closeDeleted } from './gone.ts'
import { lookAgain } from './look-again.ts'
import { type Outset, outsetOf } from './outset.ts'
import type { FingerprintKeys, ScanParts, ScanWork } from './ports.ts'
import { openLedger } from './record.ts'
import { teamRules, tellMistakes } from './rules.ts'
import { type Brought, sightingsOf } from './sightings.ts'
import { portionOf, type Tips, tipsOf, withoutRefs } from './tips.ts'

/** Milliseconds kept back for what follows a walk: writing and telling what it found. */
const AFTERWARDS_MS = 20_000

export interface Scanned {
  /** `too much`: known from before to be more than this process can do */
  readonly outcome: 'scanned' | 'nothing new' | 'no repository' | 'paused' | 'too much'
  /** refs that are still to be scanned */
  readonly left: number
  readonly commits: number
  readonly blobs: number
  readonly found: number
  readonly resolved: number
}

const NOTHING = { left: 0, commits: 0, blobs: 0, found: 0, resolved: 0 }

/**
 * Scans what came to a repository since the last time. What was found is written and told before the refs count as searched: whoever
 * dies between leaves it to be done again, and the same findings are the same records.
 * @throws RelayError SCAN_UNFINISHED when the time was up, or with `handsOver` something needs more room: what was found until
 * then is kept and told; the reason of `signal` once that is aborted; and what servers, table and bus throw
 */
export const scanRepository = (parts: ScanParts): ((work: ScanWork) => Promise<Scanned>) => {
  const rulesOf = teamRules(parts)
  return async (work) => {
    const { repository } = work
    const timeout = AbortSignal.timeout(Math.max(1, work.deadline - parts.now()))
    const signal = work.signal ? AbortSignal.any([timeout, work.signal]) : timeout
    const source = await parts.git.advertise(parts.remote(repository), 'git-upload-pack', { signal })
    if (!source) return { outcome: 'no repository', ...NOTHING, ...(await closeDeleted(parts, work)) }
    const marks = await parts.marks.read(repository)
    if (!work.evenPaused && work.events.length === 0 && (marks.pausedUntil ?? 0) > parts.now())
      return { outcome: 'paused', ...NOTHING }
    const untold = async (): Promise<Scanned> => {
      // a scan that died after it wrote may have left something untold
      const ledger = await openLedger(parts, repository)
      work.signal?.throwIfAborted()
      return { outcome: 'nothing new', ...NOTHING, ...(await ledger.tell()) }
    }
    if (isNothing(tipsOf(source.refs, marks, work.events))) return untold()
    const outset = await outsetOf(parts, work, { source, marks, rulesOf })
    if (!outset) return { outcome: 'no repository', ...NOTHING }
    const { tips } = outset
    if (isNothing(tips)) return untold()
    if (work.handsOver && marks.task !== undefined) return { outcome: 'too much', ...NOTHING }
    const toDo = withoutRefs(tips, work.without ?? new Set())
    const portion = portionOf(toDo, work.most ?? Number.POSITIVE_INFINITY)
    const left = toDo.wants.length - portion.wants.length
    const keys = await parts.keys()
    // what is hinted at waits for the last portion
    const before = left === 0 ? marks : { ...marks, hinted: [] }
    const situation = { ...outset, marks: before, tips: portion, keys, signal }
    const scanned = await scanTips(parts, work, situation).catch((error: unknown) => {
      throw withRef(error, portion)
    })
    return { ...scanned, left }
  }
}

const isNothing = ({ moved, away }: Tips): boolean => moved.size === 0 && away.length === 0

/** Of a single ref that is too large its name is said. */
const withRef = (error: unknown, { wants: [first, ...others] }: Tips): unknown => {
  if (codeOf(error) !== 'GIT_LIMIT' || !first || others.length > 0) return error
  return new RelayError('GIT_LIMIT', { ...(error as RelayError).data, ref: first.ref }, { cause: error })
}

interface Situation extends Outset {
  readonly marks: ScanMarks
  readonly keys: FingerprintKeys
  readonly signal: AbortSignal
}

const scanTips = async (
  parts: ScanParts,
  work: ScanWork,
  situation: Situation,
): Promise<Omit<Scanned, 'left'>> => {
  const { repository } = work
  const { tips, marks } = situation
  const at = new Date(parts.now()).toISOString()
  await tellMistakes(parts, repository, situation.now)
  const ledger = await openLedger(parts, repository)
  await using pack = await fetchNew(parts, repository, situation)
  const walked = pack && (await walkPack(parts, work, situation, pack.pack, watchedOf(ledger.records())))
  const away = await scanAway(parts, work, {
    ...situation,
    has: (oid) => pack?.pack.read(oid) !== undefined,
  })
  const sights = [
    ...(walked ? see(repository, walked, situation) : []),
    ...(away.found.length > 0 ? see(repository, away, situation) : []),
  ]
  const copies =
    walked && pack
      ? await copiesOf(parts.contents, repository, {
          ...situation,
          records: ledger.records(),
          moved: walked.moved,
          pack: pack.pack,
          refsOf: refsFor(walked, situation),
        })
      : []
  // another has the claim, and tells what it finds itself
  work.signal?.throwIfAborted()
  const inNames = situation.names.sightings(repository, situation.rules, situation.keys, (ref) =>
    tips.moved.has(ref),
  )
  const beyond = await ledger.see([...inNames, ...sights, ...copies], at)
  await ledger.ignore(situation.now, at)
  const until = work.deadline - AFTERWARDS_MS / 2
  await lookAgain(parts, work, { ...situation, pack: pack?.pack, until, at }, ledger)
  await ledger.follow(at)
  work.signal?.throwIfAborted()
  const told = await ledger.tell()
  const isLate = walked?.complete === false
  const isCramped = work.handsOver && pack?.pack.unread().some(({ reason }) => reason === 'too-large')
  const complete = !isLate && !isCramped
  const gaps = gapsOf(walked, away, beyond)
  // what there was no time for is the next try's; the last one tells it
  if (complete && gaps.told.length > 0) await tellGaps(parts, repository, gaps)
  parts.log.info('scanned', {
    repository: addressText(repository),
    ...walked?.counts,
    away: away.commits.size,
    unscanned: gaps.counts,
    ...told,
  })
  if (!complete) {
    const facts = { repository: addressText(repository), reason: isLate ? 'time' : 'size' }
    throw new RelayError('SCAN_UNFINISHED', facts)
  }
  const commits = [...(walked && pack ? newCommits(pack.pack, tips) : []), ...away.commits]
  await parts.marks.note(repository, marks, tips.moved, commits, parts.now())
  return {
    outcome: 'scanned',
    commits: walked?.counts.commits ?? 0,
    blobs: walked?.counts.blobs ?? 0,
    ...told,
  }
}

/** Refs that lead to a commit; to a tag the tag itself. */
const refsFor =
  (brought: Pick<Brought, 'refsOf'>, { tips }: Pick<Situation, 'tips'>) =>
  (commit: string): readonly string[] => {
    const reached = brought.refsOf(commit)
    return reached.length > 0 ? reached : tips.wants.flatMap(({ ref, oid }) => (oid === commit ? [ref] : []))
  }

/** Redacted, under fingerprints, and with the refs that lead there. */
const see = (
  repository: RepositoryAddress,
  brought: Brought,
  { rules, keys, tips }: Situation,
): readonly Sighting[] => {
  const refsOf = refsFor(brought, { tips })
  // of what no commit is known: it came by one of these
  const others = tips.wants.slice(0, MAX_REFS).map(({ ref }) => ref)
  return sightingsOf(repository, { found: brought.found, refsOf }, rules, keys, others)
}

/** One fetch for everything that is new; undefined: no ref is at anything new. */
const fetchNew = async (
  parts: ScanParts,
  repository: RepositoryAddress,
  { source, tips, signal }: Situation,
): Promise<(AsyncDisposable & { readonly pack: Pack }) | undefined> => {
  if (tips.wants.length === 0) return undefined
  const answer = await parts.git.fetch(
    parts.remote(repository),
    {
      wants: [...new Set(tips.wants.map(({ oid }) => oid))],
      haves: tips.haves,
      offered: source.capabilities,
      thin: false,
      offsetDeltas: true,
    },
    { signal },
  )
  const { limits = {} } = parts
  const pack = await parts.openPack(answer.pack, { limits, spill: { folder: parts.folder } })
  return { pack, [Symbol.asyncDispose]: () => pack.close() }
}

const walkPack = (
  parts: ScanParts,
  work: ScanWork,
  { tips, rules }: Situation,
  pack: Pack,
  watched: ReadonlySet<string>,
): Promise<WalkResult> =>
  parts.walk({
    pack,
    wants: tips.wants,
    // what came before was searched when it came; a line of it that is met again is the finding that is known
    older: { read: async () => undefined, searched: tips.haves.length > 0 },
    watched,
    engines: rules.engines,
    judged: parts.judgedOf(work.repository),
    now: parts.now,
    deadline: work.deadline - AFTERWARDS_MS,
    ...(work.signal && { signal: work.signal }),
  })

/** Commits remembered of one scan. */
const MAX_COMMITS = 2_000

/** The commits that lie behind the wants in the pack, newest last. */
const newCommits = (pack: Pack, { wants }: Tips): readonly string[] => {
  const seen = new Set<string>()
  const queue = wants.map(({ oid }) => oid)
  for (let index = 0; index < queue.length && seen.size < MAX_COMMITS; index += 1) {
    const oid = queue[index] ?? ''
    if (seen.has(oid)) continue
    const object = pack.read(oid)
    if (!object || !('data' in object)) continue
    const head = object.data.toString('latin1').split('\n\n', 1)[0] ?? ''
    if (object.type === 'commit') seen.add(oid)
    for (const match of head.matchAll(/^(?:parent|object) ([0-9a-f]{40})$/gm)) queue.push(match[1] ?? '')
  }
  return [...seen].reverse()
}
