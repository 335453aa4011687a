import type { FindingRecord } from '../../store/findings.ts'
import type { Resolution, ResolveInput } from './resolve.ts'
import { isOfNoPath, returned } from './states.ts'

interface ChangedFile {
  readonly path: string
  readonly blob: string
}

export interface ReturnInput
  extends Pick<ResolveInput, 'records' | 'moved' | 'refs' | 'look' | 'lineIn' | 'most' | 'hasTime' | 'at'> {
  /**
   * files that a ref has otherwise than before it moved; `unknown`: too many
   * @param ref one of `moved`, with its tip
   */
  readonly changedAt: (ref: string, tip: string) => Promise<readonly ChangedFile[] | 'unknown'>
  /** whether a blob or a tip was looked at by this scan: what it holds was found already */
  readonly isNew: (oid: string) => boolean
}

/** Refs that are compared with what they were before: each is a call or more. */
const MOST_REFS = 50

/**
 * Looks for resolved findings that are back although nothing new brought them: by a revert, by a ref that was set to an older commit, by
 * a deleted branch that was pushed again. A server sends none of it, since it was searched before.
 */
export const returns = async (input: ReturnInput): Promise<Resolution> => {
  const { moved, refs, at } = input
  const resolved = input.records.filter(({ state }) => state === 'resolved')
  const back = new Map<FindingRecord, FindingRecord>()
  const looked = { files: 0, left: 0 }
  const taken = new Set(input.records.map(placeOf))
  // no ref has what is resolved: nor has one that moved to where another stays
  const staying = new Set([...refs].flatMap(([ref, tip]) => (moved.has(ref) ? [] : [tip])))
  let compared = 0
  for (const [ref, tip] of moved) {
    if (tip === undefined || staying.has(tip) || resolved.length === 0) continue
    compared += 1
    if (compared > MOST_REFS || !input.hasTime()) {
      looked.left = resolved.length
      break
    }
    const all = await input.changedAt(ref, tip)
    const files = all === 'unknown' ? all : all.filter(({ blob }) => !input.isNew(blob))
    for (const record of resolved) {
      const there = await foundAt(record, { ref, tip, files, taken }, input, looked)
      if (!there) continue
      taken.add(placeOf({ ...record, ...there }))
      const before = back.get(record)
      back.set(record, returned(before ?? record, [...(before?.refs ?? []), ref], there, at))
    }
  }
  const changed = [...back.values()]
  const renamed = [...back].flatMap(([was, now]) => (was.path === now.path ? [] : [was]))
  return { changed, renamed, left: looked.left }
}

type Found = Pick<FindingRecord, 'path' | 'blob' | 'line'>

interface Moved {
  readonly ref: string
  readonly tip: string
  /** without what was found already */
  readonly files: readonly ChangedFile[] | 'unknown'
  /** places of records: two never are at one */
  readonly taken: ReadonlySet<string>
}

const placeOf = ({ fingerprint, path }: FindingRecord): string => `${fingerprint} ${path}`

const foundAt = async (
  record: FindingRecord,
  { ref, tip, files, taken }: Moved,
  { look, lineIn, isNew, most, hasTime }: ReturnInput,
  looked: { files: number; left: number },
): Promise<Found | undefined> => {
  const { path, place } = record
  // whether an older commit leads to the message is not asked: it did when the ref was there before
  if (isOfNoPath(record))
    return record.commit === tip || (record.refs.includes(ref) && !isNew(tip)) ? { path } : undefined
  const same = files === 'unknown' ? undefined : files.find((file) => file.path === path)
  if (place === 'path') return same && { path, blob: same.blob }
  if (same && same.blob === record.blob) return same
  const copy = files === 'unknown' ? undefined : files.find(({ blob }) => blob === record.blob)
  if (copy && !taken.has(placeOf({ ...record, ...copy }))) return copy
  if (files !== 'unknown' && !same) return undefined
  if (looked.files >= most || !hasTime()) {
    looked.left += 1
    return undefined
  }
  looked.files += 1
  const file = await look(tip, path)
  if (file === undefined || typeof file === 'string') return undefined
  const line = lineIn(record, file.content)
  return line === undefined ? undefined : { path, blob: file.blob, line }
}
