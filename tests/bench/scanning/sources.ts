import { hash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOTS = [resolve(import.meta.dirname, '../../../node_modules'), '/usr/share']

/** What people write, by the end of its name; no certificates, fonts or translations. */
const WRITTEN =
  /\.(?:[cm]?[jt]sx?|json|ya?ml|toml|md|rst|txt|py|p[lm]|go|rb|sh|sql|c|h|hpp|java|cmake|vim|css|x?html?|xml|conf|ini|cfg|s|el|tcl|php|rs)$/

const MOST_BYTES = 1_000_000

/** A text of the machine's own. */
export interface SourceFile {
  readonly path: string
  readonly bytes: number
}

/**
 * Writes about so many bytes of real source to one file: from the project's packages and from what the system has, each content once,
 * in an order that is the same for the same files and mixes languages (that of the paths' SHA-1).
 * @returns the texts' paths and lengths, in the order of the file
 */
export const writeSources = (file: string, bytes: number): SourceFile[] => {
  const files: SourceFile[] = []
  const seen = new Set<string>()
  const output = openSync(file, 'w')
  let left = bytes
  for (const path of ROOTS.flatMap(written).sort(bySum)) {
    if (left <= 0) break
    const content = readFileSync(path)
    const sum = hash('sha1', content)
    if (content.length === 0 || content.length > MOST_BYTES || content.includes(0) || seen.has(sum)) continue
    seen.add(sum)
    writeSync(output, content)
    files.push({ path: path.slice(1), bytes: content.length })
    left -= content.length
  }
  closeSync(output)
  return files
}

const written = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && WRITTEN.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))

const bySum = (a: string, b: string): number => (hash('sha1', a) < hash('sha1', b) ? -1 : 1)
