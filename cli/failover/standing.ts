import { sameAddress } from '../../shared/codecommit/address.ts'
import { type Procedure, STEPS } from '../../shared/store/procedures.ts'
import { UserError } from '../errors.ts'
import type { Chosen } from './choose.ts'

/** Where a repository stands when a failover or failback is asked for. */
export type Standing =
  | { readonly kind: 'new' }
  /** this very procedure was begun */
  | { readonly kind: 'go-on'; readonly begun: Procedure }
  /** the other one was begun and has not swapped: it is taken back, and that is all */
  | { readonly kind: 'take-back'; readonly begun: Procedure }
  /** the other one was begun and has swapped: it is finished, and then this one begins */
  | { readonly kind: 'finish-first'; readonly begun: Procedure }
  | { readonly kind: 'already'; readonly since: string; readonly by: string }

/**
 * What was begun or done before decides what is done now, and what a dry run foresees.
 * @throws UserError for a failover to one region while another has taken over, or is about to
 */
export const standingOf = ({ kind, begun, swapped, active, origin }: Chosen): Standing => {
  if (begun && begun.kind !== kind) {
    const done = STEPS.indexOf(begun.done) >= STEPS.indexOf('swap')
    // killed between the swap and the note of it: the direction tells
    const turned = (swapped !== undefined) === (begun.kind === 'failover')
    return { kind: done || turned ? 'finish-first' : 'take-back', begun }
  }
  if (begun) {
    if (sameAddress(begun.active, active)) return { kind: 'go-on', begun }
    throw new UserError(
      `A failover to ${begun.active.region} was begun at ${begun.begunAt} and is not over.`,
      `Finish it with --to ${begun.active.region}, or take it back with relay failback ${origin.name}.`,
    )
  }
  if (kind === 'failback' || !swapped) return { kind: 'new' }
  if (sameAddress(swapped.active, active)) return { kind: 'already', since: swapped.since, by: swapped.by }
  throw new UserError(
    `${origin.name} was failed over to ${swapped.active.region} at ${swapped.since}.`,
    `Run relay failback ${origin.name} first.`,
  )
}
