import { AwsError } from '../gateway/service.ts'
import { batchCode } from './errors.ts'

const MAX_BATCH = 10

export type Entry<T> = T & { Id: string }

/**
 * @param kind `SendMessage`, `DeleteMessage`, `ChangeMessageVisibility`
 * @throws AwsError for an empty or too long batch and for ids that are bad or not distinct: the whole batch is refused
 */
export const checkEntries = <T extends { Id?: string | undefined }>(
  kind: string,
  entries: readonly T[] | undefined,
): Entry<T>[] => {
  if (!entries?.length)
    throw new AwsError(
      'EmptyBatchRequest',
      `There should be at least one ${kind}BatchRequestEntry in the request.`,
    )
  if (entries.length > MAX_BATCH)
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_BATCH}. You have sent ${entries.length}.`,
    )
  for (const { Id } of entries)
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(Id ?? ''))
      throw new AwsError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      )
  const ids = entries.map(({ Id }) => Id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) throw new AwsError('BatchEntryIdsNotDistinct', `Id ${twice} repeated.`)
  return entries as Entry<T>[]
}

interface Failed {
  readonly Id: string
  readonly SenderFault: true
  readonly Code: string
  readonly Message: string
}

/** Each entry succeeds or fails by itself. */
export const inBatch = <T>(entries: readonly Entry<T>[], work: (entry: Entry<T>) => object) => {
  const Successful: { Id: string }[] = []
  const Failed: Failed[] = []
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...work(entry) })
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      Failed.push({ Id: entry.Id, SenderFault: true, Code: batchCode(error), Message: error.message })
    }
  }
  return { Successful, Failed }
}
