import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { FindingRecord } from '../../../shared/store/findings.ts'
import { keyOf, openScanWorld, type ScanRepository, type ScanWorld, tokenOf } from './world.ts'

let world: ScanWorld
let orchard: ScanRepository
const planted: string[] = []
const plant = (seed: string): string => {
  const token = tokenOf(seed)
  planted.push(token)
  return token
}

beforeEach(async () => {
  planted.length = 0
  world = await openScanWorld()
  orchard = await world.repository('orchard')
})
afterEach(async () => {
  const everything = JSON.stringify([world.emitted, world.lines, world.sent, [...world.table.items]])
  const secrets = new Set(planted.map((token) => token.slice(4)))
  // twenty hexadecimal digits each; one look for each of thousands took longer than the tests
  const shown = [...everything.matchAll(/[0-9a-f]{20,}/g)].flatMap(([digits]) =>
    Array.from({ length: digits.length - 19 }, (_, at) => digits.slice(at, at + 20)),
  )
  expect(shown.filter((digits) => secrets.has(digits))).toEqual([])
  await world.close()
})

const records = (): FindingRecord[] =>
  [...world.table.items.values()].filter(({ pk }) => String(pk).startsWith('findings#')) as never
const told = () => world.emitted.map(({ type }) => type)
const firstFinding = (index: number) =>
  (world.emitted[index]?.detail.findings as Record<string, unknown>[] | undefined)?.[0]

/** with the newline at its end */
const contentOf = async (commit: string, path: string) =>
  `${await orchard.bare.git(['cat-file', 'blob', `${commit}:${path}`])}\n`
const rulesOf = (index: number) =>
  ((world.emitted[index]?.detail.findings ?? []) as { rule: string }[]).map((finding) => finding.rule).sort()

test('a secret that a push brings is told once, with where, who and what', async () => {
  const first = await orchard.commit({ 'a.txt': 'apples\n' })
  const token = plant('one')
  const second = await orchard.commit({ 'a.txt': 'apples\n', 'src/key.ts': `\nconst key = '${token}'\n` }, [
    first,
  ])
  const event = await orchard.push('main', second)
  expect(await world.run([event, event])).toEqual({ batchItemFailures: [] })
  expect(told()).toEqual(['Secret Found'])
  expect(world.emitted[0]?.detail).toMatchObject({ found: 1, blocking: 1 })
  expect(firstFinding(0)).toMatchObject({
    rule: 'test-token',
    path: 'src/key.ts',
    place: 'file',
    line: 2,
    commit: second,
    author: 'Nina',
    refs: ['refs/heads/main'],
    elsewhere: 0,
    again: false,
  })
  await world.run([event])
  expect(told()).toEqual(['Secret Found'])
})

test('of a batch each repository has its share of the time, also where that is no whole number', async () => {
  world.fail.remainingMs = 200_001
  const bodies: object[] = []
  for (const name of ['orchard', 'meadow', 'field', 'grove']) {
    const repository = name === 'orchard' ? orchard : await world.repository(name)
    bodies.push(await repository.push('main', await repository.commit({ a: `${plant(name)}\n` })))
  }
  expect(await world.run(bodies)).toEqual({ batchItemFailures: [] })
  expect(told()).toEqual(Array(4).fill('Secret Found'))
})

test('removed by a later commit it is resolved and still to be rotated; pushed again it is open again', async () => {
  const token = plant('two')
  const first = await orchard.commit({ 'a.txt': `x ${token}\n`, b: 'b' })
  await world.run([await orchard.push('main', first)])
  const second = await orchard.commit({ 'a.txt': 'x\n', b: 'b' }, [first])
  await world.run([await orchard.push('main', second)])
  expect(told()).toEqual(['Secret Found', 'Secret Resolved'])
  expect(firstFinding(1)).toMatchObject({ how: 'gone', path: 'a.txt' })
  expect(String(world.emitted[1]?.detail.nextStep)).toMatch(/rotate/i)
  expect(records()).toMatchObject([{ state: 'resolved' }])
  const third = await orchard.commit({ 'a.txt': `y ${token}\n`, b: 'b' }, [second])
  await world.run([await orchard.push('main', third)])
  expect(told()).toEqual(['Secret Found', 'Secret Resolved', 'Secret Found'])
  expect(firstFinding(2)).toMatchObject({ again: true, commit: third })
  expect(records()).toMatchObject([{ state: 'open', commit: third }])
})

