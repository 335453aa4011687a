import { join, resolve } from 'node:path'
import { keptFile } from './kept-file.ts'

const SCANNING = resolve(import.meta.dirname, '../shared/scanning')
/** What decides how rules are compiled: the rules, and all code that reads and writes them. */
const SOURCES = ['rules', 'conventions', 'pattern', 'engine'].map((folder) => join(SCANNING, folder))

/**
 * What was made of the project's rules, kept in a file as long as the rules, the code that compiles them and Node are the same.
 * A file that is broken, or a folder that nobody may write to, costs time and nothing else.
 * @param folder absolute; other files in it that begin with `rules-` are removed
 * @throws what `make` throws
 */
export const kept = (folder: string, make: () => Buffer): Buffer => {
  const file = keptFile(folder, 'rules', SOURCES, SCANNING)
  const known = file.read()
  if (known) return known
  const made = make()
  file.write(made)
  return made
}
