import type { DeleteFileInput, DeleteFileOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { authorOf, messageOf } from '../files/author.ts'
import { commitDraft, draftOf, openPlace, parentId } from '../files/branch.ts'
import { keepFolders } from '../files/edit.ts'
import { filePath, joinPath } from '../files/paths.ts'
import { withObjects } from '../objects/objects.ts'
import { SUBMODULE, wireName } from '../objects/trees.ts'
import { branchName, existing, reject } from '../validate.ts'

/** Deletes one file, as a commit on a branch. */
export const deleteFile =
  (context: Context) =>
  async (input: DeleteFileInput, call: Call): Promise<DeleteFileOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const parent =
      parentId(input.parentCommitId) ?? reject('ParentCommitIdRequired', 'A parent commit ID is required.')
    const path = filePath(input.filePath)
    const name = wireName(joinPath(path))
    const branch = branchName(input.branchName)
    const author = authorOf(call.caller.arn, input.name, input.email)
    const message = messageOf(input.commitMessage, `Deleted ${name}`)
    const bare = bareOf(context, repository)
    return withObjects(context, bare.directory, async (objects) => {
      const place = await openPlace(context, repository, objects, { branch, parent })
      const draft = await draftOf(objects, place)
      const file = await draft.at(path)
      const missing = () => reject('FileDoesNotExist', `Could not find path ${name}`)
      if (file === undefined || file === 'folder' || file.mode === SUBMODULE) return missing()
      await draft.remove(path)
      if (input.keepEmptyFolders) await keepFolders(objects, draft, [path])
      const made = await commitDraft(context, repository, call, objects, {
        place,
        draft,
        author,
        message,
        unchanged: missing,
      })
      return { commitId: made.commitId, blobId: file.id, treeId: made.treeId, filePath: name }
    })
  }
