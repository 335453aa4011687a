import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { RefUpdate } from '../../../../shared/replication/plan.ts'
import type { Draft, Guard } from '../../../../shared/replication/relay/types.ts'
import { RelayError } from '../../../../shared/runtime/errors.ts'
import { EQUAL, grow, openSides, type Sides, setRefs } from './sides.ts'

let sides: Sides
afterEach(() => sides?.close())

const asked: Draft[] = []
afterEach(() => void asked.splice(0))
const agreeing: Guard = async (draft) => {
  asked.push(draft)
  return { kind: 'go', updates: draft.updates }
}
const losing = () => asked.map((draft) => draft.losing.map(({ ref }) => ref.replace('refs/heads/', '')))

/** Either the source says what it reaches, or the replica has to. */
const servers = [
  ['asking the source', { settings: ['uploadpack.allowReachableSHA1InWant=true'] }],
  ['asking the replica', {}],
] as const

describe.each(servers)('what a draft would lose (%s)', (_, source) => {
  const begin = async () => {
    sides = await openSides({ source })
    const one = await grow(sides.source, 'main', 5)
    await sides.relay()
    return one
  }

  test('creations and fast-forwards are not asked about', async () => {
    await begin()
    await grow(sides.source, 'main', 3)
    await grow(sides.source, 'new', 1)
    const outcome = await sides.relay({ guard: agreeing })
    expect(outcome).toMatchObject({ kind: 'equal', cost: { requests: 6 } })
    expect(asked).toEqual([])
  })

  test('nor is a fast-forward that begins a large pack', async () => {
    await begin()
    const { source: side } = sides
    const blob = await side.git(['hash-object', '-w', '--stdin'], randomBytes(1.5e6))
    const tree = await side.git(['mktree'], `100644 blob ${blob}\tlarge\n`)
    const large = await side.git(['commit-tree', '-m', 'large', '-p', 'main', tree])
    await setRefs(side, { 'refs/heads/main': large })
    const outcome = await sides.relay({ guard: agreeing })
    expect(outcome).toMatchObject({ kind: 'equal' })
    expect(asked).toEqual([])
    expect(await sides.differences()).toEqual(EQUAL)
  })

  test('a force push, and a branch that is deleted before it was merged', async () => {
    const one = await begin()
    await grow(sides.source, 'stray', 2, { from: one })
    await grow(sides.source, 'merged', 2, { from: one })
    await sides.relay()
    const merged = await sides.source.git(['rev-parse', 'merged'])
    const tree = await sides.source.git(['rev-parse', 'main^{tree}'])
    const merge = await sides.source.git(['commit-tree', '-m', 'merge', '-p', `${one}~1`, '-p', merged, tree])
    await setRefs(sides.source, {
      'refs/heads/main': merge,
      'refs/heads/stray': undefined,
      'refs/heads/merged': undefined,
    })
    const replica = await sides.replica.refs()
    expect(await sides.relay({ guard: agreeing })).toMatchObject({ kind: 'equal' })
    // main was rewound by one commit, which `merged` holds, and the merge holds `merged`
    expect(losing()).toEqual([['stray']])
    expect(asked[0]).toMatchObject({ source: await sides.source.refs(), replica })
    expect(await sides.differences()).toEqual(EQUAL)
  })

  test('two branches that exchange their tips: neither is sure to keep the other’s', async () => {
    const one = await begin()
    const { source: side } = sides
    const left = await grow(side, 'left', 2, { from: one })
    const right = await grow(side, 'right', 2, { from: one })
    await grow(side, 'kept', 2, { from: one })
    await sides.relay()
    const kept = await side.git(['rev-parse', 'kept'])
    await setRefs(side, { 'refs/heads/left': right, 'refs/heads/right': left })
    expect(await sides.relay({ guard: agreeing })).toMatchObject({ kind: 'equal' })
    const names = (updates: readonly RefUpdate[] = []) => updates.map(({ ref }) => ref)
    expect(losing()).toEqual([[]])
    expect(names(asked[0]!.atRisk)).toEqual(['refs/heads/left', 'refs/heads/right'])
    // where a third ref holds both, nothing is at risk
    await setRefs(side, {
      'refs/heads/both': await side.git([
        'commit-tree',
        '-m',
        'x',
        '-p',
        left,
        '-p',
        right,
        `${kept}^{tree}`,
      ]),
    })
    await sides.relay()
    await setRefs(side, { 'refs/heads/left': left, 'refs/heads/right': right })
    expect(await sides.relay({ guard: agreeing })).toMatchObject({ kind: 'equal' })
    expect(asked[1]!.atRisk).toEqual([])
    expect(await sides.differences()).toEqual(EQUAL)
  })

  test('a rewound branch and a moved tag whose old tips stay elsewhere are overwritten, not lost; a merge forward is neither', async () => {
    const one = await begin()
    const { source: side } = sides
    await grow(side, 'later', 2, { from: one })
    const later = await side.git(['rev-parse', 'later'])
    const base = await side.git(['rev-parse', `${one}~3`])
    await setRefs(side, {
      'refs/heads/back': one,
      'refs/heads/forward': one,
      'refs/tags/v1': one,
    })
    await sides.relay()
    await setRefs(side, { 'refs/heads/back': base, 'refs/heads/forward': later, 'refs/tags/v1': later })
    expect(await sides.relay({ guard: agreeing })).toMatchObject({ kind: 'equal' })
    expect(
      asked.map(({ losing, overwritten = [] }) => [losing, overwritten.map(({ ref }) => ref).sort()]),
    ).toEqual([[[], ['refs/heads/back', 'refs/tags/v1']]])
  })

  test('a deleted branch whose tip has another name, or lies behind another branch, is no loss', async () => {
    const one = await begin()
    await setRefs(sides.source, {
      'refs/heads/same': one,
      'refs/heads/behind': `${one}~2`,
    })
    await sides.relay()
    await setRefs(sides.source, { 'refs/heads/same': undefined, 'refs/heads/behind': undefined })
    expect(await sides.relay({ guard: agreeing })).toMatchObject({ kind: 'equal' })
    expect(losing()).toEqual([[]])
  })

  test('among many deletions the lost ones are found by halves', async () => {
    const one = await begin()
    for (const name of ['lost-1', 'lost-2']) await grow(sides.source, name, 1, { from: one })
    const names = Array.from({ length: 40 }, (_n, index) => `refs/heads/b${index}`)
    await setRefs(sides.source, Object.fromEntries(names.map((name, n) => [name, `${one}~${n % 4}`])))
    await sides.relay()
    await setRefs(
      sides.source,
      Object.fromEntries(
        [...names, 'refs/heads/lost-1', 'refs/heads/lost-2'].map((name) => [name, undefined]),
      ),
    )
    const outcome = await sides.relay({ guard: agreeing })
    expect(losing()).toEqual([['lost-1', 'lost-2']])
    const { cost } = outcome as { cost: { requests: number } }
    expect(cost.requests).toBeLessThan(5 + 2 + 2 * 2 * 6)
  })

  test('of an annotated tag the tag itself is lost', async () => {
    await begin()
    await sides.source.git(['tag', '-a', '-m', 'one', 'v1', 'main'])
    await sides.relay()
    await sides.source.git(['tag', '-f', '-a', '-m', 'two', 'v1', 'main'])
    await sides.relay({ guard: agreeing })
    expect(losing()).toEqual([['refs/tags/v1']])
  })
})

