import type { RepositoryAddress } from '../../codecommit/address.ts'
import type { Pack } from '../../git/pack/types.ts'
import { type FindingRecord, placeKey } from '../../store/findings.ts'
import type { Sighting } from '../findings/states.ts'
import { authorship, headed, linksOf } from '../walk/commit.ts'
import type { Moved } from '../walk/types.ts'
import { pathMask } from './line-finder.ts'
import type { Contents, FingerprintKeys } from './ports.ts'
import type { TeamRules } from './rules.ts'
import { authorText, byIgnoreFile, isByIgnoreFile } from './sightings.ts'

/** Files of which is asked whether they were there before; copies beyond are met when their folder changes again. */
const MAX_LOOKS = 50
/** Of them side by side. */
const PARALLEL = 8

/** Of open and allowed findings: a server sends a content once, so a copy of it is known by its id alone. */
export const watchedOf = (records: readonly FindingRecord[]): ReadonlySet<string> =>
  new Set(records.flatMap(({ state, blob }) => (state !== 'resolved' && blob !== undefined ? [blob] : [])))

interface Situation {
  readonly records: readonly FindingRecord[]
  /** entries of the new commits with contents that are watched */
  readonly moved: readonly Moved[]
  readonly pack: Pack
  readonly rules: TeamRules
  readonly keys: FingerprintKeys
  refsOf(commit: string): readonly string[]
}

/** Findings at new places, in files that the new commits made as copies of what was there before. */
export const copiesOf = async (
  contents: Pick<Contents, 'fileAt'>,
  repository: RepositoryAddress,
  { records, moved, pack, rules, keys, refsOf }: Situation,
): Promise<readonly Sighting[]> => {
  const holders = Map.groupBy(
    records.filter(({ state, place }) => state !== 'resolved' && place === 'file'),
    ({ blob }) => blob ?? '',
  )
  const known = new Set(records.map(placeKey))
  const masked = pathMask(rules.engines.exact, keys)
  const freshOf = ({ path, oid }: Moved) =>
    (holders.get(oid) ?? []).filter(
      (record) => !known.has(placeKey({ ...record, path: masked(record, path) })),
    )
  const candidates = moved.filter((one) => freshOf(one).length > 0).slice(0, MAX_LOOKS)
  const copies: Sighting[] = []
  for (let from = 0; from < candidates.length; from += PARALLEL) {
    const group = candidates.slice(from, from + PARALLEL)
    const commits = await Promise.all(group.map((one) => broughtBy(contents, repository, pack, one)))
    for (const [index, one] of group.entries()) {
      const commit = commits[index]
      if (!commit) continue
      const author = authorText(authorship(commit).author ?? '')
      for (const record of freshOf(one)) {
        const place = {
          path: masked(record, one.path),
          commit: one.commit,
          author,
          refs: refsOf(one.commit),
        }
        known.add(placeKey({ ...record, ...place }))
        copies.push(copyOf(record, place, rules))
      }
    }
  }
  return copies
}

/** The commit that has a content in a new place; undefined: a parent has it there, or it cannot be told. */
const broughtBy = async (
  contents: Pick<Contents, 'fileAt'>,
  repository: RepositoryAddress,
  pack: Pack,
  { path, oid, commit }: Moved,
): Promise<Buffer | undefined> => {
  const object = pack.read(commit)
  if (!object || !('data' in object)) return undefined
  // what a commit of the pack had there before was compared already
  const parents = (linksOf(headed(object.data))?.parents ?? []).filter(
    (parent) => pack.typeOf(parent) === undefined,
  )
  const before = await Promise.all(parents.map((parent) => contents.fileAt(repository, parent, path)))
  return before.some((file) => typeof file === 'string' || file?.blob === oid) ? undefined : object.data
}

const copyOf = (
  { state: _, untold: _untold, firstSeen: _first, allowed: before, ...record }: FindingRecord,
  place: Pick<Sighting, 'path' | 'commit' | 'author' | 'refs'>,
  { ignores, branch }: Pick<TeamRules, 'ignores' | 'branch'>,
): Sighting => {
  const { lastSeen: _last, changedAt: _changed, again: _again, ...facts } = record
  const { fingerprint, rule: ruleId, line: startLine = 0 } = facts
  const entry = ignores.entryFor({
    fingerprint,
    ruleId,
    startLine,
    path: place.path,
    commit: place.commit ?? '',
  })
  // a comment in the line was copied with it
  const allowed = entry ? byIgnoreFile(branch, entry) : isByIgnoreFile(before) ? undefined : before
  return { ...facts, ...place, ...(allowed === undefined ? {} : { allowed }) }
}
