import { describe, expect, test } from '@jest/globals'
import { explore } from '../../support/explore.ts'
import { type Bounds, claimsModel } from './claims-model.ts'

describe('every order of steps', () => {
  test.each<[string, Bounds]>([
    ['two pushes, streamed, two workers', { pushes: 2, workers: 2 }],
    [
      'one push, streamed, workers killed twice and a lease that ran out',
      { pushes: 1, workers: 2, kills: 2, pauses: 1 },
    ],
    ['one push, streamed, its message handed out twice', { pushes: 1, workers: 2, doubles: 1, sweeps: 1 }],
    ['beats', { pushes: 1, workers: 2, doubles: 1, pauses: 1, beats: 1, sweeps: 1 }],
    ['a mirror, a worker killed', { pushes: 1, workers: 2, kills: 1, handOvers: 'all' }],
    ['a mirror, a lease that ran out', { pushes: 1, workers: 2, pauses: 1, handOvers: 'all' }],
    ['a mirror, an answer of ECS lost', { pushes: 1, workers: 2, lostAnswers: 1, handOvers: 'all' }],
    ['a mirror that fails, twice', { pushes: 1, workers: 2, failures: 2, handOvers: 'all' }],
    ['mirror 2 pushes', { pushes: 2, workers: 2, handOvers: 'all' }],
  ])('%s', async (_name, bounds) => {
    const t = performance.now()
    const result = await explore(() => claimsModel(bounds))
    console.log(_name, result, performance.now() - t)
    expect(result.problem).toBeUndefined()
  })
})
