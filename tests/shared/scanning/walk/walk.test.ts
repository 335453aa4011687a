import { afterAll, describe, expect, test } from '@jest/globals'
import { createJudged } from '../../../../shared/scanning/walk/judged.ts'
import { allowlist, rule, ruleSet } from '../engine/rules.ts'
import { makeRepository, type Repository } from './repository.ts'
import { NOTHING_OLDER, TOKENS, token, told, walked } from './walked.ts'

const repositories: Repository[] = []
const made = () => {
  const repository = makeRepository()
  repositories.push(repository)
  return repository
}
afterAll(() => {
  for (const repository of repositories) repository.dispose()
})

const secret = (name: string) => `key = "${token(name)}"\n`
const filler = (lines: number, seed = 0) =>
  Array.from({ length: lines }, (_, line) => `const value${seed}x${line} = ${line * 7}\n`).join('')

describe('a history', () => {
  test('the middle commit of ten, gone with the next', async () => {
    const repository = made()
    let commit = ''
    for (let n = 0; n < 10; n += 1) {
      repository.write('file.ts', `${filler(20, n)}${n === 5 ? secret('middle') : ''}`)
      if (n === 5) commit = repository.commit(`number ${n}`)
      else repository.commit(`number ${n}`)
    }
    const { found, complete } = await walked(repository)
    expect(told(found)).toEqual([`${commit} file.ts 21 ${token('middle')}`])
    expect(complete).toBe(true)
  })

  test('author, email, time and message of the commit that brought it, and the refs that reach it', async () => {
    const repository = made()
    repository.write('a', secret('one'))
    const commit = repository.commit('Title of\nit\n\nBody,\n  indented.\n\n', { GIT_AUTHOR_NAME: 'Zoë' })
    repository.git(['branch', 'other'])
    repository.write('b', 'more\n')
    repository.commit()
    const { found, refsOf } = await walked(repository, { wants: ['main', 'other'] })
    expect(found[0]?.place).toEqual({
      kind: 'file',
      path: 'a',
      commit,
      author: 'Zoë',
      email: 'ann@example.org',
      date: '2023-11-14T22:14:20Z',
      message: 'Title of it\n\nBody,\n  indented.',
    })
    expect(refsOf(commit)).toEqual(['main', 'other'])
    expect(refsOf(repository.id())).toEqual(['main'])
  })

  test('a renamed file brings nothing new; one that is renamed and changed brings what was added', async () => {
    const repository = made()
    repository.write('old.ts', `${filler(30)}${secret('first')}`)
    const first = repository.commit()
    repository.git(['mv', 'old.ts', 'new.ts'])
    repository.commit()
    repository.git(['mv', 'new.ts', 'newest.ts'])
    repository.write('newest.ts', `${filler(30)}${secret('first')}${secret('second')}`)
    const third = repository.commit()
    const { found } = await walked(repository)
    expect(told(found)).toEqual(
      [`${first} old.ts 31 ${token('first')}`, `${third} newest.ts 32 ${token('second')}`].sort(),
    )
  })

  test('removed and pushed again: both commits brought it', async () => {
    const repository = made()
    repository.write('a', secret('again'))
    const first = repository.commit()
    repository.write('a', 'nothing\n')
    repository.commit()
    repository.write('a', secret('again'))
    const third = repository.commit()
    const { found } = await walked(repository)
    expect(told(found)).toEqual([first, third].map((one) => `${one} a 1 ${token('again')}`).sort())
  })

  test('the same blob under two paths: both are told', async () => {
    const repository = made()
    repository.write('a/one', secret('twice'))
    repository.write('b/two', secret('twice'))
    const commit = repository.commit()
    const { found, counts } = await walked(repository)
    expect(told(found)).toEqual([
      `${commit} a/one 1 ${token('twice')}`,
      `${commit} b/two 1 ${token('twice')}`,
    ])
    expect(counts.blobs).toBe(1)
  })

  test('a changed mode brings nothing', async () => {
    const repository = made()
    repository.write('run.sh', secret('mode'))
    const commit = repository.commit()
    repository.git(['update-index', '--chmod=+x', 'run.sh'])
    repository.git(['commit', '--quiet', '-m', 'executable'])
    const { found } = await walked(repository)
    expect(told(found)).toEqual([`${commit} run.sh 1 ${token('mode')}`])
  })

  test('a link’s target is looked at; a submodule is not read', async () => {
    const repository = made()
    repository.write('plain', 'x')
    repository.git(['add', 'plain'])
    const link = repository.object('blob', token('target'))
    repository.git(['update-index', '--add', '--cacheinfo', `120000,${link},link`])
    repository.git(['update-index', '--add', '--cacheinfo', `160000,${'7'.repeat(40)},module`])
    repository.git(['commit', '--quiet', '-m', 'both'])
    const { found, unscanned, moved } = await walked(repository)
    expect(told(found)).toEqual([`${repository.id()} link 1 ${token('target')}`])
    expect({ unscanned, moved }).toEqual({ unscanned: [], moved: [] })
  })

  test('paths of any bytes', async () => {
    const repository = made()
    repository.write('ünï côdé/ file\twith "all"', secret('path'))
    const commit = repository.commit()
    const { found } = await walked(repository)
    expect(told(found)).toEqual([`${commit} ünï côdé/ file\twith "all" 1 ${token('path')}`])
  })

  test('a shallow history: where it begins, all that is there is new', async () => {
    const repository = made()
    repository.write('a', secret('deep'))
    repository.commit()
    repository.write('b', 'b\n')
    const tip = repository.commit()
    const shallow = made()
    shallow.git(['fetch', '--quiet', '--depth=1', `file://${repository.folder}`, 'main'])
    shallow.git(['update-ref', 'refs/heads/main', 'FETCH_HEAD'])
    const { found, complete } = await walked(shallow)
    expect(told(found)).toEqual([`${tip} a 1 ${token('deep')}`])
    expect(complete).toBe(true)
  })
})

