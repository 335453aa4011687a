import { modeNamed } from '../objects/trees.ts'
import { reject } from '../reject.ts'

/** codecommit user guide, "Quotas"; API reference, FileContent and the exceptions of CreateCommit */
const MAX_FILE_BYTES = 6 * 1024 * 1024
const MAX_COMMIT_BYTES = 7 * 1024 * 1024
const MAX_FOLDER_BYTES = 6 * 1024 * 1024

/** Largest file that GetFile and GetBlob answer. */
export const MAX_ANSWER_BYTES = MAX_FILE_BYTES

/** @param contents of one request; throws FileContentSizeLimitExceeded */
export const checkContents = (contents: readonly Uint8Array[]): void => {
  const total = contents.reduce((sum, { byteLength }) => sum + byteLength, 0)
  if (total <= MAX_COMMIT_BYTES && contents.every(({ byteLength }) => byteLength <= MAX_FILE_BYTES)) return
  reject(
    'FileContentSizeLimitExceeded',
    'The content is too large. A file can be at most 6 MB, and all content of a commit together 7 MB large.',
  )
}

/** @param bytes of a tree object; throws FolderContentSizeLimitExceeded */
export const checkFolder = (bytes: number): void => {
  if (bytes <= MAX_FOLDER_BYTES) return
  reject(
    'FolderContentSizeLimitExceeded',
    'The commit leaves a folder whose contents exceed the limit of 6 MB.',
  )
}

/** @returns git's mode, undefined when none is named; throws InvalidFileMode */
export const checkedMode = (name: string | undefined): string | undefined => {
  if (name === undefined || name === null) return undefined
  return (
    modeNamed(name) ??
    reject('InvalidFileMode', 'The file mode is not valid. It is EXECUTABLE, NORMAL or SYMLINK.')
  )
}