test('a copy is told by the commit that made it, and stays open when the original is gone', async () => {
  const files = { 'a.txt': `x ${plant('copied')}\n`, 'in/b': 'b', 'in/c': 'c' }
  const first = await orchard.commit(files)
  await world.run([await orchard.push('main', first)])
  const second = await orchard.commit({ ...files, 'in/copy.txt': files['a.txt'] }, [first])
  const push = await orchard.push('main', second)
  // a server that knows what the other side has sends the content no second time
  await orchard.bare.git(['repack', '-a', '-d', '-b', '-q'])
  await world.run([push])
  expect(firstFinding(1)).toMatchObject({ path: 'in/copy.txt', commit: second, refs: ['refs/heads/main'] })
  const { 'a.txt': content, ...rest } = files
  const third = await orchard.commit({ ...rest, 'in/copy.txt': content }, [second])
  await world.run([await orchard.push('main', third)])
  // a branch that still has the original, from before the copy
  await world.run([await orchard.push('late', await orchard.commit({ ...files, late: 'x' }, [first]))])
  const fourth = await orchard.commit({ ...rest, 'in/copy.txt': content, 'in/b': 'bb' }, [third])
  await world.run([await orchard.push('main', fourth)])
  expect(told()).toEqual(['Secret Found', 'Secret Found', 'Secret Resolved', 'Secret Found'])
  expect(firstFinding(3)).toMatchObject({ path: 'a.txt', again: true })
  expect(
    records()
      .map(({ path, state }) => `${path} ${state}`)
      .sort(),
  ).toEqual(['a.txt open', 'in/copy.txt open'])
})

test('a file that is named like its secret is shown masked, and stays open while a branch leads there', async () => {
  const token = plant('name')
  const files = { [`in/${token}.txt`]: `x ${token}\n`, b: 'b' }
  const first = await orchard.commit(files)
  await world.run([await orchard.push('main', first)])
  expect(records()).toMatchObject([{ path: 'in/REDACTED.txt', state: 'open' }])
  const second = await orchard.commit({ ...files, b: 'c', 'in/b': 'b' }, [first])
  await world.run([await orchard.push('main', second)])
  expect(told()).toEqual(['Secret Found'])
  await world.run([await orchard.push('main', undefined)])
  expect(told()).toEqual(['Secret Found', 'Secret Resolved'])
})

test('a file that is renamed to the secret that it holds, or copied to that name, is shown masked', async () => {
  const token = plant('renamed to')
  const content = `x ${token}\n`
  const first = await orchard.commit({ a: content, b: 'b' })
  await world.run([await orchard.push('main', first)])
  const second = await orchard.commit({ [`${token}.txt`]: content, b: 'b' }, [first])
  await world.run([await orchard.push('main', second)])
  expect(records()).toMatchObject([{ path: 'REDACTED.txt', state: 'open' }])
  const third = await orchard.commit({ [`${token}.txt`]: content, [`in ${token}`]: content, b: 'b' }, [
    second,
  ])
  await world.run([await orchard.push('main', third)])
  expect(firstFinding(1)).toMatchObject({ path: 'in REDACTED', commit: third })
})

test('a secret that somebody put into the team’s files is repeated by no message', async () => {
  const [comment, key, long] = [plant('comment'), plant('key'), plant('long')]
  const first = await orchard.commit({ 'a.txt': `x ${plant('shown')}\n`, b: 'b' })
  await world.run([await orchard.push('main', first)])
  const team = {
    '.gitleaksignore': `# the key is ${comment}\na.txt:test-token:1\n`,
    '.gitleaks.toml': `[extend]\nuseDefault = true\n"${key}" = 1\n"${'k'.repeat(50)} ${long}" = 1\n`,
  }
  const second = await orchard.commit({ 'a.txt': await contentOf(first, 'a.txt'), b: 'b', ...team }, [first])
  await world.run([await orchard.push('main', second)])
  expect(told().slice(1)).toEqual(['Scan Rules Invalid', 'Secret Found', 'Secret Resolved'])
  expect(String(world.emitted[1]?.detail.mistakes)).toContain('REDACTED')
  expect(firstFinding(3)).toMatchObject({
    how: 'allowed',
    why: expect.stringContaining('the key is REDACTED'),
  })
})

test('a folder that was copied as a whole: what goes from the original is followed to the copy', async () => {
  const content = `x ${plant('folder')}\n`
  const first = await orchard.commit({ 'in/a.txt': content, b: 'b' })
  await world.run([await orchard.push('main', first)])
  const second = await orchard.commit({ 'in/a.txt': content, 'out/a.txt': content, b: 'b' }, [first])
  const push = await orchard.push('main', second)
  await orchard.bare.git(['repack', '-a', '-d', '-b', '-q'])
  await world.run([push])
  const third = await orchard.commit({ 'out/a.txt': content, b: 'b' }, [second])
  await world.run([await orchard.push('main', third)])
  expect(told()).toEqual(['Secret Found'])
  expect(records()).toMatchObject([{ path: 'out/a.txt', state: 'open' }])
  const fourth = await orchard.commit({ b: 'b' }, [third])
  await world.run([await orchard.push('main', fourth)])
  expect(told()).toEqual(['Secret Found', 'Secret Resolved'])
})