describe('merges', () => {
  const branches = (repository: Repository, names: readonly string[]) => {
    repository.write('shared', filler(5))
    repository.commit('base')
    for (const name of names) {
      repository.git(['checkout', '--quiet', '-b', name, 'main'])
      repository.write('shared', filler(5).replace('value0x2 =', `${name} =`))
      repository.write(`own-${name}`, secret(name))
      repository.commit(name)
    }
  }

  test('a merge’s own resolution is its own; what a parent has is not', async () => {
    const repository = made()
    branches(repository, ['left', 'right'])
    try {
      repository.git(['merge', '--quiet', 'left'])
    } catch {
      // the conflict that is resolved next
    }
    repository.write('shared', `${filler(5)}${secret('resolved')}`)
    const merge = repository.commit('merge')
    const { found } = await walked(repository)
    expect(told(found)).toEqual(
      [
        `${repository.id('left')} own-left 1 ${token('left')}`,
        `${merge}^ own-right 1 ${token('right')}`.replace(`${merge}^`, repository.id('right^1')),
        `${merge} shared 6 ${token('resolved')}`,
      ].sort(),
    )
  })

  test('an octopus', async () => {
    const repository = made()
    branches(repository, ['one', 'two', 'six'])
    const tree = repository.git(['rev-parse', 'one^{tree}']).toString().trim()
    repository.git(['read-tree', tree])
    for (const name of ['two', 'six'])
      repository.git([
        'update-index',
        '--add',
        '--cacheinfo',
        `100644,${repository.id(`${name}:own-${name}`)},own-${name}`,
      ])
    const own = repository.object('blob', secret('octopus'))
    repository.git(['update-index', '--add', '--cacheinfo', `100644,${own},own`])
    const whole = repository.git(['write-tree']).toString().trim()
    const parents = ['one', 'two', 'six'].flatMap((name) => ['-p', name])
    const merge = repository
      .git(['commit-tree', whole, ...parents], 'octopus')
      .toString()
      .trim()
    repository.git(['update-ref', 'refs/heads/main', merge])
    const { found } = await walked(repository)
    expect(told(found)).toEqual(
      [
        ...['one', 'two', 'six'].map((name) => `${repository.id(name)} own-${name} 1 ${token(name)}`),
        `${merge} own 1 ${token('octopus')}`,
      ].sort(),
    )
  })
})

