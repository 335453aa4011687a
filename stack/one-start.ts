import { dirname, join, relative } from 'node:path/posix'
import { type BuildOptions, build as bundle, type Plugin } from 'esbuild'

/** A file that esbuild made when it split a program. */
export interface Piece {
  readonly text: string
  /** paths of the pieces that its import statements name */
  readonly imports: readonly string[]
  readonly exports: readonly string[]
}

/**
 * Makes one file of a program and all pieces that its import statements lead to: Node opens, reads and links each file by itself.
 * Pieces that are loaded later take what they share with the program from its exports: nothing is there twice.
 * @param pieces by path relative to the program's folder
 * @param program its path
 * @param options how the files are written; a banner goes into each
 * @returns contents by path: the program, and the pieces that it does not hold
 */
export const mergeStart = async (
  pieces: ReadonlyMap<string, Piece>,
  program: string,
  options: BuildOptions,
): Promise<ReadonlyMap<string, Uint8Array>> => {
  const held = heldBy(program, pieces)
  const shared = sharedNames(program, held, pieces)
  const textOf = (path: string) => pieces.get(path)?.text ?? ''
  const write = async (path: string): Promise<[string, Uint8Array]> => {
    const own =
      path === program
        ? { text: allExports(shared), partOf: textOf }
        : { text: textOf(path), partOf: (part: string) => takenFrom(shared.get(part)) }
    const { outputFiles } = await bundle({
      ...options,
      entryPoints: [path],
      bundle: true,
      write: false,
      plugins: [partsPlugin({ path, program, held, ...own })],
    })
    return [path, outputFiles[0]?.contents ?? new Uint8Array()]
  }
  const later = [...pieces.keys()].filter((path) => !held.has(path))
  return new Map(await Promise.all([program, ...later].map(write)))
}

/** How what stands for a held piece names the program, wherever it is used. */
const PROGRAM = 'program:'

/** The program, and what is loaded with it. */
const heldBy = (program: string, pieces: ReadonlyMap<string, Piece>): ReadonlySet<string> => {
  const held = new Set([program])
  // a set hands out what is added while it is walked
  for (const path of held) for (const imported of pieces.get(path)?.imports ?? []) held.add(imported)
  return held
}

/** A held piece's exports, and what the program calls each: esbuild calls them `a`, `b` and so on in every piece. */
type Exports = readonly { readonly name: string; readonly shared: string }[]

const sharedNames = (
  program: string,
  held: ReadonlySet<string>,
  pieces: ReadonlyMap<string, Piece>,
): ReadonlyMap<string, Exports> => {
  let count = 0
  return new Map(
    [...held].map((path) => [
      path,
      (pieces.get(path)?.exports ?? []).map((name) => ({
        name,
        shared: path === program ? name : `shared${count++}`,
      })),
    ]),
  )
}

const allExports = (shared: ReadonlyMap<string, Exports>): string =>
  [...shared]
    .map(
      ([path, names]) => `export {${names.map((each) => `${each.name} as ${each.shared}`)}} from './${path}'`,
    )
    .join('\n')

/** What stands for a held piece in one that is loaded later. */
const takenFrom = (names: Exports = []): string =>
  `export {${names.map((each) => `${each.shared} as ${each.name}`)}} from '${PROGRAM}'`

interface Parts {
  /** of the file that is written, and its text */
  readonly path: string
  readonly text: string
  readonly program: string
  readonly held: ReadonlySet<string>
  /** what is put into the file for a piece that the program holds */
  readonly partOf: (path: string) => string
}

const partsPlugin = ({ path: written, text, program, held, partOf }: Parts): Plugin => ({
  name: 'parts',
  setup: ({ onResolve, onLoad }) => {
    const besides = (path: string) => {
      const way = relative(dirname(written), path)
      return { path: way.startsWith('.') ? way : `./${way}`, external: true }
    }
    onResolve({ filter: /.*/ }, ({ kind, path, importer }) => {
      if (kind === 'entry-point') return { path, namespace: 'written' }
      if (path === PROGRAM) return besides(program)
      // a built-in module
      if (!path.startsWith('.')) return { path, external: true }
      const target = join(dirname(importer), path)
      return held.has(target)
        ? { path: target, namespace: 'part', sideEffects: written === program }
        : besides(target)
    })
    onLoad({ filter: /.*/, namespace: 'written' }, () => ({ contents: text }))
    onLoad({ filter: /.*/, namespace: 'part' }, ({ path }) => ({ contents: partOf(path) }))
  },
})
