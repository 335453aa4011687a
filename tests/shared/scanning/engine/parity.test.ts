import { describe, expect, test } from '@jest/globals'
import { readGitleaksConfig } from '../../../../shared/scanning/conventions/gitleaks-config.ts'
import { compileRules } from '../../../../shared/scanning/engine/compile.ts'
import { createEngine } from '../../../../shared/scanning/engine/engine.ts'
import type { Hit, Target } from '../../../../shared/scanning/types.ts'

// What gitleaks' own tests (detect/detect_test.go) say of texts and configurations, in our words; lines from 1 there as here,
// columns as gitleaks counts them.

const scan = async (
  toml: string,
  text: string,
  target: Target = { path: 'a.go' },
  decodeDepth = 0,
): Promise<Hit[]> => {
  const { rules, mistakes } = await readGitleaksConfig(toml, { defaultRules: { rules: [], allowlists: [] } })
  expect(mistakes.filter(({ weight }) => weight === 'refused')).toEqual([])
  const { hits, unscanned } = createEngine(compileRules(rules), { decodeDepth }).scan(
    Buffer.from(text),
    target,
  )
  expect(unscanned).toEqual([])
  return hits.filter((hit) => !hit.allowedInline)
}

const facts = (hits: readonly Hit[]): unknown[] =>
  hits.map(({ rule, startLine, endLine, startColumn, endColumn, match, secret, entropy }) => ({
    id: rule.id,
    lines: [startLine, endLine],
    columns: [startColumn + Number(startLine > 1), endColumn + Number(endLine > 1)],
    match,
    secret,
    entropy: entropy.toFixed(3),
  }))

const list = (...lines: string[]): string => lines.join('\n')
const aws = ['AKIA', 'LALEMEL33243OLIA'].join('')
const AWS = list('[[rules]]', "id = 'aws'", "regex = '''(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}'''")
const SIDEKIQ = list(
  '[[rules]]',
  "id = 'sidekiq'",
  "regex = '''(?i)(?:BUNDLE_GEMS__CONTRIBSYS__COM)(?:[0-9a-z\\-_\\t .]{0,20})(?:[\\s|']|[\\s|\"]){0,3}(?:=|>|:=|\\|\\|:|<=|=>|:)(?:'|\\\"|\\s|=|\\x60){0,5}([a-f0-9]{8}:[a-f0-9]{8})(?:['|\\\"|\\n|\\r|\\s|\\x60|;]|$)'''",
  'secretGroup = 1',
  "keywords = ['bundle_gems__contribsys__com']",
)
const URL = list(
  '[[rules]]',
  "id = 'url'",
  "regex = '''(?i)\\b(http(?:s??):\\/\\/)([a-f0-9]{8}:[a-f0-9]{8})@(?:gems.contribsys.com)(?:[\\/|\\#|\\?|:]|$)'''",
  'secretGroup = 2',
)
const hex = ['e7322523fb86ed64', 'c836a979cf8465fb', 'd436378c653c1db3', '8f9ae87bc62a6fd5'].join('')
const GROUP = list(
  '[[rules]]',
  "id = 'discord'",
  `regex = '''(?i)(discord[a-z0-9_ .\\-,]{0,25})(=|>|:=|\\|\\|:|<=|=>|:).{0,5}['\\"]([a-h0-9]{64})['\\"]'''`,
  'secretGroup = 3',
  'entropy = 3.5',
)
const TOKEN = list('[[rules]]', "id = 'test'", `regex = '''token = "(.+)"'''`)
const LISTS = list(
  "[[allowlists]]\nregexes = ['^changeit$']",
  "[[allowlists]]\ncondition = 'AND'\npaths = ['^node_modules/.*']\nstopwords = ['mock']",
)
const COMPOSITE = (distance: string): string =>
  list(
    "[[rules]]\nid = 'primary'",
    `regex = '''password\\s*=\\s*"([^"]+)"'''`,
    `[[rules.required]]\nid = 'user'\n${distance}`,
    "[[rules]]\nid = 'user'",
    `regex = '''username\\s*=\\s*"([^"]+)"'''`,
    'skipReport = true',
  )
