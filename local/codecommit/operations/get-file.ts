import type { GetFileInput, GetFileOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { MAX_ANSWER_BYTES } from '../files/limits.ts'
import { filePath, joinPath } from '../files/paths.ts'
import { withObjects } from '../objects/objects.ts'
import { entryAt, isFolder, nameOfMode, SUBMODULE, wireName } from '../objects/trees.ts'
import { resolveCommit } from '../specifiers.ts'
import { existing, reject } from '../validate.ts'

/** A file as it is in a commit; a symbolic link's content is its target. */
export const getFile =
  (context: Context) =>
  async (input: GetFileInput, call: Call): Promise<GetFileOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const path = filePath(input.filePath)
    const name = wireName(joinPath(path))
    const bare = bareOf(context, repository)
    return withObjects(context, bare.directory, async (objects) => {
      const { commitId, treeId } = await resolveCommit(bare, objects, input.commitSpecifier)
      const entry = await entryAt(objects, treeId, path)
      if (entry === undefined || isFolder(entry) || entry.mode === SUBMODULE) {
        return reject('FileDoesNotExist', `Could not find path ${name}`)
      }
      const blob = await objects.read(entry.id, MAX_ANSWER_BYTES)
      if (blob === undefined) throw new Error(`blob ${entry.id} is not there`)
      if (blob.content === undefined) {
        return reject('FileTooLarge', 'The file exceeds the limit of 6 MB. Use a Git client for it.')
      }
      return {
        commitId,
        blobId: entry.id,
        filePath: name,
        fileMode: nameOfMode(entry.mode),
        fileSize: blob.size,
        fileContent: blob.content,
      }
    })
  }