test('a branch from before a rename brings nothing by a commit that left the file alone', async () => {
  const content = `x ${plant('renamed')}\n`
  const first = await orchard.commit({ 'a.txt': content })
  await world.run([await orchard.push('main', first)])
  await world.run([await orchard.push('main', await orchard.commit({ 'r.txt': content }, [first]))])
  expect(records()).toMatchObject([{ path: 'r.txt', state: 'open' }])
  const late = await orchard.push('late', await orchard.commit({ 'a.txt': content, b: 'b' }, [first]))
  await orchard.bare.git(['repack', '-a', '-d', '-b', '-q'])
  await world.run([late])
  expect(told()).toEqual(['Secret Found'])
})

test.each([
  ['an empty commit', (tree: object, tip: string) => orchard.commit(tree as Record<string, string>, [tip])],
  [
    'a merge that is what the merged branch was',
    async (tree: object, tip: string) => {
      const side = await orchard.commit({ ...tree, side: 'x' }, [tip])
      await world.run([await orchard.push('side', side)])
      return orchard.commit({ ...tree, side: 'x' }, [tip, side])
    },
  ],
])('%s brings nothing, and nothing is amiss', async (_, next) => {
  const tree = { 'a.txt': 'x\n' }
  const first = await orchard.commit(tree)
  await world.run([await orchard.push('main', first)])
  await world.run([await orchard.push('main', await next(tree, first))])
  expect(told()).toEqual([])
})

describe('what was resolved comes back', () => {
  const brought = async () => {
    const first = await orchard.commit({ 'a.txt': `x ${plant('back')}\n`, b: 'b' })
    await world.run([await orchard.push('main', first)])
    const second = await orchard.commit({ 'a.txt': 'x\n', b: 'b' }, [first])
    await world.run([await orchard.push('main', second)])
    expect(told()).toEqual(['Secret Found', 'Secret Resolved'])
    return { first, second }
  }

  test.each([false, true])(
    'by a revert, which brings no new blob; the server has bitmaps: %s',
    async (bitmaps) => {
      const { first, second } = await brought()
      const tree = await orchard.bare.git(['rev-parse', `${first}^{tree}`])
      const third = await orchard.bare.git(['commit-tree', tree, '-p', second, '-m', 'revert'])
      const event = await orchard.push('main', third)
      if (bitmaps) await orchard.bare.git(['repack', '-a', '-d', '-b', '-q'])
      await world.run([event])
      expect(told()).toEqual(['Secret Found', 'Secret Resolved', 'Secret Found'])
      expect(records()).toMatchObject([{ state: 'open' }])
    },
  )

  test('by a forced push to an older commit', async () => {
    const { first } = await brought()
    await world.run([await orchard.push('main', first)])
    expect(told()).toEqual(['Secret Found', 'Secret Resolved', 'Secret Found'])
    expect(records()).toMatchObject([{ state: 'open', refs: ['refs/heads/main'] }])
  })

  test('under another name, with and without its content being sent: one finding', async () => {
    const { first, second } = await brought()
    const blob = await orchard.bare.git(['rev-parse', `${first}:a.txt`])
    const content = await orchard.bare.git(['cat-file', 'blob', blob])
    const third = await orchard.commit({ 'c.txt': `${content}\n`, b: 'b' }, [second])
    await world.run([await orchard.push('main', third)])
    expect(records().filter(({ state }) => state === 'open')).toMatchObject([{ path: 'c.txt' }])
    const fourth = await orchard.commit({ b: 'b' }, [third])
    await world.run([await orchard.push('main', fourth)])
    const event = await orchard.push(
      'main',
      await orchard.commit({ 'd.txt': `${content}\n`, b: 'b' }, [fourth]),
    )
    await orchard.bare.git(['repack', '-a', '-d', '-b', '-q'])
    await world.run([event])
    expect(records().filter(({ state }) => state === 'open')).toMatchObject([{ path: 'd.txt' }])
    expect(told().filter((type) => type === 'Secret Found')).toHaveLength(3)
  })

  test('a message, by a branch that is pushed again', async () => {
    const first = await orchard.commit({ a: 'a' })
    await world.run([await orchard.push('main', first)])
    const second = await orchard.commit({ a: 'a' }, [first], `message ${plant('again')}`)
    const third = await orchard.commit({ a: 'b' }, [second])
    await world.run([await orchard.push('side', third)])
    await world.run([await orchard.push('main', undefined), await orchard.push('side', undefined)])
    expect(records()).toMatchObject([{ state: 'resolved' }])
    await world.run([await orchard.push('side', third)])
    expect(told()).toEqual(['Secret Found', 'Secret Resolved', 'Secret Found'])
  })

  test('by a branch at an older commit', async () => {
    const { first } = await brought()
    await world.run([await orchard.push('old', first)])
    expect(told()).toEqual(['Secret Found', 'Secret Resolved', 'Secret Found'])
    expect(records()).toMatchObject([{ state: 'open', refs: ['refs/heads/old'] }])
  })
})

