import { describe, expect, test } from '@jest/globals'
import { compileRules } from '../../../../shared/scanning/engine/compile.ts'
import { createEngine } from '../../../../shared/scanning/engine/engine.ts'
import { SCAN_LIMITS } from '../../../../shared/scanning/engine/limits.ts'
import type { Hit, Rule, RuleSet, ScanLimits, ScanResult, Target } from '../../../../shared/scanning/types.ts'
import { allowlist, rule, ruleSet } from './rules.ts'

const scan = (
  set: RuleSet,
  text: string | Buffer,
  target: Target = { path: 'a.txt' },
  limits: Partial<ScanLimits> = {},
): ScanResult =>
  // through JSON, as a build step leaves it
  createEngine(JSON.parse(JSON.stringify(compileRules(set))), limits).scan(
    Buffer.from(text as string),
    target,
  )

const secrets = (
  rules: Rule | RuleSet,
  text: string | Buffer,
  target?: Target,
  limits?: Partial<ScanLimits>,
): string[] =>
  scan('rules' in rules ? rules : ruleSet([rules]), text, target, limits).hits.map((hit) => hit.secret)

const tok = rule('tok', { regex: 'tok=([a-z0-9]{4,9})', keywords: ['tok'] })

describe('which text is the secret', () => {
  test.each<[string, Partial<Rule>, string, string[]]>([
    ['no group: the match', { regex: 'k[0-9]{2}' }, 'k12 k34', ['k12', 'k34']],
    ['the first group that is not empty', { regex: 'k(a)?(b?)(c)' }, 'kc', ['c']],
    ['all groups empty: the match', { regex: 'k(a)?' }, 'kx', ['k']],
    ['a group by number', { regex: 'k(a)(b)', secretGroup: 2 }, 'kab', ['b']],
    ['a group by number that is empty', { regex: 'k(a)(b?)', secretGroup: 2 }, 'ka', ['']],
    ['newlines around the match are cut', { regex: '\\nkey[\\s\\S]{3}' }, '\nkeyx\n\n', ['keyx']],
    ['groups are those of the cut match', { regex: 'k=([a-z]+)(?:\\n|$)' }, 'k=ab\n', ['ab']],
    ['the cut match no longer matches: all of it', { regex: 'k=([a-z]+)\\n' }, 'k=ab\n', ['k=ab']],
    ['matches do not overlap', { regex: 'aba' }, 'ababa', ['aba']],
    ['no empty match at the end of another', { regex: '.*' }, 'ab\n\ncd', ['ab', '', 'cd']],
    ['no keyword in the text', { regex: 'k', keywords: ['zz'] }, 'k', []],
    ['keywords in any case', { regex: '=..', keywords: ['key'] }, 'KeY =ab', ['=ab']],
    ['a keyword at the last byte', { regex: 'a.*key', keywords: ['key'] }, 'xa1key', ['a1key']],
    ['the last byte of the text', { regex: '\\bkey[0-9]{3}\\b', keywords: ['key'] }, 'a key123', ['key123']],
  ])('%s', (_, given, text, expected) => expect(secrets(rule('r', given), text)).toEqual(expected))
})

describe('entropy', () => {
  test.each<[number, string, number]>([
    [2, 'tok=abcd', 0],
    [1.99, 'tok=abcd', 1],
    [0, 'tok=aaaa', 1],
    [0.5, 'tok=aaaa', 0],
  ])('must exceed %d: %s', (entropy, text, count) =>
    expect(secrets({ ...tok, entropy }, text)).toHaveLength(count),
  )

  test('counts code points by their share of the bytes', () => {
    const { hits } = scan(ruleSet([rule('r', { regex: 'k(.+)' })]), 'kéé')
    expect(hits[0]?.entropy).toBeCloseTo(0.5)
  })
})

