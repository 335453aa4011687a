import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from '@jest/globals'

// Which room may import which. The first matching row of `from` speaks; `to` are prefixes of project paths.
const root = resolve(import.meta.dirname, '..')
const values = ['shared/events/types.ts', 'shared/config/types.ts', 'shared/codecommit/address.ts']
const base = ['shared/git/', 'shared/store/', 'shared/runtime/', ...values]
const rows: readonly { from: string; to: readonly string[]; fix: string }[] = [
  {
    from: 'local/',
    to: ['local/'],
    fix: 'local/ and the product share no code: only the wire is between them',
  },
  {
    from: 'shared/git/',
    to: ['shared/git/', 'shared/runtime/errors.ts'],
    fix: 'shared/git knows bytes only: pass what it needs as a value',
  },
  {
    from: 'shared/runtime/',
    to: ['shared/runtime/'],
    fix: 'shared/runtime is below everything: pass the value in',
  },
  {
    from: 'shared/store/',
    to: ['shared/store/', 'shared/runtime/', ...values],
    fix: 'shared/store keeps values: it knows no domain',
  },
  ...['events', 'config', 'codecommit', 'replication', 'notices', 'scanning', 'guard'].map((domain) => ({
    from: `shared/${domain}/`,
    to: [`shared/${domain}/`, ...base],
    fix: 'domain folders meet through values: let the handler combine them',
  })),
  {
    from: 'functions/',
    to: ['functions/=', 'shared/'],
    fix: 'a function imports shared/ and its own folder only',
  },
  {
    from: 'containers/',
    to: ['containers/=', 'shared/'],
    fix: 'a container imports shared/ and its own folder only',
  },
  {
    from: 'stack/',
    to: ['stack/', 'shared/config/', 'shared/scanning/', 'shared/runtime/errors.ts', 'shared/codecommit/address.ts'],
    fix: 'the stack is made from Config and the rules of the scanner, nothing else',
  },
  {
    from: 'cli/',
    to: ['cli/', 'shared/', 'local/', 'stack/'],
    fix: 'nothing imports functions or containers',
  },
]

const homes: readonly { word: RegExp; allowed: RegExp; fix: string }[] = [
  {
    word: /\bprocess\.env\b/,
    allowed:
      /\/main\.ts$|^cli\/|^stack\/(build|print-template)\.ts$|^local\/.*\/(child-environment|git|bootstrap|supervisor)\.ts$/,
    fix: 'the environment is read in main.ts and passed on',
  },
  {
    word: /from 'node:child_process'/,
    allowed:
      /^containers\/mirror\/git\.ts$|^cli\/(git|package)\.ts$|^stack\/|^local\/codecommit\/(git|recover)\.ts$|^local\/processes\/|^local\/state\/lock\.ts$/,
    fix: 'child processes have one home in each room',
  },
  {
    word: /\bMath\.random\(|\bDate\.now\(|new Date\(\)/,
    allowed: /\/main\.ts$|^cli\/|^local\/cloud\.ts$|^local\/(lambda|ecs)\/(bootstrap|supervisor)/,
    fix: 'clock and randomness are parameters',
  },
]

const sources = ['functions', 'containers', 'shared', 'stack', 'cli', 'local'].flatMap((folder) =>
  tsFiles(join(root, folder)),
)

function tsFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return tsFiles(path)
    return /\.(ts|mts)$/.test(entry.name) ? [path] : []
  })
}

const importsOf = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    relative(root, resolve(dirname(path), match[1]!)),
  )

const allowed = (from: string, to: string, prefixes: readonly string[]) =>
  prefixes.some((prefix) =>
    prefix.endsWith('/=')
      ? to.split('/').slice(0, 2).join('/') === from.split('/').slice(0, 2).join('/')
      : to.startsWith(prefix),
  )

test('there are sources to look at', () => {
  expect(sources.length).toBeGreaterThan(20)
})

test('imports run in the directions of the house', () => {
  const wrong = sources.flatMap((path) => {
    const from = relative(root, path)
    const row = rows.find((candidate) => from.startsWith(candidate.from))
    if (!row) return [`${from}: no row of the table speaks of this folder`]
    return importsOf(path)
      .filter((to) => !allowed(from, to, row.to))
      .map((to) => `${from} imports ${to}: ${row.fix}`)
  })
  expect(wrong).toEqual([])
})

test('environment, child processes, clock and randomness have one home each', () => {
  const wrong = sources.flatMap((path) => {
    const name = relative(root, path)
    const text = readFileSync(path, 'utf8')
    return homes
      .filter((home) => home.word.test(text) && !home.allowed.test(name))
      .map((home) => `${name}: ${home.fix}`)
  })
  expect(wrong).toEqual([])
})
