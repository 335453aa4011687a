import type { LargeObject, ObjectType, Pack, PackObject } from '../../git/pack/types.ts'
import type { Hit, ScanResult, Target } from '../types.ts'
import { headed, linksOf } from './commit.ts'
import type { Engines } from './engines.ts'
import type { Judged } from './judged.ts'
import { scanPieces } from './pieces.ts'
import { ANYWHERE, type Report } from './report.ts'
import { isTree } from './trees.ts'

export interface CommitNode {
  readonly oid: string
  readonly tree: string
  readonly parents: readonly string[]
}

/** A blob in which something was found, or that could not be looked at, before its paths are known. */
export interface Suspect {
  /** pairs of offsets; of what `wide` found */
  readonly ranges: Float64Array
  /** without those that every text has */
  readonly unscanned: ScanResult['unscanned']
  readonly isLarge: boolean
}

/** All that a pack holds, by kind. */
export interface Objects {
  readonly commits: Map<string, CommitNode>
  /** whether it came with the pack, and as this; a tree that is none did not */
  readonly isNew: (oid: string, type: ObjectType) => boolean
  readonly broken: Set<string>
  trees: number
  blobs: number
  readonly suspects: Map<string, Suspect>
  /** what each tag points to */
  readonly tags: Map<string, string>
  bytes: number
  known: number
  complete: boolean
}

interface Looking {
  readonly pack: Pack
  readonly engines: Engines
  readonly judged: Judged | undefined
  readonly isLate: () => boolean
  readonly pieceBytes: number
  readonly report: Report
  readonly onProgress: (done: number) => void
  readonly pause: () => Promise<void> | undefined
}

/** Looks at everything in a pack once: texts are scanned, and it is noted what is there. */
export const lookAtObjects = async (looking: Looking): Promise<Objects> => {
  const { pack, isLate, report } = looking
  const broken = new Set<string>()
  const objects: Objects = {
    isNew: (oid, type) => pack.typeOf(oid) === type && !broken.has(oid),
    broken,
    commits: new Map(),
    trees: 0,
    blobs: 0,
    suspects: new Map(),
    tags: new Map(),
    bytes: 0,
    known: 0,
    complete: true,
  }
  let done = 0
  for (const object of pack.walk()) {
    if (isLate()) {
      objects.complete = false
      report.unscanned({ reason: 'time', place: ANYWHERE, objects: pack.objects - done })
      return objects
    }
    const looked = lookAt(object, objects, looking)
    if (looked) {
      await looked
      // a large one that was begun is not done
      if (isLate()) objects.complete = false
    }
    done += 1
    looking.onProgress(done)
    await looking.pause()
  }
  for (const { reason, size } of pack.unread())
    report.unscanned({ reason: reason === 'base-missing' ? 'missing' : 'size', place: ANYWHERE, bytes: size })
  return objects
}

/** A promise for large blobs only: there are millions of small ones. */
const lookAt = (
  object: PackObject | LargeObject,
  objects: Objects,
  looking: Looking,
): Promise<void> | undefined => {
  if (object.type === 'blob') return lookAtBlob(object, objects, looking)
  else if (object.type === 'commit') lookAtCommit(object, objects, looking)
  else if (object.type === 'tag') lookAtTag(object, objects, looking)
  else if (!('data' in object) || isTree(object.data)) objects.trees += 1
  else {
    const { oid, data } = object
    objects.broken.add(oid)
    looking.report.unscanned({ reason: 'broken', place: ANYWHERE, oid, bytes: data.length })
  }
  return undefined
}

const sizeOf = (object: PackObject | LargeObject): number =>
  'data' in object ? object.data.length : object.size

const lookAtBlob = (
  object: PackObject | LargeObject,
  objects: Objects,
  { engines, judged, pieceBytes, report, isLate }: Looking,
): Promise<void> | undefined => {
  objects.blobs += 1
  if (judged?.has(engines.digest, object.oid)) {
    objects.known += 1
    return undefined
  }
  objects.bytes += sizeOf(object)
  const note = ({ hits, unscanned }: ScanResult, isLarge: boolean): void => {
    const own = report.ofRules(unscanned)
    if (hits.length + own.length === 0) judged?.add(engines.digest, object.oid)
    else objects.suspects.set(object.oid, { ranges: rangesOf(hits), unscanned: own, isLarge })
  }
  if (!('data' in object)) {
    const { oid, size: bytes } = object
    return scanPieces(engines.wide, object.pieces(), NOWHERE, pieceBytes, { isLate, bytes }).then(
      (result) => {
        note(result, true)
        const left = result.unscanned.find(({ reason, ruleId }) => reason === 'time' && ruleId === undefined)
        // hardly any time is left to find its place
        if (left && isLate()) report.unscanned({ ...left, oid, place: ANYWHERE })
      },
    )
  }
  note(engines.wide.scan(object.data, NOWHERE), false)
  return undefined
}

const NOWHERE: Target = { path: '' }

/** The suspect's form of hits. */
export const rangesOf = (hits: readonly Hit[]): Float64Array => {
  const ranges = new Float64Array(hits.length * 2)
  for (const [at, { start, end }] of hits.entries()) {
    ranges[2 * at] = start
    ranges[2 * at + 1] = end
  }
  return ranges
}

const lookAtCommit = (object: PackObject | LargeObject, objects: Objects, looking: Looking): void => {
  const data = wholeOf(object)
  const head = headed(data)
  const links = linksOf(head)
  if (links) objects.commits.set(object.oid, { oid: object.oid, ...links })
  else looking.report.unscanned({ reason: 'broken', place: ANYWHERE, oid: object.oid, bytes: data.length })
  // what no commit can be read from is looked at whole
  lookAtMessage('commit-message', object.oid, data.subarray(links ? head.message : 0), objects, looking)
}

const lookAtTag = (object: PackObject | LargeObject, objects: Objects, looking: Looking): void => {
  const data = wholeOf(object)
  const { headers, message } = headed(data)
  objects.tags.set(object.oid, headers.get('object')?.[0] ?? '')
  lookAtMessage('tag-message', object.oid, data.subarray(message), objects, looking)
}

const lookAtMessage = (
  kind: 'commit-message' | 'tag-message',
  oid: string,
  message: Buffer,
  objects: Objects,
  { engines, report }: Looking,
): void => {
  if (message.length === 0) return
  objects.bytes += message.length
  const { hits, unscanned } = engines.exact.scan(message, { path: '', commit: oid })
  const place = { kind, path: '', commit: oid }
  for (const hit of hits) report.found({ hit, place, oid })
  for (const one of report.ofRules(unscanned)) report.unscanned({ ...one, place, oid })
}

/** commits and tags as large as this do not occur; the reader's limit on one object bounds them */
const wholeOf = (object: PackObject | LargeObject): Buffer =>
  'data' in object ? object.data : Buffer.concat([...object.pieces()].map((piece) => Buffer.from(piece)))