const PAIR = '\nusername = "admin"\n\n\n\n\t\t\tpassword = "secret123"\n'

describe('found, and where', () => {
  test.each<[string, string, string, Target | undefined, unknown[]]>([
    [
      'a key in a line',
      AWS,
      `awsToken := \\"${aws}\\"`,
      undefined,
      [{ id: 'aws', lines: [1, 1], columns: [15, 34], match: aws, secret: aws, entropy: '3.084' }],
    ],
    [
      'a group, with the end of the value in the match',
      SIDEKIQ,
      'export BUNDLE_GEMS__CONTRIBSYS__COM=cafebabe:deadbeef;',
      undefined,
      [
        {
          id: 'sidekiq',
          lines: [1, 1],
          columns: [8, 54],
          match: 'BUNDLE_GEMS__CONTRIBSYS__COM=cafebabe:deadbeef;',
          secret: 'cafebabe:deadbeef',
          entropy: '2.610',
        },
      ],
    ],
    [
      'quotes',
      SIDEKIQ,
      'echo 1; export BUNDLE_GEMS__CONTRIBSYS__COM="cafebabe:deadbeef" && echo 2',
      undefined,
      [
        {
          id: 'sidekiq',
          lines: [1, 1],
          columns: [16, 63],
          match: 'BUNDLE_GEMS__CONTRIBSYS__COM="cafebabe:deadbeef"',
          secret: 'cafebabe:deadbeef',
          entropy: '2.610',
        },
      ],
    ],
    [
      'a URL',
      URL,
      'url = "http://cafeb4b3:d3adb33f@gems.contribsys.com:80/path?a=b#c"',
      undefined,
      [
        {
          id: 'url',
          lines: [1, 1],
          columns: [8, 52],
          match: 'http://cafeb4b3:d3adb33f@gems.contribsys.com:',
          secret: 'cafeb4b3:d3adb33f',
          entropy: '2.984',
        },
      ],
    ],
    [
      'entropy of a group by its number, on one line of two',
      GROUP,
      `const Discord_Key = "${hex}"\n//const Discord_Key = "${'a'.repeat(64)}"\n`,
      undefined,
      [
        {
          id: 'discord',
          lines: [1, 1],
          columns: [7, 86],
          match: `Discord_Key = "${hex}"`,
          secret: hex,
          entropy: '3.791',
        },
      ],
    ],
    [
      'a list that is for something else, a list that is not whole',
      list(LISTS, TOKEN),
      '\nconst token = "mockSecret";\n// const token = "changeit";',
      { path: 'config.txt' },
      [
        {
          id: 'test',
          lines: [2, 2],
          columns: [8, 27],
          match: 'token = "mockSecret"',
          secret: 'mockSecret',
          entropy: '2.922',
        },
      ],
    ],
    [
      'a path in a list with AND',
      list(LISTS, TOKEN),
      'var token = "fakeSecret";',
      { path: 'node_modules/config.txt' },
      [
        {
          id: 'test',
          lines: [1, 1],
          columns: [5, 24],
          match: 'token = "fakeSecret"',
          secret: 'fakeSecret',
          entropy: '2.846',
        },
      ],
    ],
    [
      'a rule with one that it requires',
      COMPOSITE(''),
      PAIR,
      { path: '' },
      [
        {
          id: 'primary',
          lines: [6, 6],
          columns: [5, 26],
          match: 'password = "secret123"',
          secret: 'secret123',
          entropy: '2.948',
        },
      ],
    ],
  ])('%s', async (_, toml, text, target, expected) =>
    expect(facts(await scan(toml, text, target))).toEqual(expected),
  )
})

