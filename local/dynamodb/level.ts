/** The parts of dynalite's store that are used here. */
export interface Level {
  readonly db: { open(): Promise<void> }
  readonly tableDb: TableDb
  readonly lifecycleManager: { gracefulClose(): Promise<void> }
}

interface TableDb {
  awsAccountId: string
  awsRegion: string
  createKeyStream(options: object): AsyncIterable<string>
  get(name: string, done: (error: Error | null, table: Table) => void): void
  put(name: string, table: Table, done: (error: Error | null) => void): void
  del(name: string, done: (error: Error | null) => void): void
}

/** A table's description as DescribeTable answers it. */
export interface Table {
  TableStatus: string
  GlobalSecondaryIndexes?: { IndexStatus: string }[]
}
