import type { RepositoryAddress } from '../../codecommit/address.ts'
import type { ScanMarks } from '../../store/scan-marks.ts'
import type { Engine } from '../types.ts'
import type { CommitInfo, Found, NotScanned, Place, Want } from '../walk/types.ts'
import type { Contents, ScanParts, ScanWork } from './ports.ts'
import type { TeamRules } from './rules.ts'
import type { Tips } from './tips.ts'

/** What is read of tips that no ref leads to: they cannot be fetched, and every call of the API reads one object. */
export const AWAY_LIMITS = { tips: 20, commits: 200, files: 2_000 }

/** Calls side by side. */
const PARALLEL = 8

export interface Away {
  readonly found: readonly Found[]
  readonly commits: ReadonlyMap<string, CommitInfo>
  refsOf(commit: string): readonly string[]
  readonly unscanned: readonly NotScanned[]
}

interface Situation {
  readonly tips: Pick<Tips, 'away'>
  readonly marks: ScanMarks
  readonly rules: Pick<TeamRules, 'engines'>
  /** whether an object came in the pack, and was searched with it */
  readonly has: (oid: string) => boolean
}

/**
 * Scans what events named and a forced push or a deletion took away before it was fetched. A server gives out only what its refs lead
 * to; the API still knows such commits for some time. What could not be read is told, never passed over.
 */
export const scanAway = async (
  parts: Pick<ScanParts, 'contents' | 'now'>,
  work: Pick<ScanWork, 'repository' | 'deadline'>,
  situation: Situation,
): Promise<Away> => {
  const { tips, marks, has } = situation
  const known = new Set([...marks.tips.values(), ...marks.past, ...marks.commits])
  const reader = readerOf(parts.contents, work.repository, situation.rules.engines.exact)
  const commits = new Map<string, CommitInfo>()
  const refs = new Map<string, string>()
  const unread = (want: Want) => reader.unscanned.push({ reason: 'missing', kind: 'file', commit: want.oid })
  for (const want of tips.away.slice(0, AWAY_LIMITS.tips)) {
    const queue = [want.oid]
    for (const oid of queue) {
      if (known.has(oid) || commits.has(oid) || has(oid)) continue
      if (
        commits.size >= AWAY_LIMITS.commits ||
        reader.files() >= AWAY_LIMITS.files ||
        parts.now() >= work.deadline
      ) {
        reader.unscanned.push({ reason: 'time', kind: 'file', commit: oid })
        break
      }
      const commit = await parts.contents.commit(work.repository, oid)
      if (!commit) {
        unread({ ...want, oid })
        continue
      }
      const { author, at, message, parents } = commit
      commits.set(oid, { oid, author: { ...author, at }, message })
      refs.set(oid, want.ref)
      await reader.commit(oid, parents[0], message)
      queue.push(...parents)
    }
  }
  for (const want of tips.away.slice(AWAY_LIMITS.tips)) unread(want)
  return {
    found: reader.found,
    commits,
    refsOf: (commit) => [refs.get(commit)].filter((ref) => ref !== undefined),
    unscanned: reader.unscanned,
  }
}

/** Reads commits through the API, each content once. */
const readerOf = (contents: Contents, repository: RepositoryAddress, engine: Engine) => {
  const found: Found[] = []
  const unscanned: NotScanned[] = []
  const read = new Set<string>()
  const scan = (bytes: Buffer, place: Place & { readonly commit: string }) => {
    const { hits, unscanned: parts } = engine.scan(bytes, { path: place.path, commit: place.commit })
    found.push(...hits.map((hit) => ({ hit, place })))
    unscanned.push(...parts.map((part) => ({ ...place, ...part })))
  }
  return {
    found,
    unscanned,
    files: () => read.size,
    commit: async (oid: string, parent: string | undefined, message: string): Promise<void> => {
      scan(Buffer.from(message), { kind: 'commit-message', oid, path: '', commit: oid })
      const { files, more } = await contents.addedFiles(repository, parent, oid, AWAY_LIMITS.files)
      if (more) unscanned.push({ reason: 'size', kind: 'file', commit: oid })
      const fresh = files.filter(({ blob }) => !read.has(blob))
      for (let from = 0; from < fresh.length; from += PARALLEL) {
        await Promise.all(
          fresh.slice(from, from + PARALLEL).map(async ({ path, blob }) => {
            read.add(blob)
            const place = { kind: 'file' as const, oid: blob, path, commit: oid }
            const bytes = await contents.blob(repository, blob)
            if (bytes) scan(bytes, place)
            else unscanned.push({ ...place, reason: 'missing' })
          }),
        )
      }
    },
  }
}
