import type { PutFileInput, PutFileOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { authorOf, messageOf } from '../files/author.ts'
import { commitDraft, draftOf, openPlace, parentId } from '../files/branch.ts'
import { placeFor } from '../files/edit.ts'
import { checkContents, checkedMode } from '../files/limits.ts'
import { filePath, joinPath } from '../files/paths.ts'
import { withObjects } from '../objects/objects.ts'
import { wireName } from '../objects/trees.ts'
import { branchName, existing, reject } from '../validate.ts'

/** Adds or replaces one file, as a commit on a branch; without a mode an existing file keeps its own (inferred). */
export const putFile =
  (context: Context) =>
  async (input: PutFileInput, call: Call): Promise<PutFileOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const wanted = checked(input, call)
    const bare = bareOf(context, repository)
    return withObjects(context, bare.directory, async (objects) => {
      const place = await openPlace(context, repository, objects, wanted)
      const draft = await draftOf(objects, place)
      const before = await placeFor(draft, wanted.path)
      const entry = {
        mode: wanted.mode ?? before?.mode ?? '100644',
        id: await objects.write('blob', wanted.content),
      }
      await draft.put(wanted.path, entry)
      const name = wireName(joinPath(wanted.path))
      const made = await commitDraft(context, repository, call, objects, {
        place,
        draft,
        author: wanted.author,
        message: messageOf(input.commitMessage, `${before === undefined ? 'Added' : 'Edited'} ${name}`),
        unchanged: () =>
          reject('SameFileContent', 'The content of the file is the same as that in the branch already.'),
      })
      return { commitId: made.commitId, blobId: entry.id, treeId: made.treeId }
    })
  }

const checked = (input: PutFileInput, call: Call) => {
  const parent = parentId(input.parentCommitId)
  const { fileContent } = input
  if (!fileContent?.byteLength) {
    return reject('FileContentRequired', 'The file is empty. Empty files cannot be added to a repository.')
  }
  checkContents([fileContent])
  const path = filePath(input.filePath)
  const branch = branchName(input.branchName)
  const mode = checkedMode(input.fileMode)
  const author = authorOf(call.caller.arn, input.name, input.email)
  messageOf(input.commitMessage, '')
  return { parent, content: Buffer.from(fileContent), path, branch, mode, author }
}
