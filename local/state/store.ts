import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { diskFull } from './full.ts'
import { complaintAbout, type Row, salvage, setAside } from './salvage.ts'

/** A set of JSON documents with string keys, kept in order of key. */
export interface Collection<T> {
  get(key: string): T | undefined
  put(key: string, value: T): void
  /** true when there was one */
  delete(key: string): boolean
  /** in order of key; a snapshot, so that the caller may change the collection while walking it */
  entries(prefix?: string): [key: string, value: T][]
}

/** Everything the local cloud must remember, in one SQLite file. */
export interface Store {
  collection<T>(name: string): Collection<T>
  /** all or nothing; nested calls join the outer one */
  transaction<T>(work: () => T): T
  close(): void
  /** what was found damaged, in sentences: at the opening, and since */
  readonly damage: readonly string[]
}

/**
 * Opens (or makes) the store. Write-ahead log: a killed process loses nothing that a call returned for, and a half-done
 * transaction is rolled back at the next start (sqlite.org/wal.html). `synchronous = NORMAL` gives up only what a power cut
 * may take. A damaged database is put aside; what can still be read of it is kept, and `damage` says what is not.
 * @param file path of the database, or `:memory:`
 * @param full asked before each write: true refuses it as a full disk would
 */
export const openStore = (file: string, full: () => boolean = () => false): Store => {
  const damage: string[] = []
  const kept = file === ':memory:' ? [] : rescue(file, damage)
  if (file !== ':memory:') makePrivate(file)
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000')
  database.exec(
    'CREATE TABLE IF NOT EXISTS documents (collection TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (collection, key)) WITHOUT ROWID',
  )
  const statements = prepare(database)
  if (kept.length > 0) {
    database.exec('BEGIN IMMEDIATE')
    for (const { collection, key, value } of kept) statements.put.run(collection, key, value)
    database.exec('COMMIT')
  }
  let depth = 0
  return {
    collection: <T>(name: string) => openCollection<T>(statements, name, damage, full),
    transaction: (work) => {
      if (depth > 0) return work()
      database.exec('BEGIN IMMEDIATE')
      depth += 1
      try {
        const result = work()
        // a promise would go on writing after the commit
        if (result instanceof Promise)
          throw new Error('a transaction cannot wait: its work must be synchronous')
        database.exec('COMMIT')
        return result
      } catch (error) {
        // a full disk has rolled back by itself (sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction")
        if (database.isTransaction) database.exec('ROLLBACK')
        throw error
      } finally {
        depth -= 1
      }
    },
    close: () => database.close(),
    damage,
  }
}

const rescue = (file: string, damage: string[]): readonly Row[] => {
  if (!existsSync(file)) return []
  const complaint = complaintAbout(file)
  if (complaint === '') return []
  const aside = setAside(file)
  const { rows, gap } = salvage(aside)
  const lost =
    rows.length === 0
      ? 'nothing of it could be read: users, keys, queues and whatever else it remembered are gone'
      : `${rows.length} records were read from it${gap ? `; what stood between "${gap[0]}" and "${gap[1]}" is gone` : ''}`
  damage.push(`The database ${file} is damaged (${complaint}). It was put aside as ${aside}; ${lost}.`)
  return rows
}

/** The store holds secrets: file 0600, from which SQLite's log files take their mode, and its folder 0700 where that is ours. */
const makePrivate = (file: string): void => {
  const folder = dirname(file)
  const ours = !existsSync(folder) || existsSync(file) || readdirSync(folder).length === 0
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // somebody's own folder with other things in it keeps its mode
  if (ours) chmodSync(folder, 0o700)
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
}

interface Statements {
  readonly get: StatementSync
  readonly put: StatementSync
  readonly delete: StatementSync
  readonly entries: StatementSync
}

const prepare = (database: DatabaseSync): Statements => ({
  get: database.prepare('SELECT value FROM documents WHERE collection = ? AND key = ?'),
  put: database.prepare('INSERT OR REPLACE INTO documents (collection, key, value) VALUES (?, ?, ?)'),
  delete: database.prepare('DELETE FROM documents WHERE collection = ? AND key = ?'),
  entries: database.prepare(
    'SELECT key, value FROM documents WHERE collection = ? AND key >= ? AND key < ? ORDER BY key',
  ),
})

const openCollection = <T>(
  statements: Statements,
  name: string,
  damage: string[],
  full: () => boolean,
): Collection<T> => {
  /** A record that cannot be read is as good as none: the others must not suffer for it. */
  const read = (key: string, value: string): T | undefined => {
    try {
      return JSON.parse(value) as T
    } catch {
      if (full()) return undefined
      damage.push(`The record ${key} of ${name} cannot be read; it was taken out.`)
      statements.delete.run(name, key)
      return undefined
    }
  }
  return {
    get: (key) => {
      const row = statements.get.get(name, key) as { value: string } | undefined
      return row && read(key, row.value)
    },
    put: (key, value) => {
      if (full()) throw diskFull()
      statements.put.run(name, key, JSON.stringify(value))
    },
    delete: (key) => {
      if (full()) throw diskFull()
      return Number(statements.delete.run(name, key).changes) > 0
    },
    entries: (prefix = '') =>
      // U+10FFFF sorts after every other character in SQLite's comparison of UTF-8 bytes
      (
        statements.entries.all(name, prefix, `${prefix}\u{10ffff}`) as { key: string; value: string }[]
      ).flatMap(({ key, value }): [string, T][] => {
        const document = read(key, value)
        return document === undefined ? [] : [[key, document]]
      }),
  }
}