test('added and removed within one push it is told, and counts as resolved', async () => {
  const base = await orchard.commit({ 'a.txt': 'x\n' })
  const middle = await orchard.commit({ 'a.txt': `x ${plant('three')}\n` }, [base])
  const tip = await orchard.commit({ 'a.txt': 'x\n' }, [middle])
  await world.run([await orchard.push('main', tip)])
  expect(told()).toEqual(['Secret Found'])
  expect(firstFinding(0)).toMatchObject({ commit: middle })
  expect(String(world.emitted[0]?.detail.nextStep)).toMatch(/removed it already/)
  expect(records()).toMatchObject([{ state: 'resolved' }])
})

test('a renamed file keeps its finding; the content edited elsewhere, too', async () => {
  const token = plant('four')
  const first = await orchard.commit({ 'a.txt': `x ${token}\n` })
  await world.run([await orchard.push('main', first)])
  const renamed = await orchard.commit({ 'b.txt': `x ${token}\n` }, [first])
  await world.run([await orchard.push('main', renamed)])
  expect(records()).toMatchObject([{ path: 'b.txt', state: 'open' }])
  const edited = await orchard.commit({ 'b.txt': `new line\nx ${token}\n` }, [renamed])
  await world.run([await orchard.push('main', edited)])
  expect(records()).toMatchObject([{ path: 'b.txt', state: 'open', line: 2, commit: first }])
  const both = await orchard.commit({ 'c.txt': `other\nlines\nx ${token}\n` }, [edited])
  await world.run([await orchard.push('main', both)])
  expect(records()).toMatchObject([{ path: 'c.txt', state: 'open', line: 3, commit: first }])
  expect(told()).toEqual(['Secret Found'])
})

test('a branch that was made of one that had it still has it when the other is mended', async () => {
  const first = await orchard.commit({ 'a.txt': `x ${plant('five')}\n` })
  await world.run([await orchard.push('main', first)])
  await world.run([await orchard.push('side', first)])
  const second = await orchard.commit({ 'a.txt': 'x\n' }, [first])
  await world.run([await orchard.push('main', second)])
  expect(told()).toEqual(['Secret Found'])
  expect(records()).toMatchObject([{ state: 'open', refs: ['refs/heads/side'] }])
  await world.run([await orchard.push('side', undefined)])
  expect(told()).toEqual(['Secret Found', 'Secret Resolved'])
})

describe('the same secret in another repository', () => {
  const place = { path: 'a', line: 1, refs: ['refs/heads/main'] }

  test('each finding names the other, with its place and state; whoever has it open is to hear of it once', async () => {
    const token = plant('six')
    const first = await orchard.commit({ a: token })
    await world.run([await orchard.push('main', first)])
    const vineyard = await world.repository('vineyard')
    const second = await vineyard.commit({ 'z.cfg': `key ${token}` })
    await world.run([await vineyard.push('main', second)])
    expect(firstFinding(0)).toMatchObject({ elsewhere: 0 })
    expect(firstFinding(0)).not.toHaveProperty('others')
    expect(firstFinding(1)).toMatchObject({
      path: 'z.cfg',
      elsewhere: 1,
      others: [{ repository: { name: 'orchard' }, state: 'open', news: true, commit: first, ...place }],
    })
    // another file of the same repository is nothing new to the other
    const third = await vineyard.commit({ 'z.cfg': `key ${token}`, 'y.cfg': `y ${token}` }, [second])
    await world.run([await vineyard.push('main', third)])
    expect(firstFinding(2)).toMatchObject({ path: 'y.cfg', elsewhere: 1 })
    expect(firstFinding(2)).not.toHaveProperty('others.0.news')
    expect(firstFinding(2)).toHaveProperty('others.0.state', 'open')
    // and the first repository's finding names the second
    await world.run([await orchard.push('main', await orchard.commit({ a: 'x' }, [first]))])
    expect(firstFinding(3)).toMatchObject({
      how: 'gone',
      others: [{ repository: { name: 'vineyard' }, state: 'open' }],
    })
  })

  test('is known there also under the key before the last rotation', async () => {
    const token = plant('six b')
    await world.run([await orchard.push('main', await orchard.commit({ a: token }))])
    world.fail.rotated = { current: keyOf('b'), previous: keyOf('a') }
    const vineyard = await world.repository('vineyard')
    await world.run([await vineyard.push('main', await vineyard.commit({ z: token }))])
    expect(firstFinding(1)).toMatchObject({
      elsewhere: 1,
      others: [{ repository: { name: 'orchard' }, ...place }],
    })
  })
})

test('a branch that a forced push took away before it was fetched is read through the API', async () => {
  const base = await orchard.commit({ 'a.txt': 'x\n' })
  await world.run([await orchard.push('main', base)])
  const lost = await orchard.commit({ 'a.txt': 'x\n', 'k.env': `K=${plant('seven')}\n` }, [base])
  const events = [await orchard.push('main', lost)]
  const other = await orchard.commit({ 'a.txt': 'other\n' }, [base])
  events.push(await orchard.push('main', other))
  expect(await world.run(events)).toEqual({ batchItemFailures: [] })
  expect(told()).toEqual(['Secret Found'])
  expect(firstFinding(0)).toMatchObject({ commit: lost, path: 'k.env', refs: ['refs/heads/main'] })
  await world.run(events)
  expect(told()).toEqual(['Secret Found'])
})

