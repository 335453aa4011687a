import type { ListFileCommitHistoryRequest, ListFileCommitHistoryResponse } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { parseCommit } from '../commit.ts'
import { bareOf, type Context } from '../context.ts'
import { fileHistory } from '../files/history.ts'
import { filePath } from '../files/paths.ts'
import { withObjects } from '../objects/objects.ts'
import { wireName } from '../objects/trees.ts'
import { page, pageSize } from '../paging.ts'
import { resolveCommit } from '../specifiers.ts'
import { existing } from '../validate.ts'

/** The commits that changed a file, newest first, under the names that it had; a file that is not there has no history. */
export const listFileCommitHistory =
  (context: Context) =>
  async (input: ListFileCommitHistoryRequest, call: Call): Promise<ListFileCommitHistoryResponse> => {
    const repository = existing(context, call, input.repositoryName)
    const size = pageSize(input.maxResults, context.limits.entriesPerPage)
    const path = filePath(input.filePath)
    const bare = bareOf(context, repository)
    return withObjects(context, bare.directory, async (objects) => {
      const { commitId } = await resolveCommit(bare, objects, input.commitSpecifier)
      const versions = await fileHistory(context, bare, objects, commitId, path)
      const places = new Map(versions.map((version, index) => [version, String(index).padStart(9, '0')]))
      const { items, nextToken } = page(versions, {
        size,
        scope: `ListFileCommitHistory ${repository.id} ${commitId} ${path.join('/')}`,
        token: input.nextToken,
        placeOf: (version) => places.get(version) ?? '',
      })
      return {
        revisionDag: items.map(({ commit, raw, blobId, path: name, children }) => ({
          commit: parseCommit(commit, raw),
          blobId,
          path: wireName(name),
          revisionChildren: children,
        })),
        ...(nextToken !== undefined && { nextToken }),
      }
    })
  }
