import { createHash } from 'node:crypto'
import { addressText, type RepositoryAddress } from '../../codecommit/address.ts'
import { MAX_NAMED_FINDINGS, type ScanIncomplete } from '../../events/types.ts'
import type { NotScanned, WalkResult } from '../walk/types.ts'
import type { ScanParts } from './ports.ts'

type Gap = ScanIncomplete['gaps'][number]

/** What was not searched: what people hear of, and how much there is of each reason. */
export interface Gaps {
  readonly told: readonly Gap[]
  readonly inAll: number
  readonly counts: Readonly<Record<string, number>>
}

/** Archives and documents are in most pushes: they are counted, not told. */
const COUNTED_ONLY = new Set(['binary', 'archive'])

const MAX_PATH = 300

export const gapsOf = (
  walked: Pick<WalkResult, 'unscanned' | 'beyond'> | undefined,
  away: { readonly unscanned: readonly NotScanned[] },
  findingsBeyond: number,
): Gaps => {
  const all = [...(walked?.unscanned ?? []), ...away.unscanned]
  const beyond = (walked?.beyond.found ?? 0) + findingsBeyond
  const counts: Record<string, number> = beyond > 0 ? { findings: beyond } : {}
  for (const { reason, objects = 1 } of all) counts[reason] = (counts[reason] ?? 0) + objects
  const told = [
    ...all.filter(({ reason }) => !COUNTED_ONLY.has(reason)).map(gapOf),
    ...(beyond > 0 ? [{ reason: 'findings' }] : []),
  ]
  const inAll = told.length + (walked?.beyond.unscanned ?? 0)
  return { told, inAll, counts }
}

const gapOf = ({ reason, place: { path, commit }, ruleId, bytes }: NotScanned): Gap => ({
  reason,
  ...(path === '' ? {} : { path: path.slice(0, MAX_PATH).toWellFormed() }),
  ...(commit === undefined ? {} : { commit }),
  ...(ruleId === undefined ? {} : { rule: ruleId }),
  ...(bytes === undefined ? {} : { bytes }),
})

/** Once for the same gaps: a scan that is tried again does not tell them again. */
export const tellGaps = async (
  { emit, once }: Pick<ScanParts, 'emit' | 'once'>,
  repository: RepositoryAddress,
  { told, inAll }: Gaps,
): Promise<void> => {
  const gaps = told.slice(0, MAX_NAMED_FINDINGS)
  const digest = createHash('sha256').update(JSON.stringify(gaps)).digest('hex')
  await once(`scan-gaps#${addressText(repository)}#${digest}`, () =>
    emit('Scan Incomplete', {
      repository,
      gaps,
      gapsInAll: inAll,
      nextStep:
        'Look at what is named here by hand, or with `relay scan`. What took too long or was too large is not looked at again by itself.',
    }),
  )
}
