import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { readGitleaksConfig } from '../../../../shared/scanning/conventions/gitleaks-config.ts'
import { compileRules } from '../../../../shared/scanning/engine/compile.ts'
import { createEngine } from '../../../../shared/scanning/engine/engine.ts'
import { runnerOf } from '../../../../shared/scanning/pattern/expression.ts'
import { parsePattern } from '../../../../shared/scanning/pattern/parse.ts'
import { fill } from './fill.ts'
import { pack } from './pack.ts'
import { samples } from './samples/all.ts'

const compiled = compileRules(pack.rules)
const engine = createEngine(compiled, { timeMs: 60_000, decodeDepth: 0 })
const find = (text: string, path: string) =>
  engine.scan(Buffer.from(text), { path }).hits.map(({ rule, secret }) => ({ id: rule.id, secret }))
const secretOf = (text: string) => /⟦([^⟧]*)⟧/.exec(text)?.[1]
const bare = (text: string) => text.replace(/[⟦⟧]/g, '')

test('every file of the pack reads without a mistake, and every expression runs', () => {
  expect(pack.mistakes).toEqual([])
  expect(compiled.bad).toEqual([])
})

test('rules have names of their own, descriptions without a full stop, lower-case keywords', () => {
  const ids = pack.rules.rules.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.filter((id) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id))).toEqual([])
  for (const rule of pack.rules.rules) {
    expect(rule.description).toMatch(/^\S.*[^.\s]$/)
    expect(rule.keywords).toEqual(rule.keywords.map((word) => word.toLowerCase()))
  }
})

test('at least 200 rules are specific, and what is generic only advises', () => {
  const { rules } = pack.rules
  expect(rules.filter(({ id }) => !id.startsWith('generic-')).length).toBeGreaterThanOrEqual(200)
  expect(rules.filter(({ id, action }) => id.startsWith('generic-') && action !== 'advise')).toEqual([])
})

test('every expression but a named few runs on V8, within a window', () => {
  const named = (keep: (one: (typeof compiled.expressions)[number]) => boolean) =>
    compiled.expressions
      .filter(keep)
      .map(({ rule }) => pack.rules.rules[rule]?.id)
      .sort()
  expect(named(({ runner }) => runner !== 'v8')).toEqual(SLOW)
  expect(named(({ ascii }) => ascii === undefined)).toEqual(['rails-master-key-file'])
})

// what backtracking would make quadratic; their keywords are rare
const SLOW = ['private-key', 'ssh2-private-key']

test('every expression of an allow-list or for paths runs on V8: to say what is no secret loads no other engine', () => {
  const { rules, allowlists } = pack.rules
  const sources = [
    ...[...allowlists, ...rules.flatMap((rule) => rule.allowlists)].flatMap((list) => [
      ...list.regexes,
      ...list.paths,
    ]),
    ...rules.flatMap(({ path }) => (path === undefined ? [] : [path])),
  ]
  expect(sources.length).toBeGreaterThan(100)
  expect([...new Set(sources)].filter((source) => runsSlowly(source))).toEqual([])
})

const runsSlowly = (source: string): boolean => {
  const pattern = parsePattern(source)
  return 'mistake' in pattern || runnerOf(pattern.root, true) !== 'v8'
}

test('every rule has samples, and no sample is of a rule that is not there', () => {
  expect(Object.keys(samples).sort()).toEqual(pack.rules.rules.map(({ id }) => id).sort())
  for (const [id, { hits, misses, paths }] of Object.entries(samples)) {
    expect([id, hits.length + (paths?.hits.length ?? 0)]).toEqual([id, expect.any(Number)])
    expect(hits.length + (paths?.hits.length ?? 0)).toBeGreaterThanOrEqual(2)
    expect(misses.length + (paths?.misses.length ?? 0)).toBeGreaterThanOrEqual(2)
  }
})

const rows = Object.entries(samples)

test.each(rows)('%s finds its samples, whole, and no other rule does', (id, sample) => {
  for (const [at, template] of sample.hits.entries()) {
    const text = fill(template, `${id} ${at}`)
    const found = find(bare(text), sample.path ?? 'a.txt')
    const others = found.filter((one) => one.id !== id && !sample.also?.includes(one.id))
    expect({ text, others }).toEqual({ text, others: [] })
    const own = found.filter((one) => one.id === id)
    expect({ text, times: own.length }).toEqual({ text, times: 1 })
    if (secretOf(text) !== undefined) expect(own[0]?.secret).toBe(secretOf(text))
  }
  for (const path of sample.paths?.hits ?? [])
    expect(find('anything', path).map((one) => one.id)).toEqual([id])
})

test.each(rows)('%s passes over what is not one', (id, sample) => {
  for (const [at, template] of sample.misses.entries()) {
    const text = fill(template, `${id} not ${at}`)
    const own = find(bare(text), sample.path ?? 'a.txt').filter((one) => one.id === id)
    expect({ text, own }).toEqual({ text, own: [] })
  }
  for (const path of sample.paths?.misses ?? []) expect(find('anything', path)).toEqual([])
})