describe('texts', () => {
  test('messages of commits and tags, of a tag of a tag too', async () => {
    const repository = made()
    repository.write('a', 'a\n')
    const commit = repository.commit(`Title\n\nused ${token('message')} here`)
    repository.git(['tag', '-a', 'v1', '-m', `tagged\n\n${token('tagged')}`])
    repository.git(['tag', '-a', 'v2', '-m', token('retagged'), 'v1'])
    const { found } = await walked(repository)
    expect(
      found.map(({ hit, place }) => [place.kind, place.commit, hit.startLine, hit.secret]).sort(),
    ).toEqual(
      [
        ['commit-message', commit, 3, token('message')],
        ['tag-message', repository.id('v1'), 3, token('tagged')],
        ['tag-message', repository.id('v2'), 1, token('retagged')],
      ].sort(),
    )
  })

  test('UTF-16, and a change in it', async () => {
    const repository = made()
    const wide = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')
    repository.write('wide.txt', wide(`${filler(5)}${secret('wide')}`))
    const first = repository.commit()
    repository.write('wide.txt', wide(`${filler(5)}${secret('wide')}${filler(2)}${secret('wider')}`))
    const second = repository.commit()
    const { found } = await walked(repository)
    expect(told(found)).toEqual(
      [`${first} wide.txt 6 ${token('wide')}`, `${second} wide.txt 9 ${token('wider')}`].sort(),
    )
  })

  test('the last byte of a file', async () => {
    const repository = made()
    repository.write('a', `${filler(3)}${token('last')}`)
    const commit = repository.commit()
    const { found } = await walked(repository)
    expect(told(found)).toEqual([`${commit} a 4 ${token('last')}`])
  })

  test('a match of several lines of which one is new', async () => {
    const rules = ruleSet([rule('block', { regex: 'BEGIN\\n([a-z\\n]+)\\nEND', keywords: ['begin'] })])
    const repository = made()
    repository.write('a', 'x\nBEGIN\nabc\ndef\nEND\n')
    const first = repository.commit()
    repository.write('a', 'x\nBEGIN\nabc\nxyz\nEND\n')
    const second = repository.commit()
    const { found } = await walked(repository, { rules })
    expect(told(found)).toEqual([`${first} a 2 abc\ndef`, `${second} a 2 abc\nxyz`].sort())
  })

  test('a delta chain of 50', async () => {
    const repository = made()
    const commits: string[] = []
    for (let n = 0; n <= 50; n += 1) {
      repository.write(
        'chain.ts',
        `${filler(300)}${Array.from({ length: n }, (_, at) => secret(`c${at}`)).join('')}`,
      )
      commits.push(repository.commit())
    }
    const { found } = await walked(repository, {
      packOptions: ['--depth=50', '--window=60', '--no-reuse-delta'],
    })
    expect(told(found)).toEqual(
      commits
        .slice(1)
        .map((commit, at) => `${commit} chain.ts ${301 + at} ${token(`c${at}`)}`)
        .sort(),
    )
  }, 60_000)

  test('100,000 findings in a file: so many as the engine gives, and that there are more', async () => {
    const repository = made()
    repository.write('many', Array.from({ length: 100_000 }, (_, at) => secret(`${at}`)).join(''))
    repository.write('other', secret('other'))
    const commit = repository.commit()
    const { found, unscanned } = await walked(repository)
    expect(found.filter(({ place }) => place.path === 'many')).toHaveLength(1_000)
    expect(told(found)).toContain(`${commit} other 1 ${token('other')}`)
    expect(unscanned).toEqual([
      expect.objectContaining({ reason: 'findings', place: { kind: 'file', path: 'many', commit } }),
    ])
  }, 60_000)

  test('a file that the pack gives in pieces, and a change in it', async () => {
    const repository = made()
    const before = filler(40_000)
    repository.write('big', `${before}${secret('big')}${filler(40_000, 1)}`)
    const first = repository.commit()
    repository.write('big', `${before}${secret('big')}${filler(40_000, 1)}${secret('bigger')}`)
    const second = repository.commit()
    const { found, unscanned } = await walked(repository, {
      packLimits: { object: 1_000_000 },
      packOptions: ['--window=0'],
      limits: { text: 300_000 },
    })
    expect(unscanned).toEqual([])
    expect(told(found)).toEqual(
      [`${first} big 40001 ${token('big')}`, `${second} big 80002 ${token('bigger')}`].sort(),
    )
  }, 60_000)

  test('an archive and a program are told with path and commit', async () => {
    const repository = made()
    repository.write('in/x.zip', Buffer.concat([Buffer.from('PK\x03\x04\0\0'), Buffer.alloc(64, 1)]))
    repository.write('x.elf', Buffer.concat([Buffer.from('\x7fELF\0\0'), Buffer.alloc(64, 1)]))
    const commit = repository.commit()
    const { unscanned } = await walked(repository)
    expect(unscanned.map(({ reason, place }) => ({ reason, place }))).toEqual([
      { reason: 'archive', place: { kind: 'file', path: 'in/x.zip', commit } },
      { reason: 'binary', place: { kind: 'file', path: 'x.elf', commit } },
    ])
  })
})

