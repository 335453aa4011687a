import { type Entry, isFolder, readTree, sameEntry } from '../objects/trees.ts'
import type { Objects } from '../objects/types.ts'
import type { Sides } from './types.ts'

/** What a walk over three trees found. Paths are bytes. */
export interface Walked {
  /** taken over from the source: files and whole folders; without an entry they go */
  readonly taken: { readonly path: string; readonly entry?: Entry }[]
  /** files, links and submodules that both sides changed, differently */
  readonly contested: { readonly path: string; readonly sides: Sides<Entry> }[]
  /** a file on one side in the place of a folder on the other, and both would stay */
  readonly clashes: { readonly path: string; readonly sides: Sides<Entry> }[]
}

/** What became of one name, or of a whole folder: does anything stand there afterwards? */
interface Outcome extends Walked {
  readonly stands: boolean
}

const NOTHING: Outcome = { taken: [], contested: [], clashes: [], stands: false }

/**
 * Compares three trees name by name: what one side left alone the other decides. Files and folders of one name are judged apart, as git
 * does, so that a file may become a folder when nobody else touched it. Subtrees that are alike are not opened.
 */
export const walk = async (objects: Objects, roots: Sides<Entry>, path = ''): Promise<Outcome> => {
  const trees = await Promise.all(
    [roots.base, roots.source, roots.destination].map((entry) => readTree(objects, entry?.id)),
  )
  const names = new Set(trees.flatMap((tree) => [...tree.keys()]))
  const outcomes = await Promise.all(
    [...names].map((name) => {
      const [base, source, destination] = trees.map((tree) => tree.get(name))
      return walkName(objects, sidesOf(base, source, destination), path === '' ? name : `${path}/${name}`)
    }),
  )
  return gather(outcomes)
}

const walkName = async (objects: Objects, all: Sides<Entry>, path: string): Promise<Outcome> => {
  const pick = (wanted: (entry: Entry) => boolean): Sides<Entry> => {
    const keep = (entry: Entry | undefined) => (entry && wanted(entry) ? entry : undefined)
    return sidesOf(keep(all.base), keep(all.source), keep(all.destination))
  }
  const file = walkFile(
    pick((entry) => !isFolder(entry)),
    path,
  )
  const folder = await walkFolder(objects, pick(isFolder), path)
  if (file.stands && folder.stands) return { ...NOTHING, clashes: [{ path, sides: all }], stands: true }
  return gather([file, folder])
}

const walkFile = (sides: Sides<Entry>, path: string): Outcome => {
  const { base, source, destination } = sides
  if (sameEntry(source, destination) || sameEntry(base, source)) {
    return { ...NOTHING, stands: destination !== undefined }
  }
  if (sameEntry(base, destination)) return takenFrom(source, path)
  return { ...NOTHING, contested: [{ path, sides }], stands: true }
}

const walkFolder = (objects: Objects, sides: Sides<Entry>, path: string): Outcome | Promise<Outcome> => {
  const { base, source, destination } = sides
  if (sameEntry(source, destination) || sameEntry(base, source)) {
    return { ...NOTHING, stands: destination !== undefined }
  }
  if (sameEntry(base, destination)) return takenFrom(source, path)
  return walk(objects, sides, path)
}

const takenFrom = (source: Entry | undefined, path: string): Outcome => ({
  ...NOTHING,
  taken: [{ path, ...(source && { entry: source }) }],
  stands: source !== undefined,
})

const gather = (outcomes: readonly Outcome[]): Outcome => ({
  taken: outcomes.flatMap(({ taken }) => taken),
  contested: outcomes.flatMap(({ contested }) => contested),
  clashes: outcomes.flatMap(({ clashes }) => clashes),
  stands: outcomes.some(({ stands }) => stands),
})

/** Sides without the members that are absent. */
export const sidesOf = <T>(base?: T, source?: T, destination?: T): Sides<T> => ({
  ...(base !== undefined && { base }),
  ...(source !== undefined && { source }),
  ...(destination !== undefined && { destination }),
})