describe('what the guard says', () => {
  const begin = async () => {
    sides = await openSides()
    const one = await grow(sides.source, 'main', 3)
    await grow(sides.source, 'stray', 2, { from: one })
    await sides.relay()
    await setRefs(sides.source, { 'refs/heads/stray': undefined })
    await grow(sides.source, 'main', 1, { from: `${one}~1` })
    await grow(sides.source, 'new', 1)
  }
  const pushes = () => sides.replica.server.exchanges.filter(({ service }) => service === 'git-receive-pack')

  test('no: nothing is pushed', async () => {
    await begin()
    const before = await sides.replica.refs()
    const refuse: Guard = async () => ({ kind: 'refuse', reason: 'too much', deletions: 1, rewinds: 1 })
    expect(await sides.relay({ guard: refuse })).toEqual({
      kind: 'refused',
      verdict: { kind: 'refuse', reason: 'too much', deletions: 1, rewinds: 1 },
    })
    expect(await sides.replica.refs()).toEqual(before)
    expect(pushes()).toHaveLength(1)
  })

  test('what it throws ends the relay with nothing pushed', async () => {
    await begin()
    const failure = new Error('parking failed')
    const guard: Guard = () => Promise.reject(failure)
    await expect(sides.relay({ guard })).rejects.toBe(failure)
    expect(pushes()).toHaveLength(1)
  })

  test('yes in part: the rest is left, asked about once, and told', async () => {
    await begin()
    const guard: Guard = async (draft) => {
      asked.push(draft)
      return { kind: 'go', updates: draft.updates.filter(({ kind }) => kind === 'create') }
    }
    const outcome = await sides.relay({ guard })
    expect(outcome).toMatchObject({ kind: 'kept', moved: { created: 1, updated: 0, deleted: 0 } })
    const { kept } = outcome as { kept: readonly RefUpdate[] }
    expect(kept.map(({ kind, ref }) => [kind, ref])).toEqual([
      ['update', 'refs/heads/main'],
      ['delete', 'refs/heads/stray'],
    ])
    expect(asked).toHaveLength(1)
    expect(await sides.differences()).toEqual({ refs: ['refs/heads/main', 'refs/heads/stray'], faults: '' })
  })

  test('yes to a deletion, no to the merge that would have kept its tip: then it is asked as a loss', async () => {
    sides = await openSides()
    const one = await grow(sides.source, 'main', 3)
    const topic = await grow(sides.source, 'topic', 2, { from: one })
    await grow(sides.source, 'lost', 1, { from: one })
    await sides.relay()
    await setRefs(sides.source, {
      'refs/heads/main': topic,
      'refs/heads/topic': undefined,
      'refs/heads/lost': undefined,
    })
    const guard: Guard = async (draft) => {
      asked.push(draft)
      return { kind: 'go', updates: draft.updates.filter(({ ref }) => ref !== 'refs/heads/main') }
    }
    expect(await sides.relay({ guard })).toMatchObject({ kind: 'kept', kept: [{ ref: 'refs/heads/main' }] })
    expect(losing()).toEqual([['lost'], ['lost', 'topic']])
  })

  test('a deletion waits where the update that keeps its tip is refused, and is then asked as a loss', async () => {
    sides = await openSides({ replica: { settings: ['receive.denyNonFastForwards=true'] } })
    const one = await grow(sides.source, 'main', 3)
    const topic = await grow(sides.source, 'topic', 2, { from: `${one}~1` })
    await sides.relay()
    await setRefs(sides.source, { 'refs/heads/main': topic, 'refs/heads/topic': undefined })
    await expect(sides.relay({ guard: agreeing })).rejects.toMatchObject({
      code: 'PUSH_REJECTED',
      data: { ref: 'refs/heads/main', reason: 'non-fast-forward' },
    })
    expect(losing()).toEqual([['main'], ['main'], ['topic']])
    expect((await sides.replica.refs()).get('refs/heads/main')).toBe(one)
  })

  test('a rewound ref waits for the copy that keeps its tip; is that refused, it is asked as a loss', async () => {
    sides = await openSides({ replica: { settings: ['receive.hideRefs=refs/heads/backup'] } })
    const one = await grow(sides.source, 'main', 3)
    await sides.relay()
    await setRefs(sides.source, { 'refs/heads/backup': one, 'refs/heads/main': `${one}~2` })
    const held: (string | undefined)[] = []
    const guard: Guard = async (draft) => {
      held.push((await sides.replica.refs()).get('refs/heads/main'))
      return agreeing(draft)
    }
    await expect(sides.relay({ guard })).rejects.toMatchObject({
      code: 'PUSH_REJECTED',
      data: { ref: 'refs/heads/backup' },
    })
    expect(losing().at(-1)).toEqual(['main'])
    expect(new Set(held)).toEqual(new Set([one]))
  })

  test('where nothing is refused nothing is lost, and one push more is made', async () => {
    sides = await openSides()
    const one = await grow(sides.source, 'main', 3)
    await sides.relay()
    await setRefs(sides.source, { 'refs/heads/backup': one, 'refs/heads/main': `${one}~2` })
    const before = pushes().length
    expect(await sides.relay({ guard: agreeing })).toMatchObject({ kind: 'equal' })
    expect(losing()).toEqual([[]])
    expect(
      pushes()
        .slice(before)
        .map(({ lines }) => lines.length),
    ).toEqual([1, 1])
    expect(await sides.differences()).toEqual(EQUAL)
  })

  test('a deletion that is not made keeps what stands in its way from being made', async () => {
    await begin()
    await setRefs(sides.source, { 'refs/heads/stray/below': 'main' })
    const guard: Guard = async ({ updates }) => ({
      kind: 'go',
      updates: updates.filter(({ kind }) => kind !== 'delete'),
    })
    const outcome = await sides.relay({ guard })
    const { kept } = outcome as { kept: readonly RefUpdate[] }
    expect(kept.map(({ ref }) => ref)).toEqual(['refs/heads/stray/below', 'refs/heads/stray'])
  })
})

