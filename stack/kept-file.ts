import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'

/** A file that holds what was made of some sources, as long as these and Node are the same. */
export interface KeptFile {
  /** undefined: not there, broken, or not for us to read: it is made again */
  read(): Buffer | undefined
  /** In one step; those of the same kind and of other sources go. Where nobody may write, it costs time and nothing else. */
  write(body: Buffer): void
}

/**
 * @param folder absolute
 * @param kind letters; the file is `<kind>-<digest of the sources>`
 * @param sources absolute paths of files, and of folders with all that is in them; those that are not there count as such
 * @param root what their names are relative to: the same sources elsewhere have the same digest
 */
export const keptFile = (
  folder: string,
  kind: string,
  sources: readonly string[],
  root: string,
): KeptFile => {
  const name = `${kind}-${digestOfFiles(root, sources)}`
  const path = join(folder, name)
  const isOlder = (other: string) => other !== name && /^([a-z]+)-[\w-]+(\.json)?$/.exec(other)?.[1] === kind
  return {
    read() {
      try {
        return bodyOf(readFileSync(path))
      } catch {
        return undefined
      }
    },
    write(body) {
      const temporary = `${path}.${process.pid}`
      try {
        mkdirSync(folder, { recursive: true })
        writeFileSync(temporary, Buffer.concat([Buffer.from(`${digest(body)}\n`), body]))
        renameSync(temporary, path)
        for (const other of readdirSync(folder))
          if (isOlder(other)) rmSync(join(folder, other), { force: true })
      } catch {
        // a read-only checkout, a full disk: what was made is there all the same
        drop(temporary)
      }
    },
  }
}

/** The first line is the digest of the rest. */
const bodyOf = (file: Buffer): Buffer | undefined => {
  const end = file.indexOf('\n')
  const body = file.subarray(end + 1)
  return file.toString('latin1', 0, Math.max(end, 0)) === digest(body) ? body : undefined
}

const drop = (path: string): void => {
  try {
    rmSync(path, { force: true })
  } catch {
    // its folder is none
  }
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64url')

const digestOfFiles = (root: string, sources: readonly string[]): string => {
  const hash = createHash('sha256').update(process.version)
  for (const file of sources.flatMap(filesOf)) {
    const contents = readFileSync(file)
    hash.update(`\0${relative(root, file)}\0${contents.length}\0`).update(contents)
  }
  return hash.digest('hex').slice(0, 32)
}

const filesOf = (path: string): string[] => {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
