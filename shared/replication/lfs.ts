import { plainAddress, type ReachableRepository } from '../codecommit/address.ts'
import type { SettingsRecord } from '../store/settings.ts'
import { lfsPatterns, type Macros, parseAttributes } from './gitattributes.ts'
import type { Emit } from './ports.ts'
import type { Target } from './prove.ts'

/** Files of a repository, without a fetch. */
export interface Contents {
  folder(
    repository: ReachableRepository,
    branch: string,
    path: string,
  ): Promise<
    | { readonly tree: string; readonly folders: readonly string[]; readonly files: readonly string[] }
    | undefined
  >
  file(repository: ReachableRepository, branch: string, path: string): Promise<string | undefined>
}

export type LfsLook = NonNullable<SettingsRecord['lfs']>

const NAME = '.gitattributes'
/** Folders that one look opens, breadth first: what uses LFS says so near the root. */
const MAX_FOLDERS = 10

/**
 * Whether a repository uses Git LFS, by its `.gitattributes`: the root's, then those of the folders below it.
 * @param known of the last look: with the same tree nothing more is read
 * @returns undefined for a branch that is not there
 */
export const lookForLfs = async (
  contents: Contents,
  repository: ReachableRepository,
  branch: string,
  known: LfsLook | undefined,
): Promise<LfsLook | undefined> => {
  const root = await contents.folder(repository, branch, '')
  if (!root) return undefined
  if (root.tree === known?.tree) return known
  let macros: Macros = new Map()
  const queue: string[] = ['']
  for (let opened = 0; opened < MAX_FOLDERS && queue.length > 0; opened += 1) {
    const path = queue.shift() ?? ''
    const folder = path === '' ? root : await contents.folder(repository, branch, path)
    const file = path === '' ? NAME : `${path}/${NAME}`
    if (folder?.files.includes(file)) {
      const attributes = parseAttributes((await contents.file(repository, branch, file)) ?? '')
      if (path === '') macros = attributes.macros
      if (lfsPatterns(attributes, macros).length > 0) {
        return { tree: root.tree, seenIn: `${file} of ${branch}` }
      }
    }
    queue.push(...(folder?.folders ?? []))
  }
  return { tree: root.tree }
}

/** Tells people once, until the repository stops using LFS and begins again. */
export const tellLfs = async (
  emit: Emit,
  { repository, replica }: Target,
  before: LfsLook | undefined,
  look: LfsLook,
): Promise<void> => {
  if (look.seenIn === undefined || before?.seenIn !== undefined) return
  await emit('Replica Incomplete', {
    repository: plainAddress(repository),
    replica: plainAddress(replica),
    cause: 'git-lfs',
    seenIn: look.seenIn,
    nextStep:
      'Git LFS keeps the files on a server of its own, which Relay does not copy. Make sure that whoever clones the replica reaches that server, or copy the files: `git lfs fetch --all` from the source, `git lfs push --all` to a server beside the replica.',
  })
}
