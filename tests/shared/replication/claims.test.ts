import { describe, expect, test } from '@jest/globals'
import type { Change, Table } from '../../../shared/store/table.ts'
import { explore } from '../../support/explore.ts'
import { type Bounds, claimsModel } from './claims-model.ts'

// At rest: both sides equal and told, no claim and no mark left, or the failure told and in the dead-letter queue. At every
// moment: one mirror at most, and no ref of the replica goes back in time.

const all = 'all'
const two = { pushes: 1, workers: 2 } as const

describe('in every order of steps all ends well', () => {
  test.each<[string, Bounds]>([
    ['two pushes on the word of their events', { pushes: 2, workers: 2, fast: true }],
    ['workers are killed, a lease runs out', { ...two, kills: 2, pauses: 1 }],
    ['a claim is extended, or too late', { ...two, kills: 1, pauses: 1, beats: 1 }],
    ['a mirror, and a worker is killed anywhere', { ...two, kills: 1, handOvers: all }],
    ['a mirror, and a lease runs out anywhere', { ...two, pauses: 1, handOvers: all }],
    ['a mirror, and the answer to its start is lost', { ...two, lostAnswers: 1, handOvers: all }],
    ['a mirror that fails until it is given up', { ...two, failures: 2, handOvers: all }],
  ])('%s', async (_name, bounds) => {
    const { problem, trace, states } = await explore(() => claimsModel(bounds))
    expect({ problem, trace }).toEqual({})
    expect(states).toBeGreaterThan(30)
  })
})

/** A table that holds every condition but a part of one. */
const without =
  (part: string | RegExp) =>
  (table: Table): Table => ({
    ...table,
    update: (key, change: Change) => {
      const when = change.when?.replace(part, '').trim()
      const { when: _when, ...rest } = change
      return table.update(key, when ? { ...rest, when } : rest)
    },
  })

describe('a weaker condition is found out', () => {
  test.each<[string, string | RegExp, Bounds]>([
    ['a claim closes though it is dirty', / AND attribute_not_exists\(#dirty\)$/, { pushes: 2, workers: 2 }],
    [
      'a claim is taken though somebody has it',
      /^attribute_not_exists\(#claim\)$/,
      { pushes: 2, workers: 2, handOvers: all },
    ],
    ['a mark is set though nobody will look', '#claim.#until >= :now', { pushes: 2, workers: 2 }],
    [
      'a lease that holds is taken over',
      ' AND #claim.#until < :now',
      { pushes: 2, workers: 2, handOvers: all },
    ],
    [
      'a launch that was not seen is dropped',
      ' AND attribute_not_exists(#claim.#launch)',
      { ...two, doubles: 1, sweeps: 1, handOvers: all },
    ],
  ])('%s', async (_name, part, bounds) => {
    const { problem } = await explore(() => claimsModel(bounds, without(part)), 12_000)
    expect(problem).toBeDefined()
  })
})
