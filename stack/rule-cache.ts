import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const SCANNING = resolve(import.meta.dirname, '../shared/scanning')
/** What decides how rules are compiled: the rules, and all code that reads and writes them. */
const SOURCES = ['rules', 'conventions', 'pattern', 'engine']

/**
 * What was made of the project's rules, kept in a file as long as the rules, the code that compiles them and Node are the same.
 * A file that is broken, or a folder that nobody may write to, costs time and nothing else.
 * @param folder absolute; other files in it that begin with `rules-` are removed
 * @throws what `make` throws
 */
export const kept = (folder: string, make: () => Buffer): Buffer => {
  const path = join(folder, `rules-${sourcesDigest()}.json`)
  const known = read(path)
  if (known) return known
  const made = make()
  keep(folder, path, made)
  return made
}

/** The first line is the digest of the rest. */
const read = (path: string): Buffer | undefined => {
  try {
    const file = readFileSync(path)
    const end = file.indexOf('\n')
    const body = file.subarray(end + 1)
    return file.toString('latin1', 0, Math.max(end, 0)) === digest(body) ? body : undefined
  } catch {
    // not there, or not for us to read: it is made again
    return undefined
  }
}

const keep = (folder: string, path: string, body: Buffer): void => {
  const temporary = `${path}.${process.pid}`
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(temporary, Buffer.concat([Buffer.from(`${digest(body)}\n`), body]))
    renameSync(temporary, path)
    for (const name of readdirSync(folder))
      if (/^rules-[\w-]+\.json$/.test(name) && join(folder, name) !== path)
        rmSync(join(folder, name), { force: true })
  } catch {
    // a read-only checkout, a full disk: the rules are there all the same
    drop(temporary)
  }
}

const drop = (path: string): void => {
  try {
    rmSync(path, { force: true })
  } catch {
    // its folder is none
  }
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64url')

const sourcesDigest = (): string => {
  const hash = createHash('sha256').update(process.version)
  for (const folder of SOURCES)
    for (const name of readdirSync(join(SCANNING, folder)).sort()) {
      const bytes = readFileSync(join(SCANNING, folder, name))
      hash.update(`${folder}/${name} ${bytes.length}\n`).update(bytes)
    }
  return hash.digest('base64url')
}
