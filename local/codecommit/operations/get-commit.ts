import type { GetCommitInput, GetCommitOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { parseCommit } from '../commit.ts'
import type { Context } from '../context.ts'
import { bareOf } from '../context.ts'
import { commitId, existing, reject } from '../validate.ts'

export const getCommit =
  (context: Context) =>
  async (input: GetCommitInput, call: Call): Promise<GetCommitOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const id = commitId(input.commitId)
    const raw = (await bareOf(context, repository).commits([id])).get(id)
    if (raw === undefined) return reject('CommitIdDoesNotExist', `Commit ID ${id} does not exist`)
    return { commit: parseCommit(id, raw) }
  }
