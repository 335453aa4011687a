import type { RepositoryAddress } from '../../codecommit/address.ts'
import type { ScanMarks } from '../../store/scan-marks.ts'
import type { Place } from '../finding.ts'
import type { Engine } from '../types.ts'
import type { Found, NotScanned, Want } from '../walk/types.ts'
import type { Contents, ScanParts, ScanWork } from './ports.ts'
import type { TeamRules } from './rules.ts'
import type { Tips } from './tips.ts'

/** What is read of tips that no ref leads to: they cannot be fetched, and every call of the API reads one object. */
export const AWAY_LIMITS = { tips: 20, commits: 200, files: 2_000 }

/** Calls side by side. */
const PARALLEL = 8

export interface Away {
  readonly found: readonly Found[]
  readonly commits: ReadonlySet<string>
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
  const commits = new Set<string>()
  const refs = new Map<string, string>()
  const unread = (want: Want) => reader.unscanned.push({ reason: 'missing', place: placeOf(want.oid) })
  for (const want of tips.away.slice(0, AWAY_LIMITS.tips)) {
    const queue = [want.oid]
    for (const oid of queue) {
      if (known.has(oid) || commits.has(oid) || has(oid)) continue
      if (
        commits.size >= AWAY_LIMITS.commits ||
        reader.files() >= AWAY_LIMITS.files ||
        parts.now() >= work.deadline
      ) {
        reader.unscanned.push({ reason: 'time', place: placeOf(oid) })
        break
      }
      const commit = await parts.contents.commit(work.repository, oid)
      if (!commit) {
        unread({ ...want, oid })
        continue
      }
      commits.add(oid)
      refs.set(oid, want.ref)
      await reader.commit(oid, commit)
      queue.push(...commit.parents)
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

type Commit = NonNullable<Awaited<ReturnType<Contents['commit']>>>

const placeOf = (commit: string): Place => ({ kind: 'file', path: '', commit })

/** Reads commits through the API, each content once. */
const readerOf = (contents: Contents, repository: RepositoryAddress, engine: Engine) => {
  const found: Found[] = []
  const unscanned: NotScanned[] = []
  const read = new Set<string>()
  const scan = (bytes: Buffer, oid: string, place: Place & { readonly commit: string }) => {
    const { hits, unscanned: parts } = engine.scan(bytes, { path: place.path, commit: place.commit })
    found.push(...hits.map((hit) => ({ hit, oid, place })))
    unscanned.push(...parts.map((part) => ({ ...part, oid, place })))
  }
  return {
    found,
    unscanned,
    files: () => read.size,
    commit: async (oid: string, { author, at, message, parents: [parent] }: Commit): Promise<void> => {
      const by = {
        commit: oid,
        author: author.name,
        email: author.email,
        date: new Date(at * 1000).toISOString(),
      }
      scan(Buffer.from(message), oid, { ...by, kind: 'commit-message', path: '' })
      const added = await contents.addedFiles(repository, parent, oid, AWAY_LIMITS.files)
      if (!added) return void unscanned.push({ reason: 'missing', place: placeOf(oid) })
      const { files, more } = added
      if (more) unscanned.push({ reason: 'size', place: placeOf(oid) })
      const fresh = files.filter(({ blob }) => !read.has(blob))
      for (let from = 0; from < fresh.length; from += PARALLEL) {
        await Promise.all(
          fresh.slice(from, from + PARALLEL).map(async ({ path, blob }) => {
            read.add(blob)
            const place = { ...by, kind: 'file' as const, path }
            const bytes = await contents.blob(repository, blob)
            if (bytes) scan(bytes, blob, place)
            else unscanned.push({ reason: 'missing', oid: blob, place })
          }),
        )
      }
    },
  }
}
