import { afterEach, describe, expect, test } from '@jest/globals'
import { grow, openSides, type Sides, setRefs } from './sides.ts'

let sides: Sides
afterEach(() => sides?.close())

const EQUAL = { refs: [], faults: '' }

describe('a relay makes the replica equal', () => {
  test('by four requests and two more for the proof, then again for one commit', async () => {
    sides = await openSides()
    await grow(sides.source, 'main', 3)
    const first = await sides.relay()
    expect(first).toMatchObject({ kind: 'equal', moved: { created: 1, updated: 0, deleted: 0 } })
    await grow(sides.source, 'main')
    const second = await sides.relay()
    expect(second).toMatchObject({
      kind: 'equal',
      moved: { created: 0, updated: 1, deleted: 0 },
      cost: { requests: 6 },
    })
    expect(await sides.differences()).toEqual(EQUAL)
    expect(await sides.relay()).toMatchObject({ kind: 'equal', cost: { requests: 2 } })
  })

  test('force push, rename, deletion, tags', async () => {
    sides = await openSides()
    const one = await grow(sides.source, 'main', 3)
    await grow(sides.source, 'old', 2, { from: one })
    await sides.source.git(['tag', 'light', one])
    await sides.source.git(['tag', '-a', '-m', 'words', 'heavy', one])
    await sides.relay()
    expect(await sides.differences()).toEqual(EQUAL)
    const old = await sides.source.git(['rev-parse', 'old'])
    await setRefs(sides.source, {
      'refs/heads/old': undefined,
      'refs/heads/new': old,
      'refs/tags/light': old,
    })
    await grow(sides.source, 'main', 2, { root: true })
    const out = await sides.relay()
    expect(out).toMatchObject({ kind: 'equal', moved: { created: 1, updated: 2, deleted: 1 } })
    expect(await sides.differences()).toEqual(EQUAL)
  })
})
