import { setImmediate } from 'node:timers/promises'
import type { Place } from '../finding.ts'
import { type Attribution, broughtBy, type Looked } from './attribute.ts'
import { type Change, changesOf, parentsOf } from './changes.ts'
import { authorship } from './commit.ts'
import { oldestFirst, reachOf } from './history.ts'
import { type CommitNode, lookAtObjects, type Objects, type Suspect } from './objects.ts'
import { scanPieces } from './pieces.ts'
import { objectReader } from './reader.ts'
import { ANYWHERE, createReport, type Report } from './report.ts'
import { pathText } from './trees.ts'
import type { Found, WalkInput, WalkLimits, WalkResult, Want } from './types.ts'

const MEBIBYTE = 1024 * 1024

const WALK_LIMITS: WalkLimits = { findings: 10_000, text: 16 * MEBIBYTE, held: 64 * MEBIBYTE }

/** of the time; the rest is for saying where what was found lies */
const OBJECTS_SHARE = 0.8

/** a process that draws and answers is let do so after so long */
const PAUSE_MS = 50

/**
 * Looks at everything that a pack brought: each text once; then, commit by commit, parents first, at where the texts lie in which
 * something was found, and who brought it. Bounded in memory by its limits, the pack's and the engine's; what is not looked at comes
 * out as a value.
 */
export const walk = async (input: WalkInput): Promise<WalkResult> => {
  const { pack, older, engines, judged, now, deadline = Number.POSITIVE_INFINITY, signal, onProgress } = input
  const limits = { ...WALK_LIMITS, ...input.limits }
  const report = createReport(limits.findings, engines.exact)
  const isLate = () => signal?.aborted === true || now() > deadline
  const began = now()
  const lateForObjects = began + OBJECTS_SHARE * (deadline - began)
  const pause = pausing(now)
  const objects = await lookAtObjects({
    pack,
    engines,
    judged,
    isLate: () => isLate() || now() > lateForObjects,
    pieceBytes: limits.text,
    report,
    onProgress: (done) => onProgress?.('objects', done, pack.objects),
    pause,
  })
  const order = oldestFirst(objects.commits)
  const reader = objectReader(pack, older, limits.held)
  const attribution = { reader, engine: engines.exact, pieceBytes: limits.text, isLate }
  const placing = new Placing(attribution, objects, report, engines.hasPathRules, input.watched)
  let attributed = 0
  for (const commit of order) {
    if (isLate()) break
    if (!(await placing.place(commit, isLate))) break
    attributed += 1
    onProgress?.('commits', attributed, order.length)
    await pause()
  }
  const isLateForCommits = attributed < order.length
  if (isLateForCommits)
    report.unscanned({ reason: 'time', place: ANYWHERE, objects: order.length - attributed })
  const isAllPlaced = isLateForCommits || !objects.complete || (await placing.rest())
  const result = report.result()
  return {
    ...result,
    counts: {
      commits: objects.commits.size,
      trees: objects.trees,
      blobs: objects.blobs,
      tags: objects.tags.size,
      bytes: objects.bytes,
      known: objects.known,
    },
    found: withAuthors(result.found, pack),
    refsOf: reachOf(
      order,
      input.wants.map((want) => peeled(want, objects)),
    ),
    complete: objects.complete && !isLateForCommits && isAllPlaced,
  }
}

const pausing = (now: () => number): (() => Promise<void> | undefined) => {
  let last = now()
  return () => {
    if (now() - last < PAUSE_MS) return undefined
    return setImmediate().then(() => {
      last = now()
    })
  }
}

const peeled = ({ ref, oid }: Want, { tags }: Objects): Want => {
  let target = oid
  for (let depth = 0; depth < 10 && tags.has(target); depth += 1) target = tags.get(target) as string
  return { ref, oid: target }
}

/** Finds with who wrote their commit, or made their tag, as far as it can be read. */
const withAuthors = (found: readonly Found[], pack: WalkInput['pack']): readonly Found[] => {
  const known = new Map<string, Partial<Place>>()
  const look = (oid: string): Partial<Place> => {
    const object = pack.read(oid)
    return object && 'data' in object ? authorship(object.data) : {}
  }
  return found.map(({ place, ...rest }) => {
    if (place.commit === undefined) return { ...rest, place }
    const authors = known.get(place.commit) ?? look(place.commit)
    known.set(place.commit, authors)
    return { ...rest, place: { ...place, ...authors } }
  })
}

