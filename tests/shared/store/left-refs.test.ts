import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  type LeftMove,
  type LeftRefsStore,
  MAX_REMEMBERED_REFS,
  NOTHING,
  oidMark,
  openLeftRefs,
  refKey,
  UNDER_WAY_MS,
} from '../../../shared/store/left-refs.ts'
import { startTable, type TestTable } from '../../support/table.ts'

let server: TestTable
let left: LeftRefsStore
let number = 0

beforeAll(async () => {
  server = await startTable()
  left = openLeftRefs(server.table)
})
afterAll(() => server.close())

const newPair = () => {
  number += 1
  const repository = { account: '111111111111', region: 'us-east-1', name: `r${number}` }
  return { repository, replica: { ...repository, region: 'eu-west-1' } }
}
const refsOf = (count: number) =>
  new Map(
    Array.from({ length: count }, (_, index) => [`refs/heads/b${index}`, String(index).padStart(40, '7')]),
  )
const moveOf = (index: number, to: string, at: number, done = false): LeftMove => ({
  key: refKey(`refs/heads/b${index}`),
  from: NOTHING,
  to,
  at,
  done,
})
const HOUR = 3600_000

describe('what was left on a replica', () => {
  test('is read back as it was proven', async () => {
    const pair = newPair()
    expect(await left.read(pair)).toEqual({ moves: new Map(), untold: false })
    const refs = refsOf(3)
    await left.prove(pair, 'sha256:1', refs, HOUR)
    expect(await left.read(pair)).toEqual({
      proven: {
        digest: 'sha256:1',
        at: HOUR,
        refs: new Map([...refs].map(([ref, oid]) => [refKey(ref), oidMark(oid)])),
      },
      moves: new Map(),
      untold: false,
    })
    await left.prove(pair, 'sha256:1', refs, HOUR + 5)
    expect((await left.read(pair)).proven?.at).toBe(HOUR)
  })

  test('as many refs as there may be are remembered, of more the digest alone', async () => {
    const pair = newPair()
    await left.prove(pair, 'sha256:1', refsOf(MAX_REMEMBERED_REFS), HOUR)
    expect((await left.read(pair)).proven?.refs?.size).toBe(MAX_REMEMBERED_REFS)
    await left.prove(pair, 'sha256:2', refsOf(MAX_REMEMBERED_REFS + 1), HOUR)
    expect((await left.read(pair)).proven).toEqual({ digest: 'sha256:2', at: HOUR })
  })

  test.each([1, 40, 41, 8_001, MAX_REMEMBERED_REFS])('%i announced moves are read back', async (count) => {
    const pair = newPair()
    const moves = Array.from({ length: count }, (_, index) =>
      moveOf(index, oidMark(`${index}`.padStart(40, '9')), HOUR),
    )
    await left.announce(pair, moves)
    expect(
      [...(await left.read(pair)).moves.values()].flat().sort((a, b) => (a.key < b.key ? -1 : 1)),
    ).toEqual(moves.sort((a, b) => (a.key < b.key ? -1 : 1)))
    await left.announce(
      pair,
      moves.map((move) => ({ ...move, done: true })),
    )
    expect([...(await left.read(pair)).moves.values()].every((all) => all.at(-1)?.done)).toBe(true)
  })

  test('more than that are not remembered, and that is', async () => {
    const pair = newPair()
    await left.announce(
      pair,
      Array.from({ length: MAX_REMEMBERED_REFS + 1 }, (_, index) => moveOf(index, NOTHING, HOUR)),
    )
    expect(await left.read(pair)).toEqual({ moves: new Map(), untold: true })
    await left.prove(pair, 'sha256:1', refsOf(1), HOUR + UNDER_WAY_MS)
    expect((await left.read(pair)).untold).toBe(false)
  })

  test('the later announcement of a ref counts, whenever it was written', async () => {
    const pair = newPair()
    await left.announce(pair, [moveOf(1, 'a'.repeat(16), 5 * HOUR)])
    await left.announce(pair, [moveOf(1, 'b'.repeat(16), 2 * HOUR)])
    expect((await left.read(pair)).moves.get(refKey('refs/heads/b1'))?.at(-1)?.to).toBe('a'.repeat(16))
  })

  test('a proof forgets what it fulfils and what is long over, not what may still be pushed', async () => {
    const pair = newPair()
    const refs = refsOf(2)
    await left.announce(pair, [moveOf(1, oidMark(refs.get('refs/heads/b1')!), HOUR)])
    await left.prove(pair, 'sha256:1', refs, HOUR + 1)
    expect((await left.read(pair)).moves.size).toBe(0)
    await left.announce(pair, [moveOf(1, 'c'.repeat(16), 2 * HOUR, true)])
    await left.prove(pair, 'sha256:2', refs, 2 * HOUR + UNDER_WAY_MS - 1)
    expect((await left.read(pair)).moves.size).toBe(1)
    await left.prove(pair, 'sha256:2', refs, 2 * HOUR + UNDER_WAY_MS)
    expect((await left.read(pair)).moves.size).toBe(0)
  })

  test('what was read earlier does not replace what was proven meanwhile; a clock far ahead is not believed', async () => {
    const pair = newPair()
    const digest = async () => (await left.read(pair)).proven?.digest
    await left.prove(pair, 'sha256:new', refsOf(2), HOUR)
    await left.announce(pair, [moveOf(1, 'c'.repeat(16), HOUR + 1)])
    await left.prove(pair, 'sha256:old', refsOf(1), HOUR - 1)
    expect(await digest()).toBe('sha256:new')
    expect((await left.read(pair)).moves.size).toBe(1)
    await left.prove(pair, 'sha256:later', refsOf(1), HOUR - UNDER_WAY_MS - 1)
    expect(await digest()).toBe('sha256:later')
  })

  test('of two workers that announced a move of one ref either may have made it', async () => {
    const pair = newPair()
    const [won, lost] = [moveOf(1, 'a'.repeat(16), HOUR), moveOf(1, 'b'.repeat(16), HOUR + 1)]
    await left.announce(pair, [won])
    await left.announce(pair, [lost])
    expect((await left.read(pair)).moves.get(won.key)).toEqual([won, lost])
    await left.announce(pair, [{ ...won, done: true }])
    expect((await left.read(pair)).moves.get(won.key)).toEqual([{ ...won, done: true }, lost])
  })
})
