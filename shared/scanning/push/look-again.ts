import { addressText, type RepositoryAddress } from '../../codecommit/address.ts'
import type { Advertisement } from '../../git/advertisement.ts'
import type { Pack } from '../../git/pack/types.ts'
import type { FindingRecord } from '../../store/findings.ts'
import type { ScanMarks } from '../../store/scan-marks.ts'
import { type ResolveInput, resolve } from '../findings/resolve.ts'
import { returns } from '../findings/returned.ts'
import { lineFinder, pathMask } from './line-finder.ts'
import type { FingerprintKeys, ScanParts, ScanWork } from './ports.ts'
import type { Ledger } from './record.ts'
import type { TeamRules } from './rules.ts'
import type { Tips } from './tips.ts'

/** Files of which a scan asks whether a finding is still in them; the rest is the next scan's. */
const MAX_LOOKS = 200

interface Situation {
  readonly source: Pick<Advertisement, 'refs'>
  readonly marks: ScanMarks
  readonly tips: Pick<Tips, 'moved'>
  readonly rules: TeamRules
  readonly keys: FingerprintKeys
  /** what came, and was searched */
  readonly pack: Pack | undefined
  /** milliseconds since the epoch: afterwards no more files are looked at */
  readonly until: number
  /** ISO 8601 */
  readonly at: string
}

/** Whether what is open is still where it was at the refs that moved, and what is resolved came back there. */
export const lookAgain = async (
  parts: Pick<ScanParts, 'contents' | 'now' | 'log'>,
  { repository }: Pick<ScanWork, 'repository'>,
  { source, marks, tips, rules, keys, pack, until, at }: Situation,
  ledger: Ledger,
): Promise<void> => {
  const byDefault = rules.branch === undefined ? '' : `refs/heads/${rules.branch}`
  const changesOf = changedFiles(parts, repository, marks, byDefault)
  const refs = [...source.refs].toSorted(([a], [b]) => Number(b === byDefault) - Number(a === byDefault))
  const asked: Omit<ResolveInput, 'movedTo'> = {
    records: ledger.records(),
    moved: tips.moved,
    refs: new Map(refs),
    look: (oid, path) => parts.contents.fileAt(repository, oid, path),
    lineIn: lineFinder(rules.engines.exact, keys),
    most: MAX_LOOKS,
    hasTime: () => parts.now() < until,
    at,
  }
  const movedTo = movedBy(marks, changesOf, anywhere(parts, repository, ledger.records()))
  const looks = [
    await resolve({ ...asked, movedTo }),
    await returns({
      ...asked,
      changedAt: async (ref, tip) => (await changesOf(ref, tip)) ?? 'unknown',
      isNew: (oid) => pack?.typeOf(oid) !== undefined,
    }),
  ]
  const masked = pathMask(rules.engines.exact, keys)
  for (const { changed, renamed } of looks) {
    const shown = changed.map((record) => ({ ...record, path: masked(record, record.path) }))
    await ledger.change(shown, renamed)
  }
  const left = looks.reduce((sum, one) => sum + one.left, 0)
  if (left > 0)
    parts.log.warn('findings not looked at again', { repository: addressText(repository), findings: left })
}

/** Files that a push may have brought or renamed for a rename to be followed. */
const MAX_CHANGED = 5_000

type Changes = (ref: string, tip: string) => Promise<readonly { path: string; blob: string }[] | undefined>

/**
 * What a ref has otherwise than before it moved, or, where it is new, than the default branch had: asked once, and only where a finding
 * needs it. undefined: there is too much, or nothing to compare with.
 */
const changedFiles = (
  { contents }: Pick<ScanParts, 'contents'>,
  repository: RepositoryAddress,
  { tips }: ScanMarks,
  byDefault: string,
): Changes => {
  const asked = new Map<string, ReturnType<Changes>>()
  const ask: Changes = async (ref, tip) => {
    const before = tips.get(ref) ?? tips.get(byDefault)
    if (before === undefined) return undefined
    const added = await contents.addedFiles(repository, before, tip, MAX_CHANGED)
    return added?.more === false ? added.files : undefined
  }
  return (ref, tip) => {
    const answer = asked.get(ref) ?? ask(ref, tip)
    asked.set(ref, answer)
    return answer
  }
}

/** Where contents are that lay elsewhere before; a copy that was made long ago, as with its folder, counts as well. */
const movedBy =
  (
    { tips }: ScanMarks,
    changesOf: Changes,
    anywhereAt: ReturnType<typeof anywhere>,
  ): ResolveInput['movedTo'] =>
  async (ref, tip, blob) => {
    if (!tips.has(ref)) return undefined
    const files = await changesOf(ref, tip)
    if (files === undefined) return 'unknown'
    return files.find((file) => file.blob === blob)?.path ?? (await anywhereAt(tip, blob))
  }

/**
 * Where a tip has a content, besides where it is known to be: of up to so many files, listed once for each tip. Asked only before something
 * counts as gone.
 */
const anywhere = (
  { contents }: Pick<ScanParts, 'contents'>,
  repository: RepositoryAddress,
  records: readonly FindingRecord[],
): ((tip: string, blob: string) => Promise<string | undefined>) => {
  const asked = new Map<string, ReturnType<typeof contents.addedFiles>>()
  const known = new Set(records.map(({ path, blob }) => `${blob} ${path}`))
  return async (tip, blob) => {
    const listed = asked.get(tip) ?? contents.addedFiles(repository, undefined, tip, MAX_CHANGED)
    asked.set(tip, listed)
    const files = (await listed)?.files ?? []
    return files.find((file) => file.blob === blob && !known.has(`${blob} ${file.path}`))?.path
  }
}
