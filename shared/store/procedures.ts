import { addressText, plainAddress, type RepositoryAddress } from '../codecommit/address.ts'
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

/** Who is at a procedure right now. */
export interface Run {
  readonly id: string
  /** ARN of whoever runs it */
  readonly by: string
  /** milliseconds since the epoch: over by itself then, unless it is extended */
  readonly until: number
}

/** At most one run of a failover or failback at a time, by source. */
export interface Runs {
  /** false: another is at it */
  take(origin: RepositoryAddress, run: Run, now: number): Promise<boolean>
  holder(origin: RepositoryAddress): Promise<Run | undefined>
  /** false: another has taken it since */
  extend(origin: RepositoryAddress, id: string, until: number): Promise<boolean>
  giveBack(origin: RepositoryAddress, id: string): Promise<void>
}

const PARTITION = 'failover'
const RUNS = 'failover-run'

/** @throws RelayError STORE_FAILED from every method */
export const openProcedures = (table: Table): Procedures => {
  const keyOf = (origin: RepositoryAddress) => ({ pk: PARTITION, sk: addressText(origin) })
  return {
    get: async (origin) => (await table.get(keyOf(origin))) as unknown as Procedure | undefined,
    list: async () => (await table.query(PARTITION)) as unknown as readonly Procedure[],
    save: async ({ kind, origin, active, done, begunAt, by, verified }) => {
      await table.put(keyOf(origin), {
        kind,
        origin: plainAddress(origin),
        active: plainAddress(active),
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

/** @throws RelayError STORE_FAILED from every method */
export const openRuns = (table: Table): Runs => {
  const keyOf = (origin: RepositoryAddress) => ({ pk: RUNS, sk: addressText(origin) })
  const mine = (id: string) => ({ when: '#id = :id', values: { ':id': id } })
  return {
    take: (origin, run, now) =>
      table.put(
        keyOf(origin),
        { ...run },
        {
          when: 'attribute_not_exists(#until) OR #until < :now',
          values: { ':now': now },
        },
      ),
    holder: async (origin) => (await table.get(keyOf(origin))) as unknown as Run | undefined,
    extend: (origin, id, until) => table.update(keyOf(origin), { set: { until }, ...mine(id) }),
    giveBack: async (origin, id) => {
      await table.delete(keyOf(origin), mine(id))
    },
  }
}
