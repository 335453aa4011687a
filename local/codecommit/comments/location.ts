import type { Location } from '@aws-sdk/client-codecommit'
import type { Bare } from '../bare.ts'
import type { Context } from '../context.ts'
import { reject } from '../validate.ts'
import type { CommentLocation, Subject } from './records.ts'

const MAX_PATH = 4_096

/**
 * Where in a comparison a comment stands; undefined: on all of it. Throws InvalidFileLocation, PathRequired, InvalidPath,
 * InvalidRelativeFileVersionEnum, InvalidFilePosition.
 */
export const checkedLocation = (location: Location | undefined): CommentLocation | undefined => {
  if (location === undefined || location === null) return undefined
  const { filePath, filePosition, relativeFileVersion } = location
  if (filePath === undefined && filePosition === undefined && relativeFileVersion === undefined) {
    reject('InvalidFileLocation', 'The location is empty: it must name a file.')
  }
  if (relativeFileVersion !== 'BEFORE' && relativeFileVersion !== 'AFTER') {
    return reject('InvalidRelativeFileVersionEnum', 'The version of the file is BEFORE or AFTER.')
  }
  if (filePath === undefined || filePath === '') {
    return reject('PathRequired', 'The path of a file is required.')
  }
  if (!isPath(filePath))
    reject('InvalidPath', `The path ${JSON.stringify(filePath.slice(0, 200))} is not valid.`)
  if (filePosition !== undefined && (!Number.isInteger(filePosition) || filePosition < 1)) {
    reject('InvalidFilePosition', 'The position in the file is the number of a line, from 1.')
  }
  return {
    // a leading slash means the root
    filePath: filePath.replace(/^\//, ''),
    ...(filePosition !== undefined && { filePosition }),
    relativeFileVersion,
  }
}

const isPath = (path: string): boolean => {
  const parts = path.replace(/^\//, '').split('/')
  return (
    path.length <= MAX_PATH &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be found
    !/[\u0000-\u001f]/.test(path) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..')
  )
}

type Compared = Pick<Subject, 'beforeCommitId' | 'afterCommitId'>

/**
 * Looks at the commits, and at the file on both sides. @returns its blobs; a side on which it is missing has none.
 * Throws CommitDoesNotExist, CommitIdRequired when only `before` is missing for a commit that has parents, PathDoesNotExist,
 * InvalidFileLocation for a folder, InvalidFilePosition past the last line.
 */
export const lookAt = async (
  context: Pick<Context, 'git'>,
  bare: Bare,
  compared: Compared,
  location: CommentLocation | undefined,
): Promise<Pick<Subject, 'beforeBlobId' | 'afterBlobId'>> => {
  const { beforeCommitId, afterCommitId } = compared
  const ids = [...(beforeCommitId === undefined ? [] : [beforeCommitId]), afterCommitId]
  const commits = await bare.commits(ids)
  for (const id of ids) {
    if (!commits.has(id)) reject('CommitDoesNotExist', `Commit ${id} does not exist`)
  }
  if (beforeCommitId === undefined && /^parent /m.test(headOf(commits.get(afterCommitId)))) {
    reject('CommitIdRequired', 'The commit before is required: only a first commit is compared with nothing.')
  }
  if (location === undefined) return {}
  const { filePath, filePosition, relativeFileVersion } = location
  const [before, after] = await Promise.all(
    [beforeCommitId, afterCommitId].map((id) =>
      id === undefined ? undefined : objectAt(context, bare, id, filePath),
    ),
  )
  const commented = relativeFileVersion === 'BEFORE' ? before : after
  if (commented === undefined) {
    return reject('PathDoesNotExist', `The path ${filePath} does not exist in that version`)
  }
  if (commented.type !== 'blob') reject('InvalidFileLocation', `The path ${filePath} is not that of a file.`)
  if (filePosition !== undefined && filePosition > (await linesOf(context, bare, commented.id))) {
    reject('InvalidFilePosition', `The file ${filePath} has no line ${filePosition} in that version.`)
  }
  return {
    ...(before?.type === 'blob' && { beforeBlobId: before.id }),
    ...(after?.type === 'blob' && { afterBlobId: after.id }),
  }
}

const headOf = (commit: Buffer | undefined): string => commit?.toString('latin1').split('\n\n', 1)[0] ?? ''

/** git-cat-file, "BATCH OUTPUT": `<id> <type> <size>`, or the name and `missing`. */
const objectAt = async (
  { git }: Pick<Context, 'git'>,
  bare: Bare,
  commitId: string,
  path: string,
): Promise<{ id: string; type: string } | undefined> => {
  const args = [`--git-dir=${bare.directory}`, 'cat-file', '--batch-check']
  const line = (await git.must(args, `${commitId}:${path}\n`)).trim()
  const [, id, type] = /^([0-9a-f]{40}) (\w+) \d+$/.exec(line) ?? []
  return id === undefined || type === undefined ? undefined : { id, type }
}

const linesOf = async ({ git }: Pick<Context, 'git'>, bare: Bare, blobId: string): Promise<number> => {
  const { stdout } = await git.run([`--git-dir=${bare.directory}`, 'cat-file', 'blob', blobId])
  let lines = stdout.length > 0 && stdout.at(-1) !== 10 ? 1 : 0
  for (let at = stdout.indexOf(10); at >= 0; at = stdout.indexOf(10, at + 1)) lines += 1
  return lines
}
