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
import { deserialize, serialize } from 'node:v8'

/** Contents by path. */
type Files = ReadonlyMap<string, Uint8Array>

/** All of a build that does not depend on relay.yml. */
export interface Bundles {
  readonly mirror: Files
  readonly functions: ReadonlyMap<string, Files>
  /** the compiled rule pack */
  readonly rules: Uint8Array
}

/** Whatever can change a bundle; npm keeps the second lock, which says what is installed indeed. */
const INPUTS = [
  ...['functions', 'shared', 'containers', 'stack'],
  ...['tsconfig.json', 'package.json', 'package-lock.json', 'node_modules/.package-lock.json'],
]

const KEPT = /^bundles-[0-9a-f]+$/

/**
 * Bundling takes seconds of both cores, and another relay.yml, stage or region changes nothing of it.
 * @param root the project's folder
 * @param folder where they are kept: those of other sources go
 * @returns what an earlier build made of the same sources under the same Node, else what `make` makes now
 */
export const keptBundles = async (
  root: string,
  folder: string,
  make: () => Promise<Bundles>,
): Promise<Bundles> => {
  const name = `bundles-${digestOf(root)}`
  const file = join(folder, name)
  if (existsSync(file)) return deserialize(readFileSync(file)) as Bundles
  const made = await make()
  mkdirSync(folder, { recursive: true })
  // in one step: a build beside this one reads all of it or none
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, serialize(made))
  renameSync(temporary, file)
  for (const other of readdirSync(folder))
    if (KEPT.test(other) && other !== name) rmSync(join(folder, other), { force: true })
  return made
}

const digestOf = (root: string): string => {
  const hash = createHash('sha256').update(process.version)
  for (const file of INPUTS.flatMap((input) => filesOf(join(root, input)))) {
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