describe('not found', () => {
  const AND = "condition = 'AND'"
  test.each<[string, string, string, Target?]>([
    ['a comment on the line', AWS, `x = "${aws}" // gitleaks:allow`],
    ['a comment on a line of several', AWS, `x = \n\n  "${aws}" // gitleaks:allow\n\n `],
    ['a path that is another', list(AWS, "path = '\\.py$'"), aws],
    ['a list for all', list('[[allowlists]]', "regexes = ['LALEM.L33']", AWS), aws],
    ['AND, all of it', list(LISTS, TOKEN), 'token = "mockSecret"', { path: 'node_modules/a' }],
    [
      'a commit',
      list(AWS, '[[rules.allowlists]]', "commits = ['allowthiscommit']"),
      aws,
      { path: 'a', commit: 'allowthiscommit' },
    ],
    [
      'a path and a commit, in the old form, keys in any case',
      list(AWS, '[rules.allowList]', AND, "PATHS = ['go$']", "commits = ['C0']"),
      aws,
      { path: 'a.go', commit: 'c0' },
    ],
    [
      'path and commit for all of the text, with AND',
      list('[allowlist]', AND, "paths = ['go$']", "commits = ['c0']", AWS),
      aws,
      { path: 'a.go', commit: 'c0' },
    ],
    ['too many lines between', COMPOSITE('withinLines = 3'), PAIR],
    ['too many columns between', COMPOSITE('withinColumns = 2'), PAIR],
    [
      'gitleaks takes the whole text for a last line without newline',
      AWS,
      `# gitleaks:allow\nx\n${aws} = no newline`,
    ],
  ])('%s', async (_, toml, text, ...[target]) => expect(facts(await scan(toml, text, target))).toEqual([]))

  test.each<[string, string, string, Target?]>([
    ['a comment on the next line', AWS, `x = "${aws}"\n\n // gitleaks:allow\n\n `],
    ['a comment on the line before', AWS, `# gitleaks:allow\n${aws}\n`],
    ['another comment before a last line', AWS, `# codecommit-relay:allow\n${aws}`],
    ['lines enough', COMPOSITE('withinLines = 4'), PAIR],
    ['columns enough', COMPOSITE('withinColumns = 3'), PAIR],
    [
      'one of two distances, for a rule that is required twice',
      COMPOSITE("withinLines = 1\n[[rules.required]]\nid = 'user'\nwithinColumns = 3"),
      PAIR,
    ],
    [
      'AND with a path that is not there',
      list(AWS, '[[rules.allowlists]]', AND, "paths = ['go$']", "stopwords = ['a']"),
      aws,
      { path: '' },
    ],
    [
      'AND without its commit',
      list(AWS, '[[rules.allowlists]]', AND, "paths = ['go$']", "commits = ['c0']"),
      aws,
    ],
  ])('but: %s', async (_, toml, text, ...[target]) => expect(await scan(toml, text, target)).toHaveLength(1))
})