describe('rules that look at the place', () => {
  const everywhere = { regex: '\\b(tkn_[a-z0-9]{12})', keywords: ['tkn_'] }

  test.each([
    ['a path that a rule wants', ruleSet([rule('a', { ...everywhere, path: '\\.env$' })]), ['x.env']],
    [
      'a path that a rule allows',
      ruleSet([rule('a', { ...everywhere, allowlists: [allowlist({ paths: ['\\.env$'] })] })]),
      ['in/x.ts'],
    ],
    [
      'a path that is allowed everywhere',
      ruleSet([rule('a', everywhere)], [{ ...allowlist({ paths: ['^in/'] }), targetRules: [] }]),
      ['x.env'],
    ],
    [
      'path and word together',
      ruleSet([
        rule('a', {
          ...everywhere,
          allowlists: [allowlist({ condition: 'AND', paths: ['^in/'], regexes: ['tkn_placed'] })],
        }),
      ]),
      ['x.env'],
    ],
  ])('%s', async (_, rules, paths) => {
    const repository = made()
    repository.write('x.env', secret('placed'))
    repository.write('in/x.ts', secret('placed'))
    repository.commit()
    const { found } = await walked(repository, { rules })
    expect(found.map(({ place }) => place.path)).toEqual(paths)
  })

  test('a commit that is allowed', async () => {
    const repository = made()
    repository.write('a', secret('one'))
    const first = repository.commit()
    repository.write('a', `${secret('one')}${secret('two')}`)
    const second = repository.commit()
    const rules = ruleSet([rule('a', everywhere)], [{ ...allowlist({ commits: [first] }), targetRules: [] }])
    const { found } = await walked(repository, { rules })
    expect(told(found)).toEqual([`${second} a 2 ${token('two')}`])
  })

  test('a rule whose find is the path, once for each commit that brought a content there', async () => {
    const repository = made()
    repository.write('in/id.p12', 'first')
    const first = repository.commit()
    repository.write('other', 'x')
    repository.commit()
    repository.write('in/id.p12', 'second')
    const third = repository.commit()
    const rules = ruleSet([rule('p12', { path: '\\.p12$' })])
    const { found } = await walked(repository, { rules })
    expect(found.map(({ oid, place: { kind, path, commit } }) => ({ oid, kind, path, commit }))).toEqual(
      [first, third].map((commit) => ({
        kind: 'path',
        oid: repository.id(`${commit}:in/id.p12`),
        path: 'in/id.p12',
        commit,
      })),
    )
  })
})

