import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { keptFile } from './kept-file.ts'

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

/**
 * Bundling takes seconds of both cores, and another relay.yml, stage or region changes nothing of it.
 * @param root the project's folder
 * @param folder where they are kept: those of other sources go. Where nobody may write, each build bundles anew
 * @returns what an earlier build made of the same sources under the same Node, else what `make` makes now
 */
export const keptBundles = async (
  root: string,
  folder: string,
  make: () => Promise<Bundles>,
): Promise<Bundles> => {
  const sources = INPUTS.map((input) => join(root, input))
  const file = keptFile(folder, 'bundles', sources, root)
  const known = file.read()
  if (known) return deserialize(known) as Bundles
  const made = await make()
  file.write(serialize(made))
  return made
}
