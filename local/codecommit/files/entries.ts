import type { CreateCommitInput, PutFileEntry } from '@aws-sdk/client-codecommit'
import { reject } from '../reject.ts'
import { KEEP_FILE } from './edit.ts'
import { checkContents, checkedMode } from './limits.ts'
import { filePath, joinPath } from './paths.ts'

/** codecommit user guide, "Quotas": files in one commit made through the API */
const MAX_ENTRIES = 100

type Path = readonly string[]

export interface Put {
  readonly path: Path
  readonly mode?: string | undefined
  readonly content?: Uint8Array
  readonly source?: { readonly path: Path; readonly move: boolean }
}

/** What a commit shall change, checked as far as that goes without looking at the repository. */
export interface Entries {
  readonly puts: readonly Put[]
  readonly deletes: readonly Path[]
  readonly modes: readonly { readonly path: Path; readonly mode: string }[]
}

type Wanted = Pick<CreateCommitInput, 'putFiles' | 'deleteFiles' | 'setFileModes'>

/** Throws the exception of the first rule that is broken (API reference, CreateCommit). */
export const checkedEntries = ({ putFiles = [], deleteFiles = [], setFileModes = [] }: Wanted): Entries => {
  const count = putFiles.length + deleteFiles.length + setFileModes.length
  if (count === 0)
    reject('FileEntryRequired', 'The commit names no file that is to be added, changed or deleted.')
  if (count > MAX_ENTRIES) {
    reject('MaximumFileEntriesExceeded', `A commit can change at most ${MAX_ENTRIES} files.`)
  }
  const puts = putFiles.map(checkedPut)
  const deletes = deleteFiles.map((entry) => filePath(entry.filePath))
  const modes = setFileModes.map((entry) => ({ path: filePath(entry.filePath), mode: entry.fileMode }))
  checkNesting(puts)
  checkRepetition({ puts, deletes, modes })
  checkContents(puts.flatMap(({ content }) => (content ? [content] : [])))
  for (const { source } of puts) {
    if (source?.path.at(-1) === KEEP_FILE) {
      reject('RestrictedSourceFile', `A ${KEEP_FILE} file can be neither copied nor moved.`)
    }
  }
  return {
    puts: puts.map((put, index) => ({ ...put, mode: checkedMode(putFiles[index]?.fileMode) })),
    deletes,
    modes: modes.map(({ path, mode }) => ({ path, mode: checkedMode(mode) ?? noMode() })),
  }
}

const noMode = (): never =>
  reject('FileModeRequired', 'A file mode is required to change the mode of a file.')

const checkedPut = ({ filePath: path, fileContent, sourceFile }: PutFileEntry): Put => {
  if (fileContent === undefined && sourceFile === undefined) {
    reject('SourceFileOrContentRequired', 'Either content or a source file is required for each file.')
  }
  if (fileContent !== undefined && sourceFile !== undefined) {
    reject('FileContentAndSourceFileSpecified', 'A file takes either content or a source file, not both.')
  }
  return {
    path: filePath(path),
    ...(fileContent && { content: fileContent }),
    ...(sourceFile && {
      source: { path: filePath(sourceFile.filePath), move: sourceFile.isMove ?? false },
    }),
  }
}

/** A path cannot be a file and a folder at once. */
const checkNesting = (puts: readonly Put[]): void => {
  const files = new Set(puts.map(({ path }) => joinPath(path)))
  const above = (path: Path) => path.slice(1).map((_, index) => joinPath(path.slice(0, index + 1)))
  if (puts.some(({ path }) => above(path).some((folder) => files.has(folder)))) {
    reject('PutFileEntryConflict', 'The commit names the same path as a file and as a folder.')
  }
}

/** One action for each path; moving a file away is one. */
const checkRepetition = ({
  puts,
  deletes,
  modes,
}: {
  puts: readonly Put[]
  deletes: readonly Path[]
  modes: readonly { path: Path }[]
}): void => {
  const acted = [
    ...puts.map(({ path }) => path),
    ...puts.flatMap(({ source }) => (source?.move ? [source.path] : [])),
    ...deletes,
    ...modes.map(({ path }) => path),
  ].map(joinPath)
  if (new Set(acted).size < acted.length) {
    reject('SamePathRequest', 'The commit has more than one action for the same path.')
  }
}
