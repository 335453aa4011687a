import type { Bare } from './bare.ts'
import type { Objects } from './objects/types.ts'
import { branchNameProblem } from './refs.ts'
import { reject } from './reject.ts'

/** A commit and its tree. */
export interface Resolved {
  readonly commitId: string
  readonly treeId: string
}

/**
 * The commit that a specifier means: a full commit id, HEAD, a full ref, a branch, or a tag (API reference, CommitName; a branch before a
 * tag of the same name is inferred).
 * @param specifier absent: the head of the default branch
 * @throws InvalidCommit, CommitDoesNotExist
 */
export const resolveCommit = async (
  bare: Bare,
  objects: Objects,
  specifier: string | undefined,
): Promise<Resolved> => {
  const id = await idMeant(bare, specifier)
  const found = id === undefined ? undefined : await commitAt(objects, id)
  if (found !== undefined) return found
  return reject(
    'CommitDoesNotExist',
    specifier === undefined
      ? 'No commit was specified, and the repository has no default branch.'
      : `Commit ${specifier} does not exist`,
  )
}

/** As {@link resolveCommit} for a specifier that must be there: throws CommitRequired too. */
export const resolveRequired = (
  bare: Bare,
  objects: Objects,
  specifier: string | undefined,
): Promise<Resolved> => {
  if (specifier === undefined || specifier === null) reject('CommitRequired', 'A commit was not specified.')
  return resolveCommit(bare, objects, specifier)
}

const idMeant = async (bare: Bare, specifier: string | undefined): Promise<string | undefined> => {
  if (specifier === undefined || specifier === 'HEAD') return bare.tip(`refs/heads/${await bare.head()}`)
  if (/^[0-9a-f]{40}$/.test(specifier)) return specifier
  const name = specifier.replace(/^refs\/(heads|tags)\//, '')
  if (branchNameProblem(name) !== undefined) {
    return reject('InvalidCommit', `The commit ${JSON.stringify(specifier.slice(0, 300))} is not valid.`)
  }
  if (name !== specifier) return bare.tip(specifier)
  return (await bare.tip(`refs/heads/${name}`)) ?? bare.tip(`refs/tags/${name}`)
}

/** @returns undefined for what is neither a commit nor a tag of one */
export const commitAt = async (objects: Objects, id: string): Promise<Resolved | undefined> => {
  const object = await objects.read(id)
  const head = object?.content?.toString('latin1', 0, 256) ?? ''
  if (object?.type === 'commit') {
    return { commitId: id, treeId: /^tree ([0-9a-f]{40})\n/.exec(head)?.[1] ?? '' }
  }
  const target = object?.type === 'tag' ? /^object ([0-9a-f]{40})\n/.exec(head)?.[1] : undefined
  return target === undefined ? undefined : commitAt(objects, target)
}

/** The branch that a specifier names by `refs/heads/<name>` or by the name alone; undefined for ids, HEAD and other refs. */
export const branchMeant = (specifier: string): string | undefined => {
  if (specifier === 'HEAD' || /^[0-9a-f]{40}$/i.test(specifier)) return undefined
  if (specifier.startsWith('refs/')) return /^refs\/heads\/(.+)$/s.exec(specifier)?.[1]
  return specifier
}
