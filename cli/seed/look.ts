import { plainAddress } from '../../shared/codecommit/address.ts'
import type { RefMap } from '../../shared/git/refs.ts'
import { plan } from '../../shared/replication/plan.ts'
import { countsOf, type RefReader, type Target } from '../../shared/replication/prove.ts'
import { codeOf } from '../../shared/runtime/errors.ts'
import type { SeedRow } from './row.ts'

/** What a seed would do with one replica: two advertisements, nothing changed. */
export const lookAt = async (reader: RefReader, target: Target, now: () => number): Promise<SeedRow> => {
  const begun = now()
  const row = (rest: Pick<SeedRow, 'result'> & Partial<SeedRow>): SeedRow => ({
    repository: plainAddress(target.repository),
    replica: plainAddress(target.replica),
    way: 'none',
    bytes: 0,
    milliseconds: now() - begun,
    ...rest,
  })
  try {
    const replica = await reader.readRefs(target.replica, 'replica')
    const source = await reader.readRefs(target.repository, 'source')
    if (!source) return row({ result: 'failed', reason: 'the source repository does not exist' })
    const updates = plan(source, replica ?? (new Map() as RefMap), { deletes: target.deletes })
    if (!replica) return row({ result: 'missing', refs: source.size, moved: countsOf(updates) })
    if (updates.length === 0) return row({ result: 'equal', refs: source.size })
    return row({ result: 'different', refs: source.size, moved: countsOf(updates) })
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return row({ result: 'failed', reason: (error as Error).message })
  }
}