test('what cannot be read any more is told as not scanned, once', async () => {
  const base = await orchard.commit({ 'a.txt': 'x\n' })
  await world.run([await orchard.push('main', base)])
  const event = (await orchard.push('main', await orchard.commit({ 'a.txt': 'y\n' }, [base]))) as {
    detail: { commitId: string }
  }
  event.detail.commitId = 'c'.repeat(40)
  await world.run([event])
  await world.run([event])
  expect(told()).toEqual(['Scan Incomplete'])
  expect(world.emitted[0]?.detail).toMatchObject({ gapsInAll: 1, gaps: [{ commit: 'c'.repeat(40) }] })
})

test('who dies after the findings were written does it again, and nobody is told twice', async () => {
  const tip = await orchard.commit({ a: plant('eight') })
  const event = await orchard.push('main', tip)
  world.fail.note = () => new Error('the table is away')
  expect((await world.run([event])).batchItemFailures).toHaveLength(1)
  delete world.fail.note
  expect(await world.run([event])).toEqual({ batchItemFailures: [] })
  expect(told()).toEqual(['Secret Found'])
})

test('a repository is claimed for a minute, whatever time the function has: who dies holds nobody up for longer', async () => {
  const event = await orchard.push('main', await orchard.commit({ a: 'x\n' }))
  let claim: unknown
  world.fail.note = () => {
    claim = [...world.table.items.values()].find(({ sk }) => sk === 'claim')
    return new Error('died')
  }
  await world.run([event])
  expect(claim).toMatchObject({ until: Date.parse('2031-05-17T09:06:00Z') })
})

test('whose claim is another’s while it works writes and tells nothing', async () => {
  const event = await orchard.push('main', await orchard.commit({ a: plant('lost') }))
  const { promise, resolve } = Promise.withResolvers<void>()
  world.fail.rest = () => promise
  world.fail.spoil = (piece) => {
    for (const item of world.table.items.values()) if (item.sk === 'claim') item.owner = 'another'
    resolve()
    return piece
  }
  expect((await world.run([event])).batchItemFailures).toHaveLength(1)
  expect(told()).toEqual([])
  expect([...world.table.items.values()].filter(({ sk }) => sk === 'claim')).toMatchObject([
    { owner: 'another' },
  ])
  const said = world.lines.filter((line) => line.includes('CLAIM_LOST')).join()
  expect(said).toContain('another worker is at this work, or took it over')
  expect(said).toContain('repository=111111111111/us-east-1/orchard')
  expect(said).not.toContain('replica')
  expect(world.launched).toEqual([])
})

test('what the bus did not take is told by the next try', async () => {
  const event = await orchard.push('main', await orchard.commit({ a: plant('nine') }))
  world.fail.emit = () => new Error('the bus is away')
  expect((await world.run([event])).batchItemFailures).toHaveLength(1)
  delete world.fail.emit
  await world.run([event])
  expect(told()).toEqual(['Secret Found'])
})

test('a table that is away: tried again, told by the last try, and searched as soon as it is back', async () => {
  const event = await orchard.push('main', await orchard.commit({ a: plant('away') }))
  world.fail.note = () => new Error('away')
  for (const receives of [1, 2, 3]) {
    expect((await world.run([event], receives)).batchItemFailures).toHaveLength(1)
    world.pass(60_000)
  }
  expect(told()).toEqual(['Secret Found', 'Scan Incomplete'])
  delete world.fail.note
  await world.run([event])
  expect([...world.table.items.values()].filter(({ sk }) => sk === 'pause')).toEqual([])
})

test('the team’s files: from the default branch only, allowed by name, and allowed no more', async () => {
  const token = plant('eleven')
  const first = await orchard.commit({ 'a.txt': 'x\n' })
  await world.run([await orchard.push('main', first)])
  const pushed = await orchard.commit(
    { 'k.txt': `x ${token}\n`, '.gitleaksignore': 'k.txt:test-token:1\n' },
    [first],
  )
  await world.run([await orchard.push('topic', pushed)])
  expect(told()).toEqual(['Secret Found'])
  await world.run([await orchard.push('main', pushed)])
  expect(told()).toEqual(['Secret Found', 'Secret Resolved'])
  expect(firstFinding(1)).toMatchObject({
    how: 'allowed',
    why: expect.stringContaining('.gitleaksignore on main'),
  })
  const without = await orchard.commit({ 'k.txt': `x ${token}\n` }, [pushed])
  await world.run([await orchard.push('main', without)])
  expect(told()).toEqual(['Secret Found', 'Secret Resolved', 'Secret Found'])
})

