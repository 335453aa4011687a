import type { RefMap } from '../../git/refs.ts'
import { ZERO_OID } from '../../git/types.ts'
import { type LeftMove, type LeftRefsStore, oidMark, refKey } from '../../store/left-refs.ts'
import type { Pair } from '../../store/records.ts'
import { digestOf } from '../digest.ts'
import type { RefUpdate } from '../plan.ts'
import type { Announce } from '../relay/types.ts'

/** What Relay left on one replica. Each method may be repeated. */
export interface Memory {
  /** before a push: a killed relay's own moves must not be taken for a stranger's */
  readonly announce: Announce
  /** the replica said that it took these moves, and no proof followed at once: costs one write */
  readonly confirm: (moves: readonly RefUpdate[]) => Promise<void>
  /**
   * Whenever both sides were found equal, or equal but for refs that are kept; `refs` is what both hold alike. Costs one read where
   * nothing changed, so the sweep may call it for each replica whose digest is not the one that its record holds.
   * @param at when they were read, milliseconds since the epoch; absent: just now
   */
  readonly remember: (refs: RefMap, at?: number) => Promise<void>
}

export interface MemoryParts {
  readonly left: LeftRefsStore
  /** milliseconds since the epoch */
  readonly now: () => number
}

/** @throws RelayError (from every method) STORE_FAILED */
export const createMemory = ({ left, now }: MemoryParts, pair: Pair): Memory => {
  const announced = new Map<string, number>()
  return {
    announce: (updates) => {
      const at = now()
      for (const { ref } of updates) announced.set(ref, at)
      return left.announce(
        pair,
        updates.map((update) => moveOf(update, at, false)),
      )
    },
    // as of its announcement: what others announced since came after it, whenever this is written
    confirm: (moves) =>
      left.announce(
        pair,
        moves.map((move) => moveOf(move, announced.get(move.ref) ?? now(), true)),
      ),
    remember: (refs, at = now()) => left.prove(pair, digestOf(refs), refs, at),
  }
}

const moveOf = (update: RefUpdate, at: number, done: boolean): LeftMove => ({
  key: refKey(update.ref),
  from: oidMark(update.kind === 'create' ? ZERO_OID : update.from),
  to: oidMark(update.kind === 'delete' ? ZERO_OID : update.to),
  at,
  done,
})
