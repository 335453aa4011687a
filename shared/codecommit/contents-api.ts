import type { ReachableRepository } from './address.ts'
import { type Api, unless } from './api.ts'

/** One level of a tree. */
export interface Folder {
  /** id of the tree: the same contents, the same id */
  readonly tree: string
  /** absolute paths, without a leading slash */
  readonly folders: readonly string[]
  readonly files: readonly string[]
}

/** Files of a repository through the API: for a look at a few, without a fetch. */
export interface ContentsApi {
  /** @param path empty: the root. @returns undefined where there is no such branch or folder */
  folder(repository: ReachableRepository, branch: string, path: string): Promise<Folder | undefined>
  /** text of a file, read as UTF-8; undefined where there is none, where it is larger than the API gives (6 MB), and for no path */
  file(repository: ReachableRepository, branch: string, path: string): Promise<string | undefined>
}

const GONE = ['RepositoryDoesNotExist', 'CommitDoesNotExist'] as const

export const contentsApi = ({ call }: Api): ContentsApi => ({
  folder: (repository, branch, path) =>
    call('GetFolder', repository, async (client, { GetFolderCommand }) => {
      const command = new GetFolderCommand({
        repositoryName: repository.name,
        commitSpecifier: `refs/heads/${branch}`,
        folderPath: path === '' ? '/' : path,
      })
      const answer = await client
        .send(command)
        .catch(unless(undefined, ...GONE, 'FolderDoesNotExist', 'InvalidPath'))
      if (!answer) return undefined
      const paths = (entries: readonly { absolutePath?: string | undefined }[] = []) =>
        entries.flatMap(({ absolutePath }) => (absolutePath ? [absolutePath.replace(/^\//, '')] : []))
      return {
        tree: answer.treeId ?? '',
        folders: paths(answer.subFolders),
        files: paths(answer.files),
      }
    }),

  file: (repository, branch, path) =>
    call('GetFile', repository, async (client, { GetFileCommand }) => {
      const command = new GetFileCommand({
        repositoryName: repository.name,
        commitSpecifier: `refs/heads/${branch}`,
        filePath: path,
      })
      const answer = await client
        .send(command)
        .catch(unless(undefined, ...GONE, 'FileDoesNotExist', 'FileTooLarge', 'InvalidPath'))
      return answer && Buffer.from(answer.fileContent ?? []).toString('utf8')
    }),
})
