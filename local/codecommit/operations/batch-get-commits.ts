import type { BatchGetCommitsInput, BatchGetCommitsOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { parseCommit } from '../commit.ts'
import type { Context } from '../context.ts'
import { bareOf } from '../context.ts'
import { existing, reject } from '../validate.ts'

const MAX_IDS = 100

/** Ids that are wrong or unknown come back in `errors`; the others are answered. */
export const batchGetCommits =
  (context: Context) =>
  async ({ commitIds, repositoryName }: BatchGetCommitsInput, call: Call): Promise<BatchGetCommitsOutput> => {
    if (!commitIds?.length) return reject('CommitIdsListRequired', 'At least one commit ID is required.')
    if (commitIds.length > MAX_IDS) {
      reject('CommitIdsLimitExceeded', `At most ${MAX_IDS} commits can be asked for at once.`)
    }
    const repository = existing(context, call, repositoryName)
    const ids = [...new Set(commitIds)]
    const valid = ids.filter((id) => /^[0-9a-f]{40}$/.test(id))
    const found = await bareOf(context, repository).commits(valid)
    return {
      commits: [...found].map(([id, raw]) => parseCommit(id, raw)),
      errors: ids
        .filter((id) => !found.has(id))
        .map((id) =>
          valid.includes(id)
            ? {
                commitId: id,
                errorCode: 'CommitIdDoesNotExistException',
                errorMessage: `Commit ID ${id} does not exist`,
              }
            : {
                commitId: id,
                errorCode: 'InvalidCommitIdException',
                errorMessage: 'The commit ID is not valid. It must be a full 40-digit SHA-1.',
              },
        ),
    }
  }
