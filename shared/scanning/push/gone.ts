import { addressText } from '../../codecommit/address.ts'
import type { ScanParts, ScanWork } from './ports.ts'
import { openLedger } from './record.ts'

/**
 * Closes what is known of a repository that was deleted: its open findings are told as no longer there, all in one message, and what
 * of it was searched is forgotten, so that one that is made under its name is searched from the start.
 * @returns how many findings were told as resolved
 */
export const closeDeleted = async (
  parts: ScanParts,
  { repository, signal }: Pick<ScanWork, 'repository' | 'signal'>,
): Promise<{ readonly found: number; readonly resolved: number }> => {
  // Git's answer alone closes nothing: the API has to say so as well
  if (await parts.contents.describe(repository)) return { found: 0, resolved: 0 }
  const ledger = await openLedger(parts, repository)
  signal?.throwIfAborted()
  await ledger.close(new Date(parts.now()).toISOString())
  const told = await ledger.tell()
  signal?.throwIfAborted()
  // last: who dies before is asked again
  await parts.marks.forget(repository)
  parts.log.info('repository deleted', { repository: addressText(repository), ...told })
  return told
}
