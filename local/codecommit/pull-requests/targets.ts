import type { Target } from '@aws-sdk/client-codecommit'
import type { Bare } from '../bare.ts'
import { branchNameProblem } from '../refs.ts'
import { reject, repositoryName } from '../validate.ts'

export interface CheckedTarget {
  readonly repositoryName: string
  /** full refs */
  readonly sourceReference: string
  /** absent: the default branch */
  readonly destinationReference?: string
}

/**
 * The one target of a pull request. Throws TargetsRequired, InvalidTargets, TargetRequired, the exceptions of its parts, and
 * MultipleRepositoriesInPullRequest.
 */
export const checkedTarget = (targets: unknown): CheckedTarget => {
  if (targets === undefined || targets === null) {
    reject('TargetsRequired', 'A list of targets for the pull request is required.')
  }
  if (!Array.isArray(targets))
    return reject('InvalidTargets', 'The targets of the pull request are not valid.')
  if (targets.length === 0) reject('TargetsRequired', 'The list of targets is empty.')
  if (targets.some((target) => Object.keys(target).length === 0)) {
    reject('TargetRequired', 'A target of the pull request is empty.')
  }
  const checked = (targets as Partial<Target>[]).map((target) => ({
    repositoryName: repositoryName(target.repositoryName),
    sourceReference: branchReference(target.sourceReference),
    ...(target.destinationReference !== undefined && {
      destinationReference: branchReference(target.destinationReference),
    }),
  }))
  if (new Set(checked.map((target) => target.repositoryName)).size > 1) {
    reject('MultipleRepositoriesInPullRequest', 'A pull request can be made in one repository only.')
  }
  const [target] = checked
  if (target === undefined || checked.length > 1) {
    return reject('InvalidTargets', 'A pull request has exactly one target.')
  }
  return target
}

/**
 * @param reference name of a branch, short or full
 * @returns its full name; throws ReferenceNameRequired, InvalidReferenceName, or ReferenceTypeNotSupported for refs that are no branches
 */
const branchReference = (reference: unknown): string => {
  if (reference === undefined || reference === null || reference === '') {
    reject('ReferenceNameRequired', 'The name of a reference is required.')
  }
  const text = String(reference)
  const short = text.replace(/^refs\/heads\//, '')
  const problem = branchNameProblem(short)
  if (problem !== undefined) reject('InvalidReferenceName', `The reference name is not valid: ${problem}.`)
  if (short.startsWith('refs/')) {
    reject('ReferenceTypeNotSupported', `${text} is not a branch: pull requests are made between branches.`)
  }
  return `refs/heads/${short}`
}

/** Tips of both branches. Throws ReferenceDoesNotExist, ReferenceTypeNotSupported for the name of a tag, SourceAndDestinationAreSame. */
export const tipsOf = async (
  bare: Bare,
  { sourceReference, destinationReference: named }: CheckedTarget,
): Promise<{ destinationReference: string; sourceCommit: string; destinationCommit: string }> => {
  const destinationReference = named ?? `refs/heads/${await bare.head()}`
  if (sourceReference === destinationReference) {
    reject('SourceAndDestinationAreSame', 'Source and destination of the pull request are the same branch.')
  }
  const tip = async (ref: string): Promise<string> => {
    const found = await bare.tip(ref)
    if (found !== undefined) return found
    if ((await bare.tip(ref.replace('refs/heads/', 'refs/tags/'))) !== undefined) {
      reject(
        'ReferenceTypeNotSupported',
        `${ref.slice(11)} is a tag: pull requests are made between branches.`,
      )
    }
    return reject('ReferenceDoesNotExist', `${ref} does not exist`)
  }
  return {
    destinationReference,
    sourceCommit: await tip(sourceReference),
    destinationCommit: await tip(destinationReference),
  }
}
