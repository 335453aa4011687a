import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PACK_COMMITS_LIMITS, packCommits } from '../../../../shared/git/pack/commits.ts'
import { EMPTY_PACK } from '../../../../shared/git/pack/header.ts'
import { deltaOf, entry, idOf as idOfObject, packOf, varint } from './build.ts'

const oid = (digit: string) => digit.repeat(40)
const commit = (parents: readonly string[], message = 'm') =>
  Buffer.from(
    `tree ${oid('1')}\n${parents.map((parent) => `parent ${parent}\n`).join('')}author a <a@example.org> 1 +0000\n` +
      `committer a <a@example.org> 1 +0000\n\n${message}\nparent ${oid('f')}\n`,
  )
const idOf = (data: Buffer) => idOfObject('commit', data)

describe('reading', () => {
  const first = commit([])
  const second = commit([idOf(first), oid('a')])

  test('commits and their parents; the message is not looked at, other objects are passed over', () => {
    const pack = packOf(
      entry(3, Buffer.from('blob')),
      entry(1, first),
      entry(2, Buffer.alloc(0)),
      entry(1, second),
    )
    expect(packCommits(pack)).toEqual(
      new Map([
        [idOf(first), []],
        [idOf(second), [idOf(first), oid('a')]],
      ]),
    )
  })

  test.each(['base first', 'delta first'])('a chain of deltas by name, %s', (order) => {
    const deltas = [Buffer.from('one'), Buffer.from('two')]
    let base = first
    const entries = [entry(1, first)]
    const ids = [idOf(first)]
    for (const text of deltas) {
      entries.push(entry(7, deltaOf(base, base.length, text), Buffer.from(idOf(base), 'hex')))
      base = Buffer.concat([base, text])
      ids.push(idOf(base))
    }
    if (order === 'delta first') entries.reverse()
    expect([...packCommits(packOf(...entries)).keys()].sort()).toEqual(ids.sort())
  })

  test('deltas whose base is elsewhere, or no commit, are left out', () => {
    const blob = Buffer.from('blob')
    const away = entry(7, deltaOf(first, 5, Buffer.from('x')), Buffer.from(oid('b'), 'hex'))
    const blobs = entry(6, deltaOf(blob, 2, Buffer.from('x')), Buffer.from([entry(3, blob).length]))
    expect([...packCommits(packOf(away, entry(3, blob), blobs, entry(1, first))).keys()]).toEqual([
      idOf(first),
    ])
  })

  test('a delta that does not fit its base is left out', () => {
    const wrong = entry(7, deltaOf(Buffer.alloc(7), 5, Buffer.from('x')), Buffer.from(idOf(first), 'hex'))
    const tooFar = entry(
      7,
      deltaOf(first, first.length + 1, Buffer.from('x')),
      Buffer.from(idOf(first), 'hex'),
    )
    expect(packCommits(packOf(entry(1, first), wrong, tooFar)).size).toBe(1)
  })
})

describe('bounds', () => {
  const first = commit([])

  test('a pack of the most bytes is read, one more is not', () => {
    const pack = packOf(entry(1, first))
    const { inflated } = PACK_COMMITS_LIMITS
    expect(packCommits(pack, { bytes: pack.length, inflated }).size).toBe(1)
    expect(packCommits(pack, { bytes: pack.length - 1, inflated }).size).toBe(0)
  })

  test('what does not fit into the budget ends the reading, whatever size it claims', () => {
    const bomb = Buffer.alloc(PACK_COMMITS_LIMITS.inflated + 1)
    for (const claimed of [bomb.length, 10]) {
      const pack = packOf(entry(1, first), entry(3, bomb, undefined, claimed), entry(1, commit([oid('a')])))
      expect([...packCommits(pack).keys()]).toEqual([idOf(first)])
    }
  })

  test('a delta that would blow up is left out', () => {
    const copies = Array.from({ length: 600 }, () => [0x80 | 0x10 | 0x20, 0xff, 0xff]).flat()
    const base = Buffer.concat([first, Buffer.alloc(70_000)])
    const length = 600 * 0xffff
    const delta = Buffer.from([...varint(base.length), ...varint(length), ...copies])
    const pack = packOf(entry(1, base), entry(7, delta, Buffer.from(idOf(base), 'hex')))
    expect(packCommits(pack).size).toBe(1)
  })

  test('any bytes, and any spoilt pack, give what could be read', () => {
    const pack = packOf(
      entry(1, first),
      entry(7, deltaOf(first, 9, Buffer.from('x')), Buffer.from(idOf(first), 'hex')),
    )
    const whole = packCommits(pack)
    expect(whole.size).toBe(2)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(pack.length), (noise, at) => {
        packCommits(noise)
        const spoilt = packCommits(
          Buffer.concat([pack.subarray(0, at), noise, pack.subarray(at + noise.length)]),
        )
        expect(spoilt.size).toBeLessThanOrEqual(2)
        for (const [id, parents] of packCommits(pack.subarray(0, at))) expect(whole.get(id)).toEqual(parents)
      }),
    )
  })
})

describe('against git', () => {
  let folder: string
  const git = (args: string[], input = '') =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=n', '-c', 'user.email=n@example.org', ...args], {
      input,
      stdio: ['pipe', 'pipe', 'ignore'],
    })

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pack-commits-'))
    git(['init', '--quiet', '--initial-branch=main'])
    const long = 'the same long words in every message '.repeat(30)
    for (let n = 0; n < 12; n += 1) git(['commit', '--quiet', '--allow-empty', '-m', `${long}${n}`])
    git(['checkout', '--quiet', '-b', 'side', 'HEAD~3'])
    git(['commit', '--quiet', '--allow-empty', '-m', long])
    git(['merge', '--quiet', '--no-ff', '-m', long, 'main'])
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each([
    ['offset deltas', '--delta-base-offset'],
    ['deltas by name', '--no-reuse-delta'],
  ])('the parents that rev-list tells, from %s', (_, option) => {
    const list = git(['rev-list', '--parents', 'side']).toString().trim().split('\n')
    const expected = new Map(
      list.map((line) => line.split(' ')).map(([id = '', ...parents]) => [id, parents]),
    )
    const ids = [...expected.keys()].join('\n')
    const pack = git(['pack-objects', '--stdout', '--depth=50', '--window=50', '--quiet', option], ids)
    expect(pack.length).toBeLessThan(3_000)
    expect(new Map([...packCommits(pack)].sort())).toEqual(new Map([...expected].sort()))
  })

  test('the empty pack has none', () => {
    expect(packCommits(EMPTY_PACK).size).toBe(0)
    expect(git(['pack-objects', '--stdout', '--quiet']).equals(EMPTY_PACK)).toBe(true)
  })
})
