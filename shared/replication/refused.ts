import { createHash } from 'node:crypto'
import type { ReplicaRecord } from '../store/records.ts'
import type { RefUpdate } from './plan.ts'

/** `sha256:<hex>` over what the updates change and to what: equal plans, equal digest, in whatever order. */
export const planDigest = (updates: readonly RefUpdate[]): string =>
  digest(updates.map((update) => `${lineOf(update)} ${update.kind === 'delete' ? '' : update.to}`))

/** The same over what the updates take away, whatever comes in its place. */
export const lossDigest = (updates: readonly RefUpdate[]): string => digest(updates.map(lineOf))

/** Whether these updates are what a person has been asked about, or what relay.yml says to leave: nothing to do but wait. */
export const isSettled = (
  record: Pick<ReplicaRecord, 'status' | 'refusal' | 'kept'> | undefined,
  updates: readonly RefUpdate[],
): boolean => {
  if (record?.status === 'refused') return record.refusal?.plan === planDigest(updates)
  return record?.status === 'kept' && record.kept?.plan === planDigest(updates)
}

/** What a look that left these refs as they are notes of them. */
export const keptOf = (updates: readonly RefUpdate[], now: number): NonNullable<ReplicaRecord['kept']> => ({
  plan: planDigest(updates),
  refs: updates.length,
  at: new Date(now).toISOString(),
})

const lineOf = (update: RefUpdate): string =>
  `${update.kind} ${update.ref} ${update.kind === 'create' ? '' : update.from}`

const digest = (lines: readonly string[]): string => {
  const hash = createHash('sha256')
  for (const line of [...lines].sort()) hash.update(`${line}\n`)
  return `sha256:${hash.digest('hex')}`
}