describe('before and after a push', () => {
  test('every push is announced; the default branch is asked for before a head goes, and after one came', async () => {
    sides = await openSides()
    await grow(sides.source, 'master', 2)
    await sides.relay()
    const said: unknown[] = []
    await setRefs(sides.source, { 'refs/heads/trunk': 'master', 'refs/heads/master': undefined })
    await grow(sides.source, 'trunk')
    await sides.relay({
      announce: async (updates) => void said.push(updates.map(({ kind, ref }) => `${kind} ${ref}`)),
      defaultBranch: {
        beforeDeletion: async (refs) =>
          void said.push(['before', ...refs, ...(await sides.replica.refs()).keys()]),
        afterCreation: async () => void said.push('after'),
      },
    })
    expect(said).toEqual([
      ['create refs/heads/trunk'],
      'after',
      ['delete refs/heads/master'],
      ['before', 'refs/heads/master', 'refs/heads/master', 'refs/heads/trunk'],
    ])
    expect(await sides.differences()).toEqual(EQUAL)
  })

  test('an announcement that fails ends the relay with nothing pushed', async () => {
    sides = await openSides()
    await grow(sides.source, 'main')
    // whatever its code, it is no failure of the wire
    const failure = new RelayError('REMOTE_FAILED', { problem: 'the table is full' })
    await expect(sides.relay({ announce: () => Promise.reject(failure) })).rejects.toBe(failure)
    expect(await sides.replica.refs()).toEqual(new Map())
  })
})
