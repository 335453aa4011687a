import { bytesName } from '../objects/trees.ts'
import { reject } from '../reject.ts'

/** codecommit user guide, "Quotas": file paths */
const MAX_PATH = 4_096
const MAX_FOLDERS = 20

/** Code points that file systems of macOS leave out when they compare names (git's `utf8.c`, `next_hfs_char`). */
const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g

/**
 * The segments of a file's path, in bytes as trees have them. A slash before the first is taken, as in the API reference's examples.
 * @throws PathRequired, InvalidPath
 */
export const filePath = (path: unknown): string[] => {
  if (path === undefined || path === null || path === '') return reject('PathRequired', 'A path is required.')
  const segments = segmentsOf(path)
  if (segments.length === 0) reject('InvalidPath', 'The path is not valid: it names no file.')
  if (segments.length > MAX_FOLDERS + 1) {
    reject('InvalidPath', `The path is not valid: it is more than ${MAX_FOLDERS} directories deep.`)
  }
  return segments
}

/**
 * The segments of a folder's path; the root has none, as `/` and as an empty text.
 * @throws PathRequired, InvalidPath
 */
export const folderPath = (path: unknown): string[] => {
  if (path === undefined || path === null) return reject('PathRequired', 'A path is required.')
  // a slash at the end of a folder's path is harmless where it only looks
  return path === '' ? [] : segmentsOf(String(path).replace(/(?<=.)\/$/, ''))
}

const segmentsOf = (path: unknown): string[] => {
  const problem = typeof path === 'string' ? pathProblem(path) : 'it is not a text'
  if (problem !== undefined) reject('InvalidPath', `The path is not valid: ${problem}.`)
  const text = (path as string).replace(/^\//, '')
  return text === '' ? [] : text.split('/').map(bytesName)
}

/** Why CodeCommit, or git, would not have this path in a tree; undefined when it would. */
export const pathProblem = (path: string): string | undefined => {
  if ([...path].length > MAX_PATH) return `it is longer than ${MAX_PATH} characters`
  if (path.includes('\0')) return 'it holds a NUL character'
  const segments = path.replace(/^\//, '').split('/')
  if (segments.length === 1 && segments[0] === '') return undefined
  if (segments.includes('')) return 'it has an empty part'
  if (segments.some((name) => name === '.' || name === '..')) return 'it has . or .. as a part'
  if (segments.some(isDotGit)) return 'a part of it is a name that git keeps for itself'
  return undefined
}

/** `.git` as any file system may read it: git refuses trees that hold one (git-fsck, `hasDotgit`). */
const isDotGit = (name: string): boolean => {
  const plain = name.replace(HFS_IGNORED, '').toLowerCase()
  return /^(\.git|git~1)[ .]*(:.*)?$/.test(plain)
}

export const joinPath = (segments: readonly string[]): string => segments.join('/')