describe('allow-lists', () => {
  const commit = 'ABCDEF'.repeat(6)
  const target = { path: 'src/a.txt', commit }
  test.each<[string, Parameters<typeof allowlist>[0], string, number]>([
    ['stop-word, any case', { stopwords: ['EXAMPLE'] }, 'tok=xexample', 0],
    ['stop-word only in the match', { stopwords: ['tok'] }, 'tok=abcd', 1],
    ['regex over the secret', { regexes: ['^abcd$'] }, 'tok=abcd', 0],
    ['regex over the match', { regexes: ['^tok=abcd$'], regexTarget: 'match' }, 'tok=abcd', 0],
    ['regex over the line', { regexes: ['fake'], regexTarget: 'line' }, 'fake\ntok=abcd\n', 1],
    ['regex over the line, same line', { regexes: ['fake$'], regexTarget: 'line' }, '\ntok=abcd fake\n', 0],
    [
      'gitleaks’ line has the newline before it',
      { regexes: ['^tok'], regexTarget: 'line' },
      'x\ntok=abcd\n',
      1,
    ],
    [
      'gitleaks’ last line without newline is the text',
      { regexes: ['fake'], regexTarget: 'line' },
      'fake\ntok=abcd',
      0,
    ],
    ['path', { paths: ['(?i)\\.TXT$'] }, 'tok=abcd', 0],
    ['other path', { paths: ['\\.md$'] }, 'tok=abcd', 1],
    ['commit, any case', { commits: [commit.toLowerCase()] }, 'tok=abcd', 0],
    ['part of a commit', { commits: [commit.slice(0, 7)] }, 'tok=abcd', 1],
    ['OR: one is enough', { paths: ['md$'], stopwords: ['abc'] }, 'tok=abcd', 0],
    ['AND: one is not', { paths: ['md$'], stopwords: ['abc'], condition: 'AND' }, 'tok=abcd', 1],
    [
      'AND: all',
      { paths: ['txt$'], stopwords: ['abc'], regexes: ['d$'], commits: [commit], condition: 'AND' },
      'tok=abcd',
      0,
    ],
    ['AND of path and commit', { paths: ['txt$'], commits: ['0'], condition: 'AND' }, 'tok=abcd', 1],
  ])('%s', (_, given, text, count) => {
    const list = allowlist(given)
    const foreign = { ...tok, vetted: false }
    expect(secrets({ ...tok, allowlists: [list] }, text, target)).toHaveLength(count)
    expect(secrets({ ...foreign, allowlists: [list] }, text, target)).toHaveLength(count)
    expect(secrets(ruleSet([tok], [{ ...list, targetRules: [] }]), text, target)).toHaveLength(count)
    expect(secrets(ruleSet([tok], [{ ...list, targetRules: ['tok'] }]), text, target)).toHaveLength(count)
    expect(secrets(ruleSet([tok], [{ ...list, targetRules: ['other'] }]), text, target)).toHaveLength(1)
  })
})

describe('paths', () => {
  const keys = rule('keys', { path: '\\.p12$' })
  test('a rule of a path alone finds the path', () => {
    expect(scan(ruleSet([keys]), '', { path: 'a/b.p12' }).hits).toMatchObject([
      { match: 'file detected: a/b.p12', secret: '', startLine: 1 },
    ])
    expect(secrets(keys, 'x', { path: 'a/b.p1' })).toEqual([])
  })
  test('a rule with both wants both', () => {
    expect(secrets({ ...tok, path: '\\.env$' }, 'tok=abcd', { path: '.env' })).toEqual(['abcd'])
    expect(secrets({ ...tok, path: '\\.env$' }, 'tok=abcd', { path: 'env' })).toEqual([])
  })
  test('paths are Unicode', () =>
    expect(secrets({ ...tok, path: '^é.$' }, 'tok=abcd', { path: 'éü' })).toEqual(['abcd']))
})

