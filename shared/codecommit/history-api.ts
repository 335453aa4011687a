import type { ReachableRepository } from './address.ts'
import { type Api, unless } from './api.ts'

/** A commit as the API tells it. */
export interface CommitDescription {
  readonly oid: string
  readonly parents: readonly string[]
  readonly author: { readonly name: string; readonly email: string }
  /** seconds since the epoch */
  readonly at: number
  readonly message: string
}

/** A file's content at one commit. */
export interface FileAt {
  readonly blob: string
  readonly content: Buffer
}

/** Contents by path; `more`: these are not all. */
export interface AddedFiles {
  readonly files: readonly { readonly path: string; readonly blob: string }[]
  readonly more: boolean
}

/** Single objects of a repository through the API: for what no ref leads to, and for a look at few files. */
export interface HistoryApi {
  /** undefined: no such commit */
  commit(repository: ReachableRepository, oid: string): Promise<CommitDescription | undefined>
  /**
   * Contents that `after` has at other paths than `before`, or that it alone has: at most `most`.
   * @param before absent: everything that `after` has
   * @returns undefined where one of them is no commit (a tag may name a blob or a tree), or is not there any more
   */
  addedFiles(
    repository: ReachableRepository,
    before: string | undefined,
    after: string,
    most: number,
  ): Promise<AddedFiles | undefined>
  /** undefined: no such blob, or larger than the API gives */
  blob(repository: ReachableRepository, oid: string): Promise<Buffer | undefined>
  /**
   * @param commit its id, or a branch's short or full name
   * @returns undefined where there is no such file; `too-large` beyond the 6 MB that the API gives, `unnameable` where it takes the
   *   path for none (of a tree that git itself would not make, or too deep), whether there is such a file or not
   */
  fileAt(
    repository: ReachableRepository,
    commit: string,
    path: string,
  ): Promise<FileAt | 'too-large' | 'unnameable' | undefined>
}

const GONE = ['RepositoryDoesNotExist', 'CommitDoesNotExist', 'CommitIdDoesNotExist'] as const

export const historyApi = ({ call }: Api): HistoryApi => ({
  commit: (repository, oid) =>
    call('GetCommit', repository, async (client, { GetCommitCommand }) => {
      const command = new GetCommitCommand({ repositoryName: repository.name, commitId: oid })
      const answer = await client.send(command).catch(unless(undefined, ...GONE, 'InvalidCommitId'))
      const found = answer?.commit
      if (!found) return undefined
      const { name = '', email = '', date = '' } = found.author ?? {}
      return {
        oid,
        parents: found.parents ?? [],
        author: { name, email },
        at: Number(date.split(' ')[0]) || 0,
        message: found.message ?? '',
      }
    }),

  addedFiles: (repository, before, after, most) =>
    call('GetDifferences', repository, (client, { paginateGetDifferences }) => {
      const input = {
        repositoryName: repository.name,
        afterCommitSpecifier: after,
        ...(before === undefined ? {} : { beforeCommitSpecifier: before }),
      }
      const added = async (): Promise<AddedFiles | undefined> => {
        const files: { path: string; blob: string }[] = []
        for await (const { differences = [] } of paginateGetDifferences({ client }, input)) {
          for (const { afterBlob } of differences) {
            if (!afterBlob?.blobId || !afterBlob.path) continue
            if (files.length === most) return { files, more: true }
            files.push({ path: afterBlob.path, blob: afterBlob.blobId })
          }
        }
        return { files, more: false }
      }
      return added().catch(unless(undefined, ...GONE, 'InvalidCommit', 'InvalidCommitId'))
    }),

  blob: (repository, oid) =>
    call('GetBlob', repository, async (client, { GetBlobCommand }) => {
      const command = new GetBlobCommand({ repositoryName: repository.name, blobId: oid })
      const answer = await client
        .send(command)
        .catch(unless(undefined, 'BlobIdDoesNotExist', 'FileTooLarge', 'RepositoryDoesNotExist'))
      return answer && Buffer.from(answer.content ?? [])
    }),

  fileAt: (repository, commit, path) =>
    call('GetFile', repository, async (client, { GetFileCommand }) => {
      const command = new GetFileCommand({
        repositoryName: repository.name,
        commitSpecifier: commit,
        filePath: path,
      })
      const answer = await client
        .send(command)
        .catch(unless('too-large' as const, 'FileTooLarge'))
        .catch(unless('unnameable' as const, 'InvalidPath'))
        .catch(unless(undefined, ...GONE, 'FileDoesNotExist', 'InvalidCommit'))
      if (answer === undefined || typeof answer === 'string') return answer
      return { blob: answer.blobId ?? '', content: Buffer.from(answer.fileContent ?? []) }
    }),
})