describe('a push', () => {
  test('only what is new; an old line in a changed file is not', async () => {
    const repository = made()
    repository.write('a', `${secret('old')}${filler(5)}`)
    const before = repository.commit()
    repository.write('a', `${secret('old')}${filler(5)}${secret('new')}`)
    const tip = repository.commit()
    const { found, counts } = await walked(repository, { wants: ['main'], not: [before] })
    expect(told(found)).toEqual([`${tip} a 7 ${token('new')}`])
    expect(counts.commits).toBe(1)
  })

  test('a parent that cannot be had: every line counts', async () => {
    const repository = made()
    repository.write('a', `${secret('old')}${filler(5)}`)
    repository.write('in/b', secret('elsewhere'))
    const before = repository.commit()
    repository.write('a', `${secret('old')}${filler(5)}${secret('new')}`)
    const tip = repository.commit()
    const { found, moved, unscanned } = await walked(repository, {
      wants: ['main'],
      not: [before],
      older: NOTHING_OLDER,
    })
    expect(told(found)).toEqual([`${tip} a 1 ${token('old')}`, `${tip} a 7 ${token('new')}`])
    expect({ moved, unscanned }).toEqual({ moved: [], unscanned: [] })
  })

  test('renames and copies of old blobs and folders are given out', async () => {
    const repository = made()
    repository.write('a', secret('old'))
    repository.write('in/deep/b', secret('deep'))
    const before = repository.commit()
    repository.git(['mv', 'a', 'renamed'])
    repository.git(['mv', 'in', 'out'])
    repository.write('copy', secret('old'))
    const tip = repository.commit()
    const { found, moved } = await walked(repository, { wants: ['main'], not: [before] })
    expect(found).toEqual([])
    expect(moved).toEqual([
      { path: 'copy', oid: repository.id('main:copy'), commit: tip },
      { path: 'out/deep/b', oid: repository.id('main:out/deep/b'), commit: tip },
      { path: 'renamed', oid: repository.id('main:renamed'), commit: tip },
    ])
  })

  test('a tip that no ref names any more', async () => {
    const repository = made()
    repository.write('a', 'a\n')
    const before = repository.commit()
    repository.write('a', secret('forced'))
    const lost = repository.commit()
    repository.git(['reset', '--quiet', '--hard', before])
    repository.write('a', 'b\n')
    repository.commit()
    const { found } = await walked(repository, { wants: ['main', lost], not: [before] })
    expect(told(found)).toEqual([`${lost} a 1 ${token('forced')}`])
  })

  test('a blob that was found clean is not looked at again, under the same rules only', async () => {
    const repository = made()
    repository.write('clean', filler(50))
    repository.write('a', secret('a'))
    repository.commit()
    const judged = createJudged()
    const first = await walked(repository, { judged })
    const second = await walked(repository, { judged })
    const other = await walked(repository, {
      judged,
      rules: ruleSet([...TOKENS.rules, rule('b', { regex: 'value0x' })]),
    })
    expect([first, second, other].map(({ counts }) => counts.known)).toEqual([0, 1, 0])
    expect(told(second.found)).toEqual(told(first.found))
    expect(other.found.length).toBeGreaterThan(1)
  })

  test('a tag of a blob: found without a commit', async () => {
    const repository = made()
    repository.write('a', 'a\n')
    repository.commit()
    const blob = repository.object('blob', secret('tagged'))
    repository.git(['tag', 'blob', blob])
    const { found } = await walked(repository)
    expect(found.map(({ oid, place }) => ({ oid, place }))).toEqual([
      { oid: blob, place: { kind: 'file', path: '' } },
    ])
  })
})