describe('required rules', () => {
  const id = rule('id', { regex: 'id=[0-9]{2}', keywords: ['nowhere'], skipReport: true })
  const pair = (required: Rule['required']): RuleSet => ruleSet([{ ...tok, required }, id])
  test.each<[string, Rule['required'], string, number]>([
    ['absent', [{ id: 'id' }], 'tok=abcd', 0],
    ['anywhere, without its keyword, not reported itself', [{ id: 'id' }], 'tok=abcd\n\n\nid=12', 1],
    ['too many lines away', [{ id: 'id', withinLines: 2 }], 'tok=abcd\n\n\nid=12', 0],
    ['near enough', [{ id: 'id', withinLines: 3 }], 'tok=abcd\n\n\nid=12', 1],
    ['columns', [{ id: 'id', withinColumns: 8 }], 'tok=abcd id=12', 0],
    ['columns near enough', [{ id: 'id', withinColumns: 9 }], 'tok=abcd id=12', 1],
    ['an unknown rule', [{ id: 'none' }], 'tok=abcd', 0],
  ])('%s', (_, required, text, count) => expect(secrets(pair(required), text)).toHaveLength(count))
})

test('a generic rule’s find gives way to a specific one of the same line', () => {
  const generic = rule('my-Generic', { regex: '=([a-z0-9]{4})' })
  const ids = (text: string): string[] => scan(ruleSet([generic, tok]), text).hits.map((hit) => hit.rule.id)
  expect(ids('tok=abcd\nx=abcd\n')).toEqual(['tok', 'my-Generic'])
})

test('advice of our pack is told once for a value in a text, by whichever generic rule is first; all else each time', () => {
  const told = (given: Partial<Rule>, text: string): string[] => {
    const generic = (id: string): Rule => rule(id, { regex: '=([a-z0-9]{4})', action: 'advise', ...given })
    return scan(ruleSet([generic('generic-a'), generic('generic-b')]), text).hits.map(
      ({ rule: { id }, startLine }) => `${id} ${startLine}`,
    )
  }
  const text = 'x=abcd y=abcd\nz=abcd\nz=efgh\n'
  expect(told({}, text)).toEqual(['generic-a 1', 'generic-a 3'])
  expect(told({ action: 'block' }, text)).toHaveLength(8)
  expect(told({ vetted: false }, text)).toHaveLength(8)
  expect(told({}, 'x=abcd # gitleaks:allow\nx=abcd\n')).toEqual(['generic-a 1', 'generic-a 2'])
})

describe('lines and columns', () => {
  const at = (text: string, regex = 'tok=[a-z]+(?:\\nend)?'): unknown =>
    scan(ruleSet([rule('r', { regex })]), text).hits.map(
      ({ startLine, endLine, startColumn, endColumn, line }: Hit) => [
        startLine,
        endLine,
        startColumn,
        endColumn,
        line,
      ],
    )
  test.each<[string, unknown]>([
    ['tok=ab', [[1, 1, 1, 6, 'tok=ab']]],
    ['x tok=ab y', [[1, 1, 3, 8, 'x tok=ab y']]],
    ['\n\n tok=ab\r\n', [[3, 3, 2, 7, ' tok=ab\r']]],
    ['é tok=ab', [[1, 1, 4, 9, 'é tok=ab']]],
    ['a\ntok=ab\nend z\n', [[2, 3, 1, 3, 'tok=ab\nend z']]],
  ])('%j', (text, expected) => expect(at(text)).toEqual(expected))
  test('a match that begins with a newline is on the line after it', () =>
    expect(at('a\ntok=ab', '\\stok=[a-z]+')).toEqual([[2, 2, 1, 6, 'tok=ab']]))
})

test.each(['gitleaks:allow', 'betterleaks:allow', 'codecommit-relay:allow'])(
  '%s on a line marks its finds',
  (comment) => {
    expect(
      scan(ruleSet([tok]), `tok=abcd # ${comment}\ntok=efgh\n`).hits.map((hit) => hit.allowedInline),
    ).toEqual([true, false])
  },
)

