import type { Level, Table } from './level.ts'

/**
 * Ends what a killed process left half done: dynalite settles a table's status in a later tick, and a table whose tick never
 * came would stay CREATING for ever.
 */
export const heal = async ({ tableDb }: Level): Promise<void> => {
  const names: string[] = []
  for await (const name of tableDb.createKeyStream({})) names.push(name)
  for (const name of names) {
    const table = await settled<Table>((done) => tableDb.get(name, done))
    const indexes = table.GlobalSecondaryIndexes ?? []
    if (table.TableStatus === 'DELETING') await settled<void>((done) => tableDb.del(name, done))
    else if (table.TableStatus !== 'ACTIVE' || indexes.some((index) => index.IndexStatus !== 'ACTIVE')) {
      const active = indexes.map((index) => ({ ...index, IndexStatus: 'ACTIVE' }))
      const healed = {
        ...table,
        TableStatus: 'ACTIVE',
        ...(active.length > 0 && { GlobalSecondaryIndexes: active }),
      }
      await settled<void>((done) => tableDb.put(name, healed, done))
    }
  }
}

const settled = <T>(start: (done: (error: Error | null, value: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))))
