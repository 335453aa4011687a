import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ScanOptions } from '../commands/scan.ts'
import { UserError } from '../errors.ts'
import { repositoryAt } from './local.ts'

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
  if (!isThere(target))
    throw new UserError(`There is no ${target}.`, 'Name a folder, a file or a repository.')
  if (!isReadable(target))
    throw new UserError(`${target} may not be read by you.`, 'Its owner can change that.')
  const top = git && statSync(target).isDirectory() ? await repositoryAt(target) : undefined
  if (staged) {
    if (top === undefined)
      throw new UserError(`${target} is no repository.`, '--staged is about what is to be committed.')
    return { kind: 'staged', folder: target }
  }
  const isRepository = top !== undefined && realpathSync(resolve(target)) === realpathSync(top)
  if (since !== undefined) {
    if (top === undefined) throw new UserError(`${target} is no repository.`, '--since is about a history.')
    return { kind: 'history', folder: target, range: since }
  }
  return isRepository ? { kind: 'history', folder: target } : { kind: 'files', path: target }
}

const isReadable = (path: string): boolean => {
  const mode = statSync(path).isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined
