import type { RefUpdate } from './plan.ts'

/** Of relay.yml: `safety`. */
export interface SafetyLimits {
  readonly refs: number
  readonly percent: number
}

export interface Losses {
  readonly deletions: number
  /** updates after which the replica's old tip is not part of what the source holds */
  readonly rewinds: number
}

/** What of these updates takes something away. `losing`: those after which nothing at the source reaches the old tip. */
export const lossesOf = (updates: readonly RefUpdate[], losing: readonly RefUpdate[]): Losses => {
  const lost = new Set(losing.map(({ ref }) => ref))
  return {
    deletions: updates.filter(({ kind }) => kind === 'delete').length,
    rewinds: updates.filter(({ kind, ref }) => kind === 'update' && lost.has(ref)).length,
  }
}

/**
 * Why a plan takes too much away to be carried out unasked: more refs than `refs`, and more than `percent` of those that the
 * replica holds. Undefined: it does not.
 * @param held refs of the replica before
 */
export const refusalOf = (
  { deletions, rewinds }: Losses,
  held: number,
  limits: SafetyLimits,
): string | undefined => {
  const losses = deletions + rewinds
  if (losses <= limits.refs || losses * 100 <= held * limits.percent) return undefined
  return (
    `${losses} of ${held} refs would be deleted or rewound (${deletions} and ${rewinds}); ` +
    `more than ${limits.refs} refs and ${limits.percent} percent are not carried out unasked`
  )
}
