import { accessSync, constants, realpathSync, type Stats, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ScanOptions } from '../commands/scan.ts'
import { UserError } from '../errors.ts'
import { objectFormatOf, repositoryAt } from './local.ts'

/** What is scanned. */
export type ScanTarget =
  | { readonly kind: 'stdin' }
  | { readonly kind: 'files'; readonly path: string }
  | { readonly kind: 'history'; readonly folder: string; readonly range?: string }
  | { readonly kind: 'staged'; readonly folder: string }
  | { readonly kind: 'codecommit'; readonly name: string }

const CODECOMMIT = 'codecommit:'

/**
 * Target and options as one thing to scan.
 * @throws UserError when they contradict one another, or name what is not there
 */
export const targetOf = async (target: string, options: ScanOptions): Promise<ScanTarget> => {
  const { git, stdin, staged, since, repository } = options
  const ways = [
    stdin || target === '-' ? 'standard input' : '',
    staged ? '--staged' : '',
    since === undefined ? '' : '--since',
    repository !== undefined || target.startsWith(CODECOMMIT) ? 'a CodeCommit repository' : '',
    git ? '' : '--no-git',
  ].filter((way) => way !== '')
  if (ways.length > 1) throw new UserError(`${ways.join(' and ')} do not go together.`, 'Choose one of them.')
  if (stdin || target === '-') return { kind: 'stdin' }
  if (repository !== undefined || target.startsWith(CODECOMMIT)) {
    const name = repository ?? target.slice(CODECOMMIT.length).replace(/^\/\//, '')
    if (name === '') throw new UserError('No repository is named.', 'Example: codecommit:orders')
    return { kind: 'codecommit', name }
  }
  const isFolder = checked(target).isDirectory()
  const top = git && isFolder ? await repositoryAt(target) : undefined
  if (staged) {
    if (top === undefined)
      throw new UserError(`${target} is no repository.`, '--staged is about what is to be committed.')
    await checkIds(target)
    return { kind: 'staged', folder: target }
  }
  const isRepository = top !== undefined && realpathSync(resolve(target)) === realpathSync(top)
  if (since !== undefined) {
    if (top === undefined) throw new UserError(`${target} is no repository.`, '--since is about a history.')
    await checkIds(target)
    return { kind: 'history', folder: target, range: since }
  }
  if (!isRepository) return { kind: 'files', path: target }
  await checkIds(target)
  return { kind: 'history', folder: target }
}

/** CodeCommit knows SHA-1 only, and so does what reads packs and objects here. */
const checkIds = async (folder: string): Promise<void> => {
  const format = await objectFormatOf(folder)
  if (format !== 'sha1')
    throw new UserError(
      `${folder} names its objects by ${format}, which is not read here.`,
      '--no-git looks at its files as they lie there.',
    )
}

/** What a path is: a file or a folder that may be read. A pipe or a device has no size, and would be passed over as empty. */
const checked = (path: string): Stats => {
  const stat = statOf(path)
  if (!stat.isFile() && !stat.isDirectory())
    throw new UserError(
      `${path} is neither a file nor a folder.`,
      'What comes through a pipe is read from standard input: relay scan - < PIPE',
    )
  const mode = stat.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK
  try {
    accessSync(path, mode)
  } catch (cause) {
    throw new UserError(`${path} may not be read by you.`, 'Its owner can change that.', { cause })
  }
  return stat
}

const statOf = (path: string): Stats => {
  try {
    return statSync(path)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const isAbsent = code === 'ENOENT' || code === 'ENOTDIR'
    const message = isAbsent ? `There is no ${path}.` : `${path} cannot be looked at (${code}).`
    throw new UserError(message, 'Name a folder, a file or a repository.', { cause })
  }
}
