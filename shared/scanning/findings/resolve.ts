import type { FindingRecord } from '../../store/findings.ts'
import { isOfNoPath, stillAt } from './states.ts'

/** What a file is at a commit. */
export type Look = (
  oid: string,
  path: string,
) => Promise<{ readonly blob: string; readonly content: Buffer } | 'too-large' | 'unnameable' | undefined>

export interface ResolveInput {
  /** of the repository, in any state */
  readonly records: readonly FindingRecord[]
  /** refs that moved, with their new tips; undefined: gone */
  readonly moved: ReadonlyMap<string, string | undefined>
  /** all branches and tags as they are now, the default branch first */
  readonly refs: ReadonlyMap<string, string>
  /** where a content is now that was elsewhere before the ref moved; `unknown`: too much changed to tell */
  readonly movedTo: (ref: string, tip: string, blob: string) => Promise<string | 'unknown' | undefined>
  readonly look: Look
  /** in which line a text holds the secret with this fingerprint; undefined: it does not */
  readonly lineIn: (record: FindingRecord, content: Buffer) => number | undefined
  /** files looked at, at most */
  readonly most: number
  readonly hasTime: () => boolean
  /** ISO 8601 */
  readonly at: string
}

export interface Resolution {
  /** records that changed, as they are now */
  readonly changed: readonly FindingRecord[]
  /** records whose file has another name now, as they were */
  readonly renamed: readonly FindingRecord[]
  /** open findings that were not looked at for want of time: the next scan does */
  readonly left: number
}

/** Other branches that are asked before a finding counts as gone. */
const MAX_OTHERS = 20

/** Looks for open findings at the new tips of the refs that had them. Each content is read once. */
export const resolve = async (input: ResolveInput): Promise<Resolution> => {
  const changed: FindingRecord[] = []
  const renamed: FindingRecord[] = []
  let left = 0
  const looks = new Map<string, ReturnType<Look>>()
  const look: Look = (oid, path) => {
    const key = `${oid} ${path}`
    const known = looks.get(key) ?? input.look(oid, path)
    looks.set(key, known)
    return known
  }
  for (const record of input.records) {
    if (record.state !== 'open' || !record.refs.some((ref) => input.moved.has(ref))) continue
    if (looks.size >= input.most || !input.hasTime()) {
      left += 1
      continue
    }
    const now = await lookAgain(record, { ...input, look })
    if (!now) continue
    if (now.path !== record.path) renamed.push(record)
    changed.push(now)
  }
  return { changed, renamed, left }
}

const lookAgain = async (record: FindingRecord, input: ResolveInput): Promise<FindingRecord | undefined> => {
  const { moved, refs, at } = input
  const kept: string[] = []
  let newest: Pick<FindingRecord, 'blob' | 'line'> = {}
  let path = record.path
  const judge = async (ref: string, tip: string) => {
    const there = await hasIt({ ...record, path }, ref, tip, input)
    if (!there) return
    kept.push(ref)
    if (there === 'unknown') return
    path = there.path
    const { path: _, ...rest } = there
    newest = rest
  }
  for (const ref of record.refs) {
    const tip = moved.has(ref) ? moved.get(ref) : refs.get(ref)
    if (tip === undefined) continue
    if (!moved.has(ref)) kept.push(ref)
    else await judge(ref, tip)
  }
  // before it counts as gone: a branch that was made of one that had it brought nothing new, and was not heard of here
  if (kept.length === 0) {
    const asked = new Set(record.refs.map((ref) => moved.get(ref)))
    const others = [...refs].filter(([ref, tip]) => !record.refs.includes(ref) && !asked.has(tip))
    // whether a commit's message is in another branch's history is not asked; a tag's is in no other
    if (record.place === 'commit-message' && others.length > 0) return undefined
    if (isOfNoPath(record)) return stillAt(record, [], {}, at)
    for (const [ref, tip] of others.slice(0, MAX_OTHERS)) {
      if (kept.length > 0) break
      await judge(ref, tip)
    }
  }
  const now = stillAt(record, kept, newest, at)
  return path === record.path || kept.length === 0 ? now : { ...(now ?? record), ...newest, path }
}

/** Whether a tip has the finding, and where; `unknown`: it cannot be told, and counts as there. */
const hasIt = async (
  record: FindingRecord,
  ref: string,
  tip: string,
  { look, lineIn, moved: refs, movedTo }: ResolveInput,
): Promise<{ path: string; blob?: string; line?: number } | 'unknown' | undefined> => {
  // it stays for as long as a ref leads to it
  if (isOfNoPath(record)) return 'unknown'
  const file = await look(tip, record.path)
  if (typeof file === 'string') return 'unknown'
  if (file === undefined) {
    const path =
      record.blob === undefined || !refs.has(ref) ? undefined : await movedTo(ref, tip, record.blob)
    if (path === undefined || path === 'unknown') return path
    const moved = await look(tip, path)
    return moved === undefined || typeof moved === 'string' || moved.blob !== record.blob
      ? undefined
      : { path, blob: moved.blob }
  }
  if (record.place === 'path' || file.blob === record.blob) return { path: record.path, blob: file.blob }
  const line = lineIn(record, file.content)
  return line === undefined ? undefined : { path: record.path, blob: file.blob, line }
}