describe('paths', () => {
  const PYTHON = list('[[rules]]', "id = 'python'", "path = '.py'")
  test('a rule of a path alone', async () => {
    const [hit] = await scan(PYTHON, 'x', { path: 'tmp.py' })
    expect(hit).toMatchObject({ match: 'file detected: tmp.py', secret: '', entropy: 0 })
  })
  test('with keywords it wants one in the text', async () => {
    const toml = list(PYTHON, "keywords = ['Key', 'ключ']")
    expect(await scan(toml, 'x', { path: 'a.py' })).toEqual([])
    expect(await scan(toml, 'KEY', { path: 'a.py' })).toHaveLength(1)
    expect(await scan(toml, 'КЛЮЧ', { path: 'a.py' })).toHaveLength(1)
  })
  test('it can be required, and lies on line 0', async () => {
    const toml = (distance: string): string =>
      list(AWS, '[[rules.required]]', "id = 'python'", distance, PYTHON, 'skipReport = true')
    expect(await scan(toml(''), aws, { path: 'a.py' })).toHaveLength(1)
    expect(await scan(toml(''), aws, { path: 'a.go' })).toEqual([])
    expect(await scan(toml('withinLines = 1'), `\n${aws}`, { path: 'a.py' })).toEqual([])
    expect(await scan(toml('withinLines = 2'), `\n${aws}`, { path: 'a.py' })).toHaveLength(1)
  })
  test('a team’s rule does not judge what is no text', async () => {
    const { rules } = await readGitleaksConfig(PYTHON, { defaultRules: { rules: [], allowlists: [] } })
    const zip = Buffer.from('PK\x03\x04\0\0\0\0', 'latin1')
    expect(createEngine(compileRules(rules)).scan(zip, { path: 'a.py' }).hits).toEqual([])
  })
  test('its line is not that of a generic find', async () => {
    const toml = list("[[rules]]\nid = 'my-generic'\npath = 'py$'", AWS)
    expect(await scan(toml, aws, { path: 'a.py' })).toHaveLength(2)
  })
})

describe('letters beyond ASCII', () => {
  const rule = (keyword: string, more = ''): string =>
    list('[[rules]]', "id = 'r'", "regex = '=([a-z]+)'", `keywords = ['${keyword}']`, more)
  test.each<[string, string, string, number]>([
    ['keywords in any case', rule('пароль'), 'ПАРОЛЬ =abc', 1],
    ['not there', rule('пароль'), 'ПАРОЛ =abc', 0],
    ['Kelvin is k', rule('key'), '\u212aEY =abc', 1],
    ['the dotted I is i', rule('api'), 'AP\u0130 =abc', 1],
    ['the long s is no s', rule('secret'), '\u017fecret =abc', 0],
  ])('%s', async (_, toml, text, count) => expect(await scan(toml, text)).toHaveLength(count))
  test('stop-words in any case', async () => {
    const toml = list(
      '[[rules]]',
      "id = 'r'",
      "regex = '=.+'",
      '[[rules.allowlists]]',
      "stopwords = ['ПРИМЕР']",
    )
    expect(await scan(toml, 'x=пример')).toEqual([])
    expect(await scan(toml, 'x=приме')).toHaveLength(1)
  })
  test('windows are right after letters that fold', async () => {
    const toml = list('[[rules]]', "id = 'r'", "regex = '(?i)key=([a-z]{3})'", "keywords = ['key']")
    const far = 'x'.repeat(5_000)
    const hits = await scan(toml, `\u212a\u017f${far}key=abc${far}\u212aey=def \u017f ${far}KEY=ghi`)
    expect(hits.map((hit) => hit.secret)).toEqual(['abc', 'def', 'ghi'])
  })
  test('bytes that are no text count one by one', async () => {
    const { rules } = await readGitleaksConfig("[[rules]]\nid = 'r'\nregex = '=(.+)'", {
      defaultRules: { rules: [], allowlists: [] },
    })
    const engine = createEngine(compileRules(rules))
    const [hit] = engine.scan(Buffer.from('=\xe9\xe9ab', 'latin1'), { path: '' }).hits
    expect(hit?.entropy).toBe(1.5)
  })
})

test('a (?i) in a list is in force for the expressions that follow, as gitleaks joins them', async () => {
  const lists = (regexes: string) =>
    `[[rules]]\nid = 'a'\nregex = '''tok=(\\w+)'''\n[[rules.allowlists]]\nregexes = [${regexes}]\n`
  expect(await scan(lists("'''(?i)zz''', '''^up'''"), 'tok=UPPER')).toEqual([])
  expect(await scan(lists("'''^up''', '''(?i)zz'''"), 'tok=UPPER')).toHaveLength(1)
  expect(await scan(lists("'''(?i:zz)''', '''^up'''"), 'tok=UPPER')).toHaveLength(1)
})