// docs/decisions/0056
const IN_TESTS = [
  'tests/a.yml',
  'src/test/java/A.java',
  'Acme.Json.Tests/A.cs',
  'x/unit_tests/a.py',
  'test-suite/a.conf',
  'src/__tests__/a.ts',
  'pkg/testdata/a.json',
  'db/fixtures/a.yml',
  'app/src/androidTest/A.kt',
  't/lib/a.pm',
  'selftest/a.sh',
  'a_test.go',
  'web/a.spec.ts',
  'src/tests.rs',
  'tests.py',
  'test_a.py',
  'src/LoginTest.java',
  'TestLogin.java',
  'Zend/a.phpt',
  'a.test',
]
const ELSEWHERE = [
  'src/latest/a.py',
  'attestations/a.py',
  'contest/a.py',
  'inspection/a.c',
  'src/Latest.java',
  'src/audit.go',
  'test.env',
  'config/test.yml',
  '.env.test',
  'special/a.t.js',
]

test.each([
  ['password = "{alnum:12}7!"', 'generic-password', false],
  ['api_key = "{hex:40}"', 'generic-api-key', false],
  ['client_secret: Zq7{alnum:16}\n', 'generic-env-secret', false],
  [`user:$2b$12\${alnum:53}`, 'password-hash', false],
  ['X-Api-Key: {alnum:32}', 'api-key-header', false],
  ["CREATE USER app IDENTIFIED BY '{alnum:16}';", 'sql-user-password', false],
  ['github = "ghp_{alnum:36}"', 'github-pat', true],
  ['VERCEL_TOKEN=Zq7{alnum:21}\n', 'vercel-api-token', true],
])('among tests %s is told by %s: %j', (template, id, told) => {
  const text = fill(template, 'tests')
  const ids = (path: string): string[] => find(text, path).map((one) => one.id)
  for (const path of ELSEWHERE) expect({ path, ids: ids(path) }).toEqual({ path, ids: [id] })
  for (const path of IN_TESTS) expect({ path, ids: ids(path) }).toEqual({ path, ids: told ? [id] : [] })
})

test('what generic rules are silent about in tests, all of them are', () => {
  const silent = pack.rules.allowlists.filter(
    ({ paths, condition }) => condition === 'OR' && paths.some((path) => path.includes('testing')),
  )
  expect(silent).toHaveLength(1)
  const generic = pack.rules.rules.map(({ id }) => id).filter((id) => id.startsWith('generic-'))
  expect(generic.filter((id) => !silent[0]?.targetRules.includes(id))).toEqual([])
  const blocking = pack.rules.rules.filter(({ action }) => action === 'block').map(({ id }) => id)
  expect(blocking.filter((id) => silent[0]?.targetRules.includes(id))).toEqual([])
})

const MANUALS = ['docs/use.html', 'README.md', 'man/a.5', 'x/examples/a.js', 'a.rst']

test.each([
  ['password = "rapun{dig:2}el"', 'generic-password', []],
  ['password = "P@ssw0rd!{dig:3}"', 'generic-password', []],
  ['url = "mysql://app:fro{dig:2}@db.acme.io/app"', 'generic-database-url', []],
  ['password = "{alnum:12}Q7!"', 'generic-password', MANUALS],
  ['api_key = "{hex:32}"', 'generic-api-key', ['README.md', 'a.rst']],
  ['api_key = "Zq7{alnum:37}"', 'generic-api-key', MANUALS],
  [`user:$2b$12\${alnum:53}`, 'password-hash', []],
])('of manuals, %s is told by %s in %j', (template, id, where) => {
  const text = fill(template, 'manuals')
  const ids = (path: string): string[] => find(text, path).map((one) => one.id)
  expect(ids('src/a.js')).toEqual([id])
  expect(MANUALS.filter((path) => ids(path).length > 0)).toEqual(where)
})

test('a folder that someone asked for is no folder of tests by its own name', () => {
  const text = Buffer.from(fill('api_key = "Zq7{alnum:37}"', 'given'))
  const scan = (given?: number) =>
    engine.scan(text, { path: '/tmp/tests/a/b.py', ...(given === undefined ? {} : { given }) }).hits.length
  expect([scan(), scan('/tmp/'.length), scan('/tmp/tests/'.length)]).toEqual([0, 0, 1])
})

test('a rule of a team is in force among tests: the one of docs/scanning.md', async () => {
  const docs = readFileSync(join(import.meta.dirname, '../../../../docs/scanning.md'), 'utf8')
  const example = /```toml\n(\[\[rules\]\]\nid = "acme-secret-in-tests"[^`]*)```/.exec(docs)?.[1] ?? ''
  const { rules, mistakes } = await readGitleaksConfig(`[extend]\nuseDefault = true\n${example}`, {
    defaultRules: pack.rules,
  })
  expect(mistakes).toEqual([])
  const team = createEngine(compileRules(rules), { timeMs: 60_000, decodeDepth: 0 })
  const text = Buffer.from(fill('api_key = "Zq7{alnum:37}"', 'team'))
  const ids = (path: string) => team.scan(text, { path }).hits.map(({ rule }) => rule.id)
  expect(ids('a/tests/b.py')).toEqual(['acme-secret-in-tests'])
  expect(ids('a/b.py')).toEqual(['generic-api-key'])
})
