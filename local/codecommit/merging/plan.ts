import type { Bare } from '../bare.ts'
import type { Context } from '../context.ts'
import { openDraft } from '../objects/draft.ts'
import { type Entry, FOLDER } from '../objects/trees.ts'
import type { Objects } from '../objects/types.ts'
import { reject } from '../reject.ts'
import { commitAt } from '../specifiers.ts'
import { mergeBases } from './bases.ts'
import { openContents } from './contents.ts'
import { hunksBetween } from './hunks.ts'
import { type Contested, decider, judge, needsLines, type Rules, typeOf } from './judge.ts'
import type { PathConflict, Sides, TreeChange } from './types.ts'
import { type Walked, walk } from './walk.ts'

type Tools = {
  readonly context: Pick<Context, 'git' | 'limits'>
  readonly bare: Bare
  readonly objects: Objects
}

export interface TreePlan {
  readonly changes: readonly TreeChange[]
  readonly conflicts: readonly PathConflict[]
}

/**
 * Merges two trees over a base, without writing anything.
 * @param trees ids; without a base the two have nothing in common
 * @throws MaximumItemsToCompareExceeded, MaximumFileContentToLoadExceeded
 */
export const planTrees = async (
  tools: Tools,
  trees: Sides<string> & { readonly source: string; readonly destination: string },
  rules: Rules,
): Promise<TreePlan> => {
  const folder = (id: string | undefined): Entry | undefined =>
    id === undefined ? undefined : { mode: FOLDER, id }
  const base = folder(trees.base)
  const walked = await walk(tools.objects, {
    ...(base && { base }),
    source: { mode: FOLDER, id: trees.source },
    destination: { mode: FOLDER, id: trees.destination },
  })
  const items = walked.taken.length + walked.contested.length + walked.clashes.length
  if (items > tools.context.limits.mergeItems) {
    reject(
      'MaximumItemsToCompareExceeded',
      'There are too many differences to be compared. Use a Git client.',
    )
  }
  return judgeAll(tools, trees, walked, rules)
}

const judgeAll = async (
  { context, bare, objects }: Tools,
  trees: Sides<string> & { readonly source: string; readonly destination: string },
  { taken, contested, clashes }: Walked,
  rules: Rules,
): Promise<TreePlan> => {
  const inLines = rules.byLine ? contested.filter(needsLines).filter(hasBaseFile) : []
  const hunksOf = async (side: string) =>
    inLines.length === 0 || trees.base === undefined
      ? new Map()
      : hunksBetween(
          context,
          bare,
          { base: trees.base, side },
          inLines.map(({ path }) => path),
        )
  const [source, destination] = await Promise.all([hunksOf(trees.source), hunksOf(trees.destination)])
  const lines = { contents: openContents(objects, context), source, destination }
  const judged = await Promise.all(contested.map((one) => judge(one, rules, lines)))
  const all = [...judged, ...clashes.map((clash) => judgeClash(clash, rules))]
  return {
    changes: [...taken, ...all.flatMap(({ change }) => (change ? [change] : []))],
    conflicts: all
      .flatMap(({ conflict }) => (conflict ? [conflict] : []))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  }
}

const hasBaseFile = ({ sides: { base } }: Contested): boolean => base !== undefined && typeOf(base) === 'FILE'

const judgeClash = ({ path, sides }: Contested, rules: Rules) => {
  const favor = decider(rules)
  if (favor === undefined) return { conflict: { path, sides, content: false, mode: false, type: true } }
  const entry = sides[favor]
  return favor === 'destination' ? {} : { change: { path, ...(entry && { entry }) } }
}

/**
 * Writes the tree that a merge leads to: the destination's with the changes in it.
 * @param options.keepEmptyFolders folders that the merge leaves empty get a `.gitkeep`
 * @param options.checkFolder called with the size of each tree object
 * @returns its id
 */
export const writeMerged = async (
  objects: Objects,
  destination: string,
  changes: readonly TreeChange[],
  options: { keepEmptyFolders?: boolean; checkFolder?: (bytes: number) => void } = {},
): Promise<string> => {
  const draft = await openDraft(objects, destination)
  const gone = changes.filter(({ entry, merged }) => entry === undefined && merged === undefined)
  const emptied: string[][] = []
  for (const { path } of gone) {
    const at = path.split('/')
    emptied.push((await draft.at(at)) === 'folder' ? at : at.slice(0, -1))
    await draft.remove(at)
  }
  const entries = await Promise.all(changes.map((change) => entryOf(objects, change)))
  for (const [index, { path }] of changes.entries()) {
    const entry = entries[index]
    if (entry !== undefined) await draft.put(path.split('/'), entry)
  }
  if (options.keepEmptyFolders) await keepAll(objects, draft, emptied)
  return draft.write(options.checkFolder)
}

const entryOf = async (objects: Objects, { entry, merged }: TreeChange): Promise<Entry | undefined> =>
  merged === undefined ? entry : { mode: merged.mode, id: await objects.write('blob', merged.content) }

const keepAll = async (
  objects: Objects,
  draft: Awaited<ReturnType<typeof openDraft>>,
  folders: readonly string[][],
): Promise<void> => {
  for (const folder of folders) {
    if (folder.length === 0) continue
    const there = await draft.at(folder)
    if (there !== undefined && !(there === 'folder' && (await draft.emptied(folder)))) continue
    const id = await objects.write('blob', Buffer.alloc(0))
    await draft.put([...folder, '.gitkeep'], { mode: '100644', id })
  }
}

/**
 * The tree that two commits are merged over: their common ancestor's, or where there are several, what these come to when they are
 * merged: lines on which they disagree stand there twice, other things as they were before them. Git's strategies do the same
 * (git-merge, "recursive").
 * @returns undefined when there is no common ancestor
 */
export const baseTree = async (tools: Tools, bases: readonly string[]): Promise<string | undefined> => {
  const [first, ...others] = bases
  if (first === undefined) return undefined
  let virtual = await treeOf(tools.objects, first)
  for (const [index, other] of others.entries()) {
    const below = await mergeBases(tools.context, tools.bare, bases[index] ?? first, other)
    const base = await baseTree(tools, below)
    const { changes, conflicts } = await planTrees(
      tools,
      { ...(base && { base }), source: await treeOf(tools.objects, other), destination: virtual },
      { byLine: true, favor: 'both' },
    )
    const undone = conflicts.map(({ path, sides }) => ({ path, ...(sides.base && { entry: sides.base }) }))
    virtual = await writeMerged(tools.objects, virtual, [...changes, ...undone])
  }
  return virtual
}

export const treeOf = async (objects: Objects, commit: string): Promise<string> =>
  (await commitAt(objects, commit))?.treeId ?? reject('CommitDoesNotExist', `Commit ${commit} does not exist`)