/** Gives each suspect its places, commit by commit. */
class Placing {
  private readonly attribution: Attribution
  private readonly objects: Objects
  private readonly report: Report
  private readonly hasPathRules: boolean
  private readonly watched: WalkInput['watched']
  private readonly placed = new Set<string>()
  /** paths that no rule names */
  private readonly cleanPaths = new Set<string>()

  constructor(
    attribution: Attribution,
    objects: Objects,
    report: Report,
    hasPathRules: boolean,
    watched: WalkInput['watched'],
  ) {
    this.attribution = attribution
    this.objects = objects
    this.report = report
    this.hasPathRules = hasPathRules
    this.watched = watched
  }

  /** false: there was no time for all of it */
  async place(commit: CommitNode, isLate: () => boolean): Promise<boolean> {
    const { reader } = this.attribution
    const parents = await parentsOf(commit, this.objects.commits, reader)
    const { fresh, moved, lost } = await changesOf(commit, parents, this.objects, reader, this.watched)
    for (const { path, oid } of moved) this.report.moved({ path: pathText(path), oid, commit: commit.oid })
    for (const { path, oid, reason } of lost)
      this.report.unscanned({
        reason,
        oid,
        place: { kind: 'file', path: pathText(path), commit: commit.oid },
      })
    const looked: Looked = { commit, parents, gone: [], compared: 0 }
    const places = new Map<string, number>()
    for (const change of fresh) {
      if (isLate()) return false
      const count = (places.get(change.oid) ?? 0) + 1
      places.set(change.oid, count)
      if (this.hasPathRules && count <= MOST_PATHS) this.judgePath(change, commit.oid)
      const suspect = this.objects.suspects.get(change.oid)
      if (suspect && count <= MOST_PLACES) {
        await this.judge(change, looked, suspect)
        // a large one that was begun is not done
        if (isLate()) return false
      }
      const isBeyond =
        (suspect && count === MOST_PLACES + 1) || (this.hasPathRules && count === MOST_PATHS + 1)
      if (isBeyond) {
        const place = { kind: 'file', path: pathText(change.path), commit: commit.oid } as const
        this.report.unscanned({ reason: 'findings', oid: change.oid, place })
      }
    }
    return true
  }

  private judgePath({ path, oid }: Change, commit: string): void {
    if (this.cleanPaths.has(path)) return
    const text = pathText(path)
    // a commit can only make an allow-list hold
    if (this.attribution.engine.scan(EMPTY, { path: text }).hits.length === 0) {
      if (this.cleanPaths.size < CLEAN_PATHS) this.cleanPaths.add(path)
      return
    }
    for (const hit of this.attribution.engine.scan(EMPTY, { path: text, commit }).hits)
      this.report.found({ hit, oid, place: { kind: 'path', path: text, commit } })
  }

  private async judge(change: Change, looked: Looked, suspect: Suspect): Promise<void> {
    this.placed.add(change.oid)
    const path = pathText(change.path)
    const at = { oid: change.oid, place: { kind: 'file', path, commit: looked.commit.oid } } as const
    const { hits, unscanned } = await broughtBy(this.attribution, looked, change, suspect)
    for (const hit of hits) if (hit.rule.regex !== undefined) this.report.found({ hit, ...at })
    for (const one of this.report.ofRules(unscanned)) this.report.unscanned({ ...one, ...at })
  }

  /** Blobs that no new commit shows: a tag of a blob, or a server that sent more than was asked for. False: the time was up. */
  async rest(): Promise<boolean> {
    const { reader, engine, pieceBytes, isLate } = this.attribution
    for (const [oid, suspect] of this.objects.suspects) {
      if (this.placed.has(oid)) continue
      if (isLate()) return false
      const blob = await reader.blob(oid)
      const at = { oid, place: ANYWHERE }
      if (blob) {
        const { hits } = Buffer.isBuffer(blob)
          ? engine.scan(blob, { path: '' })
          : await scanPieces(engine, blob.pieces(), { path: '' }, pieceBytes, { isLate, bytes: blob.size })
        for (const hit of hits) this.report.found({ hit, ...at })
        if (isLate()) return false
      }
      for (const one of suspect.unscanned) this.report.unscanned({ ...one, ...at })
    }
    return true
  }
}

const EMPTY = Buffer.alloc(0)
const CLEAN_PATHS = 100_000
/** paths of one blob that one commit brings; more are not judged each, but told */
const MOST_PLACES = 1_000
/** the same for rules that look at paths only */
const MOST_PATHS = 100_000