describe('what is broken or too much', () => {
  test('commits without author or message, with any encoding', async () => {
    const repository = made()
    repository.write('a', secret('bare'))
    repository.commit()
    const tree = repository.id('HEAD^{tree}')
    const bare = repository.object('commit', `tree ${tree}\n\n`)
    const latin = repository.object(
      'commit',
      Buffer.from(
        `tree ${tree}\nparent ${bare}\nauthor Zo\xeb <z@example.org> 12 +0000\nencoding ISO-8859-1\n\n\xfcber\n`,
        'latin1',
      ),
    )
    const odd = repository.object(
      'commit',
      `tree ${tree}\nparent ${latin}\nauthor <> x\nencoding klingon\n\n${token('odd')}`,
    )
    repository.git(['update-ref', 'refs/heads/main', odd])
    const { found, unscanned } = await walked(repository)
    expect(unscanned).toEqual([])
    expect(told(found)).toEqual([`${bare} a 1 ${token('bare')}`, `${odd}  1 ${token('odd')}`].sort())
    expect(
      found.map(({ place }) => [place.commit, place.author, place.email, place.date, place.message]),
    ).toEqual(
      expect.arrayContaining([
        [bare, '', '', undefined, ''],
        [odd, '', '', undefined, token('odd')],
      ]),
    )
  })

  test('objects that are not what they say: told, and the rest is looked at', async () => {
    const repository = made()
    repository.write('a', secret('whole'))
    const tip = repository.commit()
    const commit = repository.object('commit', `no tree\n\n${token('inside')}`)
    const tree = repository.object('tree', 'no entries')
    const child = repository.object('commit', `tree ${tree}\nparent ${tip}\n\nof a broken tree`)
    const ids =
      repository
        .git(['rev-list', '--objects', '--all'])
        .toString()
        .match(/^[0-9a-f]{40}/gm) ?? []
    const bytes = repository.git(
      ['pack-objects', '--stdout', '--quiet'],
      `${[...ids, commit, tree, child].join('\n')}\n`,
    )
    const { found, unscanned, complete } = await walked(repository, { bytes })
    expect(told(found)).toEqual([`${tip} a 1 ${token('whole')}`, `${commit}  3 ${token('inside')}`].sort())
    expect(unscanned).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ reason: 'broken', oid: commit }),
        expect.objectContaining({ reason: 'broken', oid: tree }),
        expect.objectContaining({
          reason: 'missing',
          oid: tree,
          place: { kind: 'file', path: '', commit: child },
        }),
      ]),
    )
    expect(complete).toBe(true)
  })

  test('a time that is up: what is not done is told', async () => {
    const repository = made()
    repository.write('a', secret('late'))
    repository.commit()
    const { complete, unscanned, counts } = await walked(repository, { now: () => 10, deadline: 5 })
    expect(complete).toBe(false)
    expect(unscanned).toContainEqual({ reason: 'time', objects: 3, place: { kind: 'file', path: '' } })
    expect(counts.blobs).toBe(0)
  })

  test('a time that is up among many: what was found by then has its place', async () => {
    const repository = made()
    for (let at = 0; at < 60; at += 1) repository.write(`f${at}`, secret(`f${at}`))
    const commit = repository.commit()
    let clock = 0
    const now = () => {
      clock += 1
      return clock
    }
    const { found, complete, unscanned } = await walked(repository, { now, deadline: 100 })
    expect(complete).toBe(false)
    expect(found.length).toBeGreaterThan(0)
    expect(found.length).toBeLessThan(60)
    expect(new Set(found.map(({ place }) => place.commit))).toEqual(new Set([commit]))
    expect(unscanned.map(({ reason }) => reason)).toContain('time')
  })

  test('a time that is up within one large file: what is left of it is told, and the walk is not complete', async () => {
    const repository = made()
    repository.write('large', `${secret('first')}${filler(100_000)}${secret('last')}`)
    repository.commit()
    let clock = 0
    const { found, complete, unscanned } = await walked(repository, {
      now: () => clock++,
      deadline: 20,
      limits: { text: 200_000 },
      packLimits: { object: 100_000 },
    })
    expect(complete).toBe(false)
    expect(told(found).join()).not.toContain(token('last'))
    expect(unscanned).toContainEqual({
      reason: 'time',
      bytes: expect.any(Number),
      oid: repository.id('main:large'),
      place: { kind: 'file', path: '' },
    })
  })

  test('told to stop, a walk comes to its end', async () => {
    const repository = made()
    repository.write('a', secret('stopped'))
    repository.commit()
    const { found, complete } = await walked(repository, { signal: AbortSignal.abort() })
    expect({ found, complete }).toEqual({ found: [], complete: false })
  })

  test('more findings than are kept are counted', async () => {
    const repository = made()
    for (let at = 0; at < 10; at += 1) repository.write(`f${at}`, secret(`f${at}`))
    repository.commit()
    const { found, beyond } = await walked(repository, { limits: { findings: 4 } })
    expect(found).toHaveLength(4)
    expect(beyond).toEqual({ found: 6, moved: 0, unscanned: 0 })
  })

  test('a rule that cannot run is told once', async () => {
    const repository = made()
    for (let at = 0; at < 3; at += 1) repository.write(`f${at}`, secret(`f${at}`))
    repository.commit()
    const rules = ruleSet([...TOKENS.rules, rule('broken', { regex: '(' })])
    const { found, unscanned } = await walked(repository, { rules })
    expect(found).toHaveLength(3)
    expect(unscanned).toEqual([{ reason: 'pattern', ruleId: 'broken', place: { kind: 'file', path: '' } }])
  })
})