test('what Go would refuse is told, and the other rules run', () => {
  const set = ruleSet([
    rule('bad', { regex: '(?=x)' }),
    rule('worse', { regex: 'x', allowlists: [allowlist({ regexes: ['['] })] }),
    tok,
  ])
  expect(compileRules(set).bad).toMatchObject([
    { ruleId: 'bad', where: 'regex', at: 0 },
    { ruleId: 'worse', where: 'allowlists[0].regexes' },
  ])
  const { hits, unscanned } = scan(set, 'x tok=abcd')
  expect(hits.map((hit) => hit.secret)).toEqual(['abcd'])
  expect(unscanned).toEqual([
    { reason: 'pattern', ruleId: 'bad' },
    { reason: 'pattern', ruleId: 'worse' },
  ])
})

describe('what kind of text', () => {
  const nul = '\0'.repeat(20)
  test.each<[string, Buffer]>([
    ['UTF-16LE with mark', Buffer.from('\ufeffé tok=abcd', 'utf16le')],
    ['UTF-16BE with mark', Buffer.from('\ufeffé tok=abcd', 'utf16le').swap16()],
    ['UTF-16LE without', Buffer.from('é tok=abcd and more', 'utf16le')],
    ['UTF-16BE without', Buffer.from('é tok=abcd and more', 'utf16le').swap16()],
  ])('%s: offsets are those of the given bytes', (name, bytes) => {
    const [hit] = scan(ruleSet([tok]), bytes).hits
    expect(hit).toMatchObject({ secret: 'abcd' })
    const given = Buffer.from(bytes.subarray(hit?.start, hit?.end))
    expect((name.includes('BE') ? given.swap16() : given).toString('utf16le')).toBe('tok=abcd')
  })
  test.each<[string, string, string | undefined]>([
    ['zip', `PK\x03\x04${nul}tok=abcd`, 'archive'],
    ['tar', `${'a'.repeat(100)}${'\0'.repeat(157)}ustar\0tok=abcd`, 'archive'],
    ['ELF', `\x7fELF${nul}tok=abcd`, 'binary'],
    ['a text that begins as bzip2 does', 'BZh tok=abcd', undefined],
    ['NUL bytes alone', `x${nul}tok=abcd`, undefined],
  ])('%s', (_, text, reason) => {
    const { hits, unscanned } = scan(ruleSet([tok]), Buffer.from(text, 'latin1'))
    expect(hits).toHaveLength(reason ? 0 : 1)
    expect(unscanned).toEqual(reason ? [{ reason, bytes: text.length }] : [])
  })
})

describe('limits', () => {
  test('finds beyond the limit are told; those that block stay', () => {
    const advice = rule('advice', { regex: 'adv[0-9]', action: 'advise' })
    const text = `${'adv1 '.repeat(100)}tok=abcd `
    const { hits, unscanned } = scan(ruleSet([advice, tok]), text, undefined, { hits: 10 })
    expect(hits).toHaveLength(10)
    expect(hits.at(-1)?.rule.id).toBe('tok')
    expect(unscanned).toEqual([{ reason: 'findings', ruleId: 'advice' }])
  })
  test('when time is up, each rule that was not done is told', () => {
    let clock = 0
    const engine = createEngine(
      compileRules(ruleSet([tok, rule('two', { regex: 'two' })])),
      { timeMs: 10 },
      () => clock++ * 6,
    )
    const { hits, unscanned } = engine.scan(Buffer.from('tok=abcd two'), { path: '' })
    expect(hits).toHaveLength(1)
    expect(unscanned).toContainEqual({ reason: 'time', ruleId: 'two' })
  })
  test('a long text is looked at in pieces, with the time asked in between', () => {
    let asked = 0
    const bomb = rule('bomb', { regex: '(?:a+)+b', vetted: false })
    const engine = createEngine(compileRules(ruleSet([bomb])), { timeMs: 8 }, () => asked++)
    const { unscanned } = engine.scan(Buffer.alloc(16 * 1024 * 1024, 'x'), { path: '' })
    expect(unscanned).toEqual([{ reason: 'time', ruleId: 'bomb' }])
    expect(asked).toBeLessThan(20)
  })
  test('nothing is decoded unless asked for', () => expect(SCAN_LIMITS.decodeDepth).toBe(0))
})
