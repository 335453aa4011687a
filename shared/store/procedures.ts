import { addressText, type RepositoryAddress } from '../codecommit/address.ts'
import type { Table } from './table.ts'

/** In the order in which they are taken. */
export const STEPS = ['check', 'freeze', 'hold', 'verify', 'swap', 'thaw'] as const

export type Step = (typeof STEPS)[number]

/** A failover or failback of one repository on its way, so that it can go on after whoever ran it was killed. */
export interface Procedure {
  readonly kind: 'failover' | 'failback'
  /** as relay.yml has it: the source */
  readonly origin: RepositoryAddress
  /** the replica that takes over, or gives back */
  readonly active: RepositoryAddress
  /** the last one that is done */
  readonly done: Step
  /** ISO 8601 */
  readonly begunAt: string
  /** ARN of whoever began it */
  readonly by: string
  /** what both sides held when they were found equal; absent: not yet, or gone on without */
  readonly verified?: { readonly digest: string; readonly refs: number; readonly at: string }
}

export interface Procedures {
  get(origin: RepositoryAddress): Promise<Procedure | undefined>
  list(): Promise<readonly Procedure[]>
  save(procedure: Procedure): Promise<void>
  remove(origin: RepositoryAddress): Promise<void>
}

const PARTITION = 'failover'

/** @throws RelayError STORE_FAILED from every method */
export const openProcedures = (table: Table): Procedures => {
  const keyOf = (origin: RepositoryAddress) => ({ pk: PARTITION, sk: addressText(origin) })
  return {
    get: async (origin) => (await table.get(keyOf(origin))) as unknown as Procedure | undefined,
    list: async () => (await table.query(PARTITION)) as unknown as readonly Procedure[],
    save: async ({ kind, origin, active, done, begunAt, by, verified }) => {
      await table.put(keyOf(origin), {
        kind,
        origin: plain(origin),
        active: plain(active),
        done,
        begunAt,
        by,
        ...(verified ? { verified: { ...verified } } : {}),
      })
    },
    remove: async (origin) => {
      await table.delete(keyOf(origin))
    },
  }
}

const plain = ({ account, region, name }: RepositoryAddress) => ({ account, region, name })