test('a push to the default branch does not allow what it brings: it is told once, and stands as allowed', async () => {
  const first = await orchard.commit({ 'a.txt': 'x\n' })
  await world.run([await orchard.push('main', first)])
  const both = await orchard.commit(
    {
      'k.txt': `x ${plant('sly')}\n`,
      '.gitleaksignore': 'k.txt:test-token:1\n',
      '.gitleaks.toml': "[[rules]]\nid = 'other'\nregex = 'never'\n",
    },
    [first],
  )
  await world.run([await orchard.push('main', both)])
  expect(told()).toEqual(['Secret Found'])
  expect(String(world.emitted[0]?.detail.nextStep)).toContain('also put it into .gitleaksignore')
  expect(records()).toMatchObject([{ state: 'allowed' }])
})

test('a comment in the line allows it, in the name of the commit’s author', async () => {
  await world.run([
    await orchard.push('main', await orchard.commit({ 'a.txt': `x ${plant('twelve')} # gitleaks:allow\n` })),
  ])
  expect(told()).toEqual([])
  expect(records()).toMatchObject([{ state: 'allowed', allowed: { by: 'Nina' } }])
})

test.each([
  ['an expression that Go refuses', '[[rules]]\nregex = "("\n'],
  ['an [extend] with a slip of the pen', '[extends]\nuseDefault = true\n'],
])('%s is told once, and the shipped rules stay in force', async (_, config) => {
  const first = await orchard.commit({ '.gitleaks.toml': config })
  await world.run([await orchard.push('main', first)])
  const second = await orchard.commit({ '.gitleaks.toml': config, a: plant('x13') }, [first])
  await world.run([await orchard.push('main', second)])
  expect(told()).toEqual(['Scan Rules Invalid', 'Secret Found'])
  expect(world.emitted[0]?.detail).toMatchObject({ file: '.gitleaks.toml', used: false })
})

test('the team’s own rules find what the shipped ones do not', async () => {
  const config =
    "[extend]\nuseDefault = true\n[[rules]]\nid = 'our-pin'\nregex = '''pin:(\\d{8})'''\nkeywords = ['pin:']\n"
  const first = await orchard.commit({ '.gitleaks.toml': config })
  await world.run([await orchard.push('main', first)])
  const second = await orchard.commit({ '.gitleaks.toml': config, a: 'pin:48151623', b: plant('x14') }, [
    first,
  ])
  await world.run([await orchard.push('main', second)])
  expect(rulesOf(0)).toEqual(['our-pin', 'test-token'])
})

test('after a rotation of the key a finding is the same finding, under the new key', async () => {
  const token = plant('x15')
  const first = await orchard.commit({ a: token })
  await world.run([await orchard.push('main', first)])
  world.fail.rotated = { current: keyOf('b'), previous: keyOf('a') }
  await world.run([await orchard.push('main', await orchard.commit({ a: `${token} again` }, [first]))])
  expect(told()).toEqual(['Secret Found'])
  expect(records()).toHaveLength(1)
  expect(records()[0]?.fingerprint).toMatch(/^b:/)
})

test('messages of commits and tags: who, where, and resolved only when nothing leads there any more', async () => {
  const tip = await orchard.commit({ a: 'a' }, [], `work\n\nwith ${plant('msg')}\n`)
  const event = await orchard.push('main', tip)
  await orchard.bare.git(['tag', '-a', 'v1', '-m', `see ${plant('tag')}`, tip])
  await world.run([event])
  const [found] = world.emitted
  const findings = found?.detail.findings as Record<string, unknown>[]
  expect(findings.map(({ place, refs, path, author }) => [place, refs, path, author]).sort()).toEqual([
    ['commit-message', expect.arrayContaining(['refs/heads/main']), '', 'Nina'],
    ['tag-message', ['refs/tags/v1'], '', 'Nina'],
  ])
  const next = await orchard.push('main', await orchard.commit({ a: 'b' }, [tip], 'next'))
  await world.run([next])
  expect(told()).toEqual(['Secret Found'])
  await orchard.bare.git(['update-ref', '-d', 'refs/tags/v1'])
  await world.run([await orchard.push('side', tip)])
  expect(told()).toEqual(['Secret Found', 'Secret Resolved'])
  expect(firstFinding(1)).toMatchObject({ place: 'tag-message' })
})

test('a hostile file: what is kept is bounded, what is beyond is told, and the next push is searched', async () => {
  const lines = Array.from({ length: 3_000 }, (_, index) => plant(`many${index}`)).join('\n')
  const first = await orchard.commit({ 'many.txt': lines })
  await world.run([await orchard.push('main', first)])
  expect(told()).toEqual(['Secret Found', 'Scan Incomplete'])
  expect(world.emitted[0]?.detail).toMatchObject({ found: 1_000 })
  expect(world.emitted[1]?.detail).toMatchObject({ gaps: [{ reason: 'findings', path: 'many.txt' }] })
  const second = await orchard.commit({ 'many.txt': lines, b: plant('after') }, [first])
  await world.run([await orchard.push('main', second)])
  expect(told()).toEqual(['Secret Found', 'Scan Incomplete', 'Secret Found'])
  expect(world.emitted[2]?.detail).toMatchObject({ found: 1 })
})

