import { addressText, plainAddress, type RepositoryAddress } from '../codecommit/address.ts'
import type { Table } from './table.ts'

/** That a replica has become the source of what it was made from: written by `relay failover`, taken back by `relay failback`. */
export interface Direction {
  /** as relay.yml has it: the source */
  readonly origin: RepositoryAddress
  /** the replica that is the source now */
  readonly active: RepositoryAddress
  /** ISO 8601 */
  readonly since: string
  /** ARN of whoever swapped it */
  readonly by: string
}

/** Which repositories have changed places. Few: one item for each source that was failed over. */
export interface Directions {
  list(): Promise<readonly Direction[]>
  get(origin: RepositoryAddress): Promise<Direction | undefined>
  set(direction: Direction): Promise<void>
  remove(origin: RepositoryAddress): Promise<void>
}

const PARTITION = 'direction'

export const openDirections = (table: Table): Directions => {
  const keyOf = (origin: RepositoryAddress) => ({ pk: PARTITION, sk: addressText(origin) })
  return {
    list: async () => (await table.query(PARTITION)) as unknown as readonly Direction[],
    get: async (origin) => (await table.get(keyOf(origin))) as unknown as Direction | undefined,
    set: async ({ origin, active, since, by }) => {
      await table.put(keyOf(origin), {
        origin: plainAddress(origin),
        active: plainAddress(active),
        since,
        by,
      })
    },
    remove: async (origin) => {
      await table.delete(keyOf(origin))
    },
  }
}
