import type { GetFolderInput, GetFolderOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { folderPath, joinPath } from '../files/paths.ts'
import { withObjects } from '../objects/objects.ts'
import {
  type Entry,
  entryAt,
  FOLDER,
  isFolder,
  nameOfMode,
  readTree,
  SUBMODULE,
  SYMLINK,
  type Tree,
  wireName,
} from '../objects/trees.ts'
import { resolveCommit } from '../specifiers.ts'
import { existing, reject } from '../validate.ts'

/** One level of a folder as it is in a commit. */
export const getFolder =
  (context: Context) =>
  async (input: GetFolderInput, call: Call): Promise<GetFolderOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const path = folderPath(input.folderPath)
    const bare = bareOf(context, repository)
    return withObjects(context, bare.directory, async (objects) => {
      const { commitId, treeId } = await resolveCommit(bare, objects, input.commitSpecifier)
      const folder = await entryAt(objects, treeId, path)
      if (!isFolder(folder)) return reject('FolderDoesNotExist', `Could not find path ${input.folderPath}`)
      return {
        commitId,
        // the root is shown as it was asked for: `/` or an empty text
        folderPath: path.length === 0 ? input.folderPath : wireName(joinPath(path)),
        treeId: folder.id,
        ...listing(path, await readTree(objects, folder.id)),
      }
    })
  }

const listing = (folder: readonly string[], tree: Tree) => {
  const below = (modes: (mode: string) => boolean) =>
    [...tree]
      .filter(([, { mode }]) => modes(mode))
      .map(([name, entry]) => ({
        entry,
        absolutePath: wireName(joinPath([...folder, name])),
        relativePath: wireName(name),
      }))
  const file = ({ entry, ...paths }: { entry: Entry; absolutePath: string; relativePath: string }) => ({
    blobId: entry.id,
    ...paths,
    fileMode: nameOfMode(entry.mode),
  })
  return {
    subFolders: below((mode) => mode === FOLDER).map(({ entry, ...paths }) => ({
      treeId: entry.id,
      ...paths,
    })),
    files: below((mode) => mode.startsWith('100')).map(file),
    symbolicLinks: below((mode) => mode === SYMLINK).map(file),
    subModules: below((mode) => mode === SUBMODULE).map(({ entry, ...paths }) => ({
      commitId: entry.id,
      ...paths,
    })),
  }
}