test.each([
  [
    'a byte that is another',
    (piece: Uint8Array) => piece.with(piece.length >> 1, (piece[piece.length >> 1] ?? 0) ^ 1),
  ],
  ['an end before its end', (piece: Uint8Array) => piece.subarray(0, piece.length - 7)],
  ['no pack at all', (piece: Uint8Array) => new Uint8Array(piece.length)],
])(
  'a broken pack, %s: tried again, told by the last try, and then what comes is searched',
  async (_, spoil) => {
    const first = await orchard.commit({ a: plant('broken') })
    const event = await orchard.push('main', first)
    world.fail.spoil = spoil
    expect((await world.run([event])).batchItemFailures).toHaveLength(1)
    expect(told()).toEqual([])
    expect((await world.run([event], 3)).batchItemFailures).toHaveLength(1)
    expect(told()).toEqual(['Scan Incomplete'])
    world.fail.spoil = undefined
    await world.run([await orchard.push('main', await orchard.commit({ a: 'a', b: plant('next') }, [first]))])
    expect(told()).toEqual(['Scan Incomplete', 'Secret Found'])
    expect(world.emitted[1]?.detail).toMatchObject({ found: 2 })
  },
)

test('a small push of a huge file: searched in pieces to its last byte, and the next push as well', async () => {
  const bomb = `${'0'.repeat(40 * 2 ** 20)} ${plant('bomb')}`
  const first = await orchard.commit({ bomb, a: plant('beside') })
  await world.run([await orchard.push('main', first)])
  expect(world.emitted[0]?.detail).toMatchObject({ found: 2 })
  await world.run([await orchard.push('main', await orchard.commit({ b: plant('after it') }, [first]))])
  expect(firstFinding(told().lastIndexOf('Secret Found'))).toMatchObject({ path: 'b' })
})

test('the schedule asks for each repository that is scanned; what no event announced is then found', async () => {
  await world.repository('private-diary')
  await orchard.push('main', await orchard.commit({ a: plant('x16') }))
  await world.run([{ reason: 'schedule' }])
  const bodies = world.sent.map((body) => JSON.parse(body))
  expect(bodies.map(({ detail }) => detail.repository.name)).toEqual(['orchard'])
  await world.run(bodies)
  expect(told()).toEqual(['Secret Found'])
})

describe('a secret in the name of a branch', () => {
  const inNames = () => records().filter(({ place }) => place === 'ref-name')

  test('is found, masked wherever the scan writes, and resolved when the branch is gone', async () => {
    const [name, inside] = [plant('branch'), plant('inside')]
    const first = await orchard.commit({ a: 'a' })
    await world.run([await orchard.push('main', first)])
    const second = await orchard.commit({ a: 'a', b: inside }, [first])
    await world.run([await orchard.push(`fix-${name}/x`, second)])
    expect(told()).toEqual(['Secret Found'])
    const masked = expect.stringMatching(/^refs\/heads\/fix-REDACTED\/x~[0-9a-f]{8}$/)
    const findings = world.emitted[0]?.detail.findings as Record<string, unknown>[]
    expect(findings.map(({ place, path, refs, rule }) => [place, path, refs, rule])).toEqual([
      ['ref-name', 'refs/heads/fix-REDACTED/x', [masked], 'test-token'],
      ['file', 'b', [masked], 'test-token'],
    ])
    expect(String(world.emitted[0]?.detail.nextStep)).toContain('name of a branch')
    // nothing new, however often it is looked at
    await world.run([await orchard.push('main', first)])
    expect(told()).toHaveLength(1)
    await world.run([await orchard.push(`fix-${name}/x`, undefined)])
    expect(told()).toEqual(['Secret Found', 'Secret Resolved'])
    expect(world.emitted[1]?.detail).toMatchObject({ resolved: 2 })
    await world.run([await orchard.push(`fix-${name}/x`, first)])
    expect(told()).toEqual(['Secret Found', 'Secret Resolved', 'Secret Found'])
    expect(inNames()).toMatchObject([{ state: 'open', again: true }])
  })

  test('at a commit that was searched before; names that differ in the secret alone are two', async () => {
    const first = await orchard.commit({ a: 'a' })
    await world.run([await orchard.push('main', first)])
    const names = [plant('one name'), plant('other name')]
    for (const name of names) await world.run([await orchard.push(`x-${name}`, first)])
    expect(new Set(inNames().flatMap(({ refs }) => refs)).size).toBe(2)
    await world.run([await orchard.push(`x-${names[0]}`, undefined)])
    expect(
      inNames()
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['open', 'resolved'])
  })

  test('of the default branch: a push to it does not allow what it brings', async () => {
    const name = `main-${plant('default')}`
    await orchard.bare.git(['symbolic-ref', 'HEAD', `refs/heads/${name}`])
    const first = await orchard.commit({ a: 'a' })
    await world.run([await orchard.push(name, first)])
    const files = { a: 'a', b: plant('sly too'), '.gitleaksignore': 'b:test-token:1\n' }
    await world.run([await orchard.push(name, await orchard.commit(files, [first]))])
    expect(told()).toEqual(['Secret Found', 'Secret Found'])
    expect(records().find(({ path }) => path === 'b')).toMatchObject({
      state: 'allowed',
      allowed: { by: expect.stringContaining('main-REDACTED~') },
    })
  })

  test('after a rotation of the key it is the same finding', async () => {
    const first = await orchard.commit({ a: 'a' })
    const name = `x-${plant('rotated')}`
    await world.run([await orchard.push(name, first)])
    world.fail.rotated = { current: keyOf('b'), previous: keyOf('a') }
    await world.run([await orchard.push(name, await orchard.commit({ a: 'b' }, [first]))])
    expect(told()).toEqual(['Secret Found'])
    expect(inNames()).toMatchObject([{ state: 'open' }])
  })

  test('that is left to a task is masked in what is kept for it', async () => {
    const first = await orchard.commit({ a: 'a' })
    world.fail.limits.objects = 1
    await world.run([await orchard.push(`x-${plant('handed over')}`, first)])
    expect(world.launched).toHaveLength(1)
    await world.run([await orchard.push(`y-${plant('meanwhile')}`, first)])
    const hints = [...world.table.items.values()].filter(({ sk }) => String(sk).startsWith('hint '))
    expect(hints.map(({ ref }) => String(ref)).join()).toMatch(/REDACTED~/)
    await world.work()
    expect(inNames().map(({ state }) => state)).toEqual(['open', 'open'])
  })
})

