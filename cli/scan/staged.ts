import { newInText } from '../../shared/scanning/walk/attribute.ts'
import type { Engines } from '../../shared/scanning/walk/engines.ts'
import { rangesOf } from '../../shared/scanning/walk/objects.ts'
import type { ObjectReader } from '../git.ts'
import { emptyOutcome, type Outcome } from './files.ts'
import type { StagedFile } from './local.ts'

/** Looks at the lines that are about to be committed: of each file those that HEAD has not. */
export const scanStaged = async (
  files: readonly StagedFile[],
  objects: ObjectReader,
  { exact }: Engines,
): Promise<Outcome> => {
  const outcome = emptyOutcome()
  for (const { path, oid, was } of files) {
    const place = { kind: 'file' as const, path }
    const is = await objects.read(oid)
    if (!is) {
      outcome.unscanned.push({ reason: 'missing', place })
      continue
    }
    outcome.files += 1
    outcome.bytes += is.data.length
    const before = was === undefined || was === oid ? undefined : (await objects.read(was))?.data
    const { hits, unscanned } = exact.scan(is.data, { path })
    const own = unscanned.filter(({ reason }) => reason !== 'pattern')
    const suspect = { ranges: rangesOf(hits), unscanned: own, isLarge: false }
    const isNew = was !== oid
    const brought = isNew
      ? newInText(exact, is.data, [before], { path }, suspect)
      : { hits: [], unscanned: [] }
    for (const hit of brought.hits) if (hit.rule.regex !== undefined) outcome.found.push({ hit, place })
    for (const hit of hits)
      if (hit.rule.regex === undefined) outcome.found.push({ hit, place: { ...place, kind: 'path' } })
    for (const one of own) outcome.unscanned.push({ ...one, place })
  }
  return outcome
}
