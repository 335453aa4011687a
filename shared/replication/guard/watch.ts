import type { RefMap } from '../../git/refs.ts'
import type { RefUpdate } from '../plan.ts'
import type { Target } from '../prove.ts'
import type { Announce, Guard } from '../relay/types.ts'
import { createGuard, type GuardParts, type GuardPolicy } from './guard.ts'
import { createMemory } from './memory.ts'

/** What of relay.yml a replica's guard goes by. */
export interface WatchSettings extends Pick<GuardPolicy, 'safety' | 'days'> {
  readonly divergenceOf: (target: Target) => GuardPolicy['divergence']
}

/** One run's guard and memory. */
export interface GuardedRun {
  readonly guard: Guard
  readonly announce: Announce
  readonly confirm: (moves: readonly RefUpdate[]) => Promise<void>
  readonly remember: (refs: RefMap, at?: number) => Promise<void>
}

/** Guard and memory of any replica, for one run after another. */
export const createWatch =
  (parts: GuardParts, { divergenceOf, ...settings }: WatchSettings) =>
  (target: Target, terms: Pick<GuardPolicy, 'force' | 'until' | 'bytes' | 'signal'>): GuardedRun => {
    const kmsKey = target.kmsKey
    const policy = { ...settings, ...terms, divergence: divergenceOf(target), kmsKey }
    return { guard: createGuard(parts, target, policy), ...createMemory(parts, target) }
  }