describe('a repository that was deleted', () => {
  const schedule = async () => {
    world.sent.length = 0
    await world.run([{ reason: 'schedule' }])
    const bodies = world.sent.map((body) => JSON.parse(body))
    if (bodies.length > 0) await world.run(bodies)
    return bodies.length
  }
  /** three that are open, one that is allowed */
  const planted3 = (): Record<string, string> => ({
    a: plant('gone 1'),
    b: `x\n${plant('gone 2')}`,
    c: plant('gone 3'),
    d: `${plant('gone 4')} # gitleaks:allow\n`,
  })

  test('is missed by the schedule: what is open is resolved in one message, and stays to be rotated', async () => {
    await world.run([await orchard.push('main', await orchard.commit(planted3()))])
    await orchard.remove()
    expect(await schedule()).toBe(1)
    expect(told()).toEqual(['Secret Found', 'Secret Resolved'])
    expect(world.emitted[1]?.detail).toMatchObject({ resolved: 3 })
    expect(firstFinding(1)).toMatchObject({ how: 'deleted', path: 'a', refs: ['refs/heads/main'] })
    expect(String(world.emitted[1]?.detail.nextStep)).toMatch(
      /^Rotate each of them.*Nor does deleting the repository/,
    )
    const states = records().map(({ path, state, how }) => `${path} ${state} ${how}`)
    expect(states.sort()).toEqual([
      'a resolved deleted',
      'b resolved deleted',
      'c resolved deleted',
      'd allowed undefined',
    ])
    // and then there is nothing more to ask
    expect(await schedule()).toBe(0)
    expect(told()).toHaveLength(2)
  })

  test('by an event that came late; made again under its name and pushed, what it holds is open again', async () => {
    const files = planted3()
    const event = await orchard.push('main', await orchard.commit(files))
    await world.run([event])
    await orchard.remove()
    await world.run([event])
    expect(told()).toEqual(['Secret Found', 'Secret Resolved'])
    orchard = await world.repository('orchard')
    // the very commit that was searched before
    await world.run([await orchard.push('main', await orchard.commit(files))])
    expect(told()).toEqual(['Secret Found', 'Secret Resolved', 'Secret Found'])
    expect(world.emitted[2]?.detail).toMatchObject({ found: 3 })
    expect(firstFinding(2)).toMatchObject({ again: true, path: 'a' })
    expect(records().map(({ state, how }) => [state, how])).toContainEqual(['open', undefined])
    expect(await schedule()).toBe(1)
    expect(told()).toHaveLength(3)
  })

  test('who dies before it is told does it again', async () => {
    await world.run([await orchard.push('main', await orchard.commit(planted3()))])
    await orchard.remove()
    world.fail.emit = () => new Error('the bus is away')
    await schedule()
    delete world.fail.emit
    await schedule()
    expect(told()).toEqual(['Secret Found', 'Secret Resolved'])
  })
})

test('one bad record stops only itself', async () => {
  const event = await orchard.push('main', await orchard.commit({ a: plant('x17') }))
  const { batchItemFailures } = await world.run([{ nonsense: true }, event])
  expect(batchItemFailures).toEqual([{ itemIdentifier: 'm0' }])
  expect(told()).toEqual(['Secret Found'])
})
