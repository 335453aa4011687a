import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { RULES_MOST } from '../../../../shared/scanning/conventions/file.ts'
import {
  type ReadOptions,
  readGitleaksConfig,
  readRulePack,
} from '../../../../shared/scanning/conventions/gitleaks-config.ts'
import { MISTAKES_MOST, renderMistake } from '../../../../shared/scanning/conventions/mistakes.ts'
import { CONFIG_MOST } from '../../../../shared/scanning/conventions/toml.ts'
import type { Rule, RuleSet } from '../../../../shared/scanning/types.ts'

const PACK = `
[[rules]]
id = "aws-access-token"
description = "AWS"
regex = '''\\b(AKIA[A-Z2-7]{16})\\b'''
keywords = ["akia"]
tags = ["cloud"]
entropy = 3
action = "block"
[[rules]]
id = "generic-api-key"
description = "Generic"
regex = '''key = "([a-z]+)"'''
keywords = ["key"]
[[allowlists]]
description = "ours"
paths = ['''node_modules''']
`
const pack = readRulePack([{ file: 'pack.toml', text: PACK }])
const defaultRules: RuleSet = pack.rules

const read = (text: string, options: Partial<ReadOptions> = {}) =>
  readGitleaksConfig(text, { defaultRules, ...options })

const files =
  (table: Record<string, string>) =>
  (path: string): string | undefined =>
    table[path]

const ruleOf = async (text: string, id: string, options: Partial<ReadOptions> = {}): Promise<Rule> => {
  const { rules, mistakes } = await read(text, options)
  expect(mistakes).toEqual([])
  const rule = rules.rules.find((one) => one.id === id)
  if (!rule) throw new Error(`no rule ${id}`)
  return rule
}

describe('a pack of our own', () => {
  test('has no mistakes, and its expressions are vetted', () => {
    expect(pack.mistakes).toEqual([])
    expect(pack.rules.rules.map(({ id, action, vetted }) => [id, action, vetted])).toEqual([
      ['aws-access-token', 'block', true],
      ['generic-api-key', 'advise', true],
    ])
  })

  test('extends nothing, and holds each id once over all its files', () => {
    const one = { file: 'a.toml', text: `[[rules]]\nid = "a"\nregex = "x"\n` }
    const two = { file: 'b.toml', text: `[extend]\nuseDefault = true\n[[rules]]\nid = "a"\nregex = "y"\n` }
    expect(readRulePack([one, two]).mistakes.map(renderMistake)).toEqual([
      'a.toml:2 rules[0].id: expected each id once (the last rule is used), found "a" (ignored)',
      'b.toml:1 extend: expected no [extend] in a pack, found one',
    ])
  })
})

describe('what a file may say', () => {
  test('every key of a rule', async () => {
    const text = `
title = "ours"
[[rules]]
id = "ours"
description = "Our token"
regex = '''ours_([0-9a-f]{32})'''
path = '''\\.env$'''
keywords = ["OURS_", "Token"]
entropy = 3.5
secretGroup = 1
tags = ["a", "b"]
skipReport = true
action = "block"
  [[rules.allowlists]]
  description = "tests"
  condition = "and"
  regexTarget = "line"
  paths = ['''^tests/''']
  regexes = ['''fake''']
  stopwords = ["example", "example"]
  commits = ["${'a'.repeat(40)}"]
  [[rules.allowlists]]
  stopwords = ["dummy"]
  [[rules.required]]
  id = "other"
  withinLines = 3
  withinColumns = 0
[[rules]]
id = "other"
path = "x"
`
    expect(await ruleOf(text, 'ours')).toEqual({
      id: 'ours',
      description: 'Our token',
      regex: 'ours_([0-9a-f]{32})',
      path: '\\.env$',
      keywords: ['ours_', 'token'],
      entropy: 3.5,
      secretGroup: 1,
      tags: ['a', 'b'],
      allowlists: [
        {
          description: 'tests',
          condition: 'AND',
          regexTarget: 'line',
          paths: ['^tests/'],
          regexes: ['fake'],
          stopwords: ['example'],
          commits: ['a'.repeat(40)],
        },
        {
          description: '',
          condition: 'OR',
          regexTarget: 'secret',
          paths: [],
          regexes: [],
          stopwords: ['dummy'],
          commits: [],
        },
      ],
      required: [{ id: 'other', withinLines: 3, withinColumns: 0 }],
      skipReport: true,
      action: 'block',
      vetted: false,
    })
  })

  test('the old forms of allow-lists', async () => {
    const text = `
[allowlist]
regexes = ["a"]
[[rules]]
id = "ours"
regex = "b"
[rules.allowlist]
paths = ["c"]
`
    const { rules, mistakes } = await read(text)
    expect(mistakes).toEqual([])
    expect(rules.allowlists.map(({ regexes }) => regexes)).toEqual([['a']])
    expect(rules.rules[0]?.allowlists.map(({ paths }) => paths)).toEqual([['c']])
  })

  test('keys in any case, one table for a list of one, a text for a list, as gitleaks reads them', async () => {
    const text = `
[[Rules]]
ID = "ours"
Regex = "b"
keywords = "One,two"
[Allowlists]
RegexTarget = "match"
StopWords = ["x"]
`
    const { rules, mistakes } = await read(text)
    expect(mistakes).toEqual([])
    expect(rules.rules[0]?.keywords).toEqual(['one', 'two'])
    expect(rules.allowlists[0]).toMatchObject({ regexTarget: 'match', stopwords: ['x'], targetRules: [] })
  })

  test.each([
    ['', 'OR'],
    ['OR', 'OR'],
    ['or', 'OR'],
    ['||', 'OR'],
    ['And', 'AND'],
    ['&&', 'AND'],
  ])('condition %j is %s', async (written, meant) => {
    const { rules } = await read(
      `[[rules]]\nid="a"\nregex="b"\n[[allowlists]]\ncondition="${written}"\npaths=["c"]`,
    )
    expect(rules.allowlists[0]?.condition).toBe(meant)
  })

  test('a rule of a team advises unless it says that it blocks', async () => {
    const { rules } = await read(`[[rules]]\nid="a"\nregex="b"\n[[rules]]\nid="c"\nregex="d"\naction="block"`)
    expect(rules.rules.map(({ action }) => action)).toEqual(['advise', 'block'])
  })
})

const USE = '[extend]\nuseDefault = true\n'

describe('extend', () => {
  test('useDefault means our own pack, with its allow-lists', async () => {
    expect((await read(USE)).rules).toEqual(defaultRules)
  })

  test('without it only the file’s own rules are in force', async () => {
    const { rules } = await read(`[[rules]]\nid="ours"\nregex="b"`)
    expect(rules.rules.map(({ id }) => id)).toEqual(['ours'])
    expect(rules.allowlists).toEqual([])
  })

  test('disabledRules leaves rules out', async () => {
    const { rules, mistakes } = await read(`${USE}disabledRules = ["generic-api-key"]`)
    expect(mistakes).toEqual([])
    expect(rules.rules.map(({ id }) => id)).toEqual(['aws-access-token'])
  })

  const base = defaultRules.rules[0] as Rule
  const overrides: [what: string, given: string, now: Partial<Rule>][] = [
    ['description', 'description = "Puppy"', { description: 'Puppy' }],
    ['entropy', 'entropy = 4.5', { entropy: 4.5 }],
    ['secretGroup', 'secretGroup = 1', { secretGroup: 1 }],
    ['regex', 'regex = "a"', { regex: 'a', vetted: false }],
    ['path', 'path = "a"', { path: 'a', vetted: false }],
    ['keywords', 'keywords = ["Puppy"]', { keywords: ['akia', 'puppy'] }],
    ['tags', 'tags = ["puppy"]', { tags: ['cloud', 'puppy'] }],
    ['action', 'action = "advise"', { action: 'advise' }],
    ['entropy 0, which gives nothing', 'entropy = 0', {}],
  ]
  test.each(overrides)('a rule of the same id overrides %s', async (_, given, now) => {
    expect(await ruleOf(`${USE}[[rules]]\nid="aws-access-token"\n${given}`, base.id)).toEqual({
      ...base,
      ...now,
    })
  })

  test('a rule of the same id appends its allow-lists', async () => {
    const text = `${USE}[[rules]]\nid="aws-access-token"\n[[rules.allowlists]]\nstopwords=["x"]`
    const rule = await ruleOf(text, base.id)
    expect(rule.allowlists.map(({ stopwords }) => stopwords)).toEqual([['x']])
    expect(rule.vetted).toBe(true)
  })

  test('targetRules may name rules of what is extended', async () => {
    const { rules, mistakes } = await read(
      `${USE}[[allowlists]]\ntargetRules=["generic-api-key"]\npaths=["x"]`,
    )
    expect(mistakes).toEqual([])
    expect(rules.allowlists.map(({ targetRules }) => targetRules)).toEqual([['generic-api-key'], []])
  })

  test('what only gitleaks’ own pack has is passed over, not refused', async () => {
    const text = `${USE}disabledRules = ["only-theirs"]
[[rules]]
id = "generic-api-kye"
[[rules.allowlists]]
paths = ["x"]
[[allowlists]]
targetRules = ["only-theirs"]
paths = ["y"]`
    const { rules, mistakes } = await read(text)
    expect(mistakes.map(renderMistake)).toEqual([
      '.gitleaks.toml:3 extend.disabledRules[0]: expected a rule of what is extended, found "only-theirs" (ignored)',
      '.gitleaks.toml:5 rules[0].id: expected the id of a default rule, or a regex or a path, found "generic-api-kye"; did you mean generic-api-key? (ignored)',
      '.gitleaks.toml:9 allowlists[0].targetRules[0]: expected the id of a rule that is in force, found "only-theirs" (ignored)',
    ])
    expect(rules.rules).toEqual(defaultRules.rules)
  })

  const chain = files({
    'rules/a.toml':
      '[extend]\npath = "rules/b.toml"\n[[rules]]\nid="a"\nregex="a"\n[[allowlists]]\npaths=["a"]',
    'rules/b.toml': '[extend]\npath = "rules/c.toml"\n[[rules]]\nid="b"\nregex="b"',
    'rules/c.toml': '[[rules]]\nid="c"\nregex="c"',
    'default.toml': `${USE}disabledRules = ["generic-api-key"]`,
  })

  test('path is a file of the repository; two files deep, a third is not read', async () => {
    const top = '[extend]\npath = "./rules//x/../a.toml"\n[[rules]]\nid="top"\nregex="t"'
    const { rules, mistakes } = await read(top, { load: chain })
    expect(rules.rules.map(({ id }) => id)).toEqual(['b', 'a', 'top'])
    expect(rules.allowlists.map(({ paths }) => paths)).toEqual([['a']])
    expect(mistakes.map(renderMistake)).toEqual([
      'rules/b.toml:1 extend: expected a file that at most 2 others stand upon, found one more [extend], which is not followed (ignored)',
    ])
  })

  test('a file that extends itself ends', async () => {
    const { rules } = await read('[extend]\npath = "me.toml"\n[[rules]]\nid="a"\nregex="a"', {
      load: () => '[extend]\npath = "me.toml"\n[[rules]]\nid="a"\nregex="b"',
    })
    expect(rules.rules.map(({ id, regex }) => [id, regex])).toEqual([['a', 'a']])
  })

  test('through a file to the default rules', async () => {
    const { rules, mistakes } = await read('[extend]\npath = "default.toml"', { load: chain })
    expect(mistakes).toEqual([])
    expect(rules.rules.map(({ id }) => id)).toEqual(['aws-access-token'])
  })

  test.each([
    '/etc/rules.toml',
    '../rules.toml',
    'a/../../rules.toml',
    'C:\\rules.toml',
    '\\\\host\\rules',
    '.',
  ])('a path out of the repository is not loaded: %s', async (path) => {
    const asked: string[] = []
    const load = (name: string) => {
      asked.push(name)
      return ''
    }
    const { rules, mistakes } = await read(`[extend]\npath = '${path}'`, { load })
    expect(asked).toEqual([])
    expect(rules).toBe(defaultRules)
    expect(mistakes).toMatchObject([{ path: 'extend.path', line: 2, weight: 'refused' }])
  })

  test('an operator’s file may extend any file', async () => {
    const load = files({ '../rules.toml': '[[rules]]\nid="a"\nregex="a"' })
    const { rules } = await read('[extend]\npath = "../rules.toml"', { load, reach: 'anywhere' })
    expect(rules.rules.map(({ id }) => id)).toEqual(['a'])
  })
})

const SOUND = '[[rules]]\nid = "a"\nregex = "b"\n'
const refusals: [what: string, text: string, lines: string[]][] = [
  ['no TOML', 'a = 1\nb = \n', ['2 expected valid TOML, found this at column 5: invalid value']],
  ['a rule without id', '[[rules]]\nregex = "a"', ['1 rules[0].id: expected the rule’s name, found no id']],
  [
    'an empty id',
    '[[rules]]\nid = " "\nregex = "a"',
    ['2 rules[0].id: expected the rule’s name, found none'],
  ],
  [
    'a rule without regex and path',
    '[[rules]]\nid = "a"',
    ['1 rules[0]: expected a regex or a path, found neither in "a"'],
  ],
  [
    'a rule whose regex is empty',
    '[[rules]]\nid = "a"\nregex = ""',
    ['1 rules[0]: expected a regex or a path, found neither in "a"'],
  ],
  [
    'a secret group too many',
    '[[rules]]\nid = "a"\nregex = "(a)(?:b)"\nsecretGroup = 2',
    ['4 rules[0].secretGroup: expected at most 1, the groups of the regex, found 2'],
  ],
  [
    'an empty allow-list',
    `${SOUND}[[rules.allowlists]]\ndescription = "x"`,
    [
      '4 rules[0].allowlists[0]: expected at least one of commits, paths, regexes, stopwords, found none of them',
    ],
  ],
  [
    'an empty global allow-list',
    `${SOUND}[allowlist]`,
    ['4 allowlist: expected at least one of commits, paths, regexes, stopwords, found none of them'],
  ],
  [
    'both forms of allow-list',
    `${SOUND}[allowlist]\npaths=["a"]\n[[allowlists]]\npaths=["b"]`,
    ['4 allowlist: expected no [allowlist], which is the old form of [[allowlists]], found both'],
  ],
  [
    'both forms within a rule',
    `${SOUND}[rules.allowlist]\npaths=["a"]\n[[rules.allowlists]]\npaths=["b"]`,
    ['4 rules[0].allowlist: expected no [allowlist], which is the old form of [[allowlists]], found both'],
  ],
  [
    'an unknown target',
    `${SOUND}[[allowlists]]\npaths = ["a"]\nregexTarget = "mtach"`,
    ['6 allowlists[0].regexTarget: expected secret, match or line, found "mtach"; did you mean match?'],
  ],
  [
    'an unknown condition',
    `${SOUND}[[allowlists]]\npaths = ["a"]\ncondition = "xor"`,
    ['6 allowlists[0].condition: expected AND or OR, found "xor"'],
  ],
  [
    'a target rule that is not there',
    `${SOUND}[[allowlists]]\ntargetRules = ["b"]\npaths = ["a"]`,
    [
      '5 allowlists[0].targetRules[0]: expected the id of a rule that is in force, found "b"; did you mean a?',
    ],
  ],
  [
    'a required rule that is not there',
    `${SOUND}[[rules.required]]\nid = "zzz"`,
    ['5 rules[0].required[0].id: expected the id of a rule, found "zzz"'],
  ],
  [
    'a required rule without id',
    `${SOUND}[[rules.required]]\nwithinLines = 1`,
    ['4 rules[0].required[0].id: expected the name of the rule that is required, found none'],
  ],
  [
    'path and useDefault',
    '[extend]\npath = "a"\nuseDefault = true',
    ['3 extend.useDefault: expected either path or useDefault, found both'],
  ],
  [
    'a list of the old allow-lists',
    `${SOUND}[[rules.allowlist]]\nstopwords = ["a"]`,
    ['4 rules[0].allowlist[0]: expected one [allowlist] (the new form is [[allowlists]]), found a list'],
  ],
  [
    'a file that is not there',
    '[extend]\npath = "b.toml"',
    ['2 extend.path: expected a file that is there, found "b.toml"'],
  ],
  [
    'an expression that Go refuses',
    '[[rules]]\nid = "a"\nregex = "a(?=b)"',
    [
      '3 rules[0].regex: expected a Go regular expression, found this at character 2: groups of this kind are not in Go’s syntax (no look-around)',
    ],
  ],
  [
    'an unknown action',
    `${SOUND}action = "blok"`,
    ['4 rules[0].action: expected block or advise, found "blok"; did you mean block?'],
  ],
  [
    'values of another kind',
    '[[rules]]\nid = ["a"]\nregex = ["a"]\nkeywords = [[1]]\nentropy = "high"\nskipReport = "yes"\ntags = 1979-05-27',
    [
      '2 rules[0].id: expected a text, found a list of 1',
      '2 rules[0].id: expected the rule’s name, found none',
      '3 rules[0].regex: expected a text, found a list of 1',
      '4 rules[0].keywords[0]: expected a text, found a list of 1',
      '5 rules[0].entropy: expected a number of at least 0, found a text',
      '6 rules[0].skipReport: expected true or false, found a text',
      '7 rules[0].tags: expected a list of texts, found a date',
    ],
  ],
  ['tables of another kind', 'rules = [1]\n', ['1 rules[0]: expected a table, found 1']],
]

describe('mistakes', () => {
  test.each(refusals)('%s: the default rules stay in force', async (_, text, lines) => {
    const { rules, mistakes } = await read(text)
    expect(mistakes.map(renderMistake)).toEqual(lines.map((line) => `.gitleaks.toml:${line}`))
    expect(rules).toBe(defaultRules)
  })

  test('all at once, in the order of the file', async () => {
    const text = `[[rules]]
id = "a"
regex = '''
(a'''
secretGroup = "1"

[[rules]]
regexp = "b"
id = "b"
[[rules.allowlists]]
paths = [
  "a", # first
  "(",
]
regexTarget = "lines"
`
    expect((await read(text)).mistakes.map(renderMistake)).toEqual([
      '.gitleaks.toml:3 rules[0].regex: expected a Go regular expression, found this at character 1: a ) is missing',
      '.gitleaks.toml:5 rules[0].secretGroup: expected a whole number of at least 0, found a text (ignored)',
      '.gitleaks.toml:7 rules[1]: expected a regex or a path, found neither in "b"',
      '.gitleaks.toml:8 rules[1].regexp: expected one of id, description, regex, path, keywords, entropy, secretGroup, tags, skipReport, allowlists, allowlist, required, action, found the key "regexp"; did you mean regex? (ignored)',
      '.gitleaks.toml:11 rules[1].allowlists[0].paths[1]: expected a Go regular expression, found this at character 1: a ) is missing',
      '.gitleaks.toml:15 rules[1].allowlists[0].regexTarget: expected secret, match or line, found "lines"; did you mean line?',
    ])
  })

  test('values that say what is meant in another type are taken and told, as gitleaks takes them', async () => {
    const text = [
      '[extend]\nurl = "https://example.com"',
      '[[rules]]\nid = 5\nregex = "(k)"\nkeywords = [1]\nentropy = "2.5"\nsecretGroup = 1.5\nskipReport = "true"',
      '[[rules]]\nid = "b"\nregex = "b"\nentropy = -1\nsecretGroup = "-1"',
    ].join('\n')
    const { rules, mistakes } = await read(text)
    expect(rules.rules).toMatchObject([
      { id: '5', keywords: ['1'], entropy: 2.5, secretGroup: 1, skipReport: true },
      { id: 'b', entropy: -1, secretGroup: -1 },
    ])
    expect(mistakes.map(({ weight }) => weight)).toEqual(Array(8).fill('ignored'))
  })

  test('what is passed over leaves the file in force', async () => {
    const text = `severity = "high"\n${SOUND}keywords = ["", "k"]\n[[allowlists]]\ncommits = ["abc"]\n[[rules]]\nid = "a"\nregex = "c"`
    const { rules, mistakes } = await read(text)
    expect(mistakes.map(({ line, path, weight }) => [line, path, weight])).toEqual([
      [1, 'severity', 'ignored'],
      [3, 'rules[0].id', 'ignored'],
      [5, 'rules[0].keywords', 'ignored'],
      [7, 'allowlists[0].commits[0]', 'ignored'],
    ])
    expect(rules.rules.map(({ regex }) => regex)).toEqual(['c'])
  })

  test('an empty rule is passed over', async () => {
    const { rules, mistakes } = await read('[extend]\nuseDefault = true\n[[rules]]\n')
    expect(rules).toEqual(defaultRules)
    expect(mistakes.map(renderMistake)).toEqual([
      '.gitleaks.toml:3 rules[0]: expected a rule, found an empty table (ignored)',
    ])
  })

  test('a file without any rule is told to find nothing', async () => {
    const { rules, mistakes } = await read('[allowlist]\npaths = ["a"]')
    expect(rules.rules).toEqual([])
    expect(mistakes.map(renderMistake)).toEqual([
      '.gitleaks.toml:1 expected rules, or [extend] with useDefault = true, found no rule: nothing will be found (ignored)',
    ])
  })

  test('of a file that is extended, under its name', async () => {
    const { rules, mistakes } = await read(`${SOUND}[extend]\npath = "b.toml"`, {
      load: () => '\n[[rules]]\nid = "c"\nregex = "("',
    })
    expect(rules).toBe(defaultRules)
    expect(mistakes).toMatchObject([{ file: 'b.toml', line: 4, path: 'rules[0].regex' }])
  })

  test('say nothing of what expressions and stop-words hold', async () => {
    const secret = ['gh', 'p_'].join('') + 'x7'.repeat(18)
    const text = `stopwords = "${secret}"\n[allowlist]\nregexes = ["${secret}("]\nstopwords = [["${secret}"]]\npaths = { a = "${secret}" }`
    const { mistakes } = await read(text)
    expect(mistakes.length).toBeGreaterThan(3)
    expect(JSON.stringify(mistakes)).not.toContain(secret.slice(0, 8))
    const broken = await read(`[allowlist]\nregexes = [ "${secret}" "${secret}" ]`)
    expect(broken.mistakes).toHaveLength(1)
    expect(JSON.stringify(broken.mistakes)).not.toContain(secret.slice(0, 8))
  })

  test('too long a file is not read', async () => {
    const { mistakes } = await read('#'.repeat(CONFIG_MOST + 1))
    expect(mistakes.map(renderMistake)).toEqual([
      `.gitleaks.toml:1 expected at most ${CONFIG_MOST} characters, found ${CONFIG_MOST + 1}`,
    ])
  })

  test('too many rules are not read', async () => {
    const text = '[[rules]]\nid = "a"\nregex = "b"\n'.repeat(RULES_MOST + 1)
    const { rules, mistakes } = await read(text)
    expect(rules).toBe(defaultRules)
    expect(mistakes.map(renderMistake)).toEqual([
      `.gitleaks.toml:1 rules: expected at most ${RULES_MOST} rules, found ${RULES_MOST + 1}`,
    ])
  })

  test('of very many the first are told, and one that refuses the file', async () => {
    const keys = Array.from({ length: MISTAKES_MOST + 10 }, (_, index) => `rule${index} = 1\n`).join('')
    const { rules, mistakes } = await read(`${keys}[extend]\nurl = "a"\n[allowlist]\n`)
    expect(rules).toBe(defaultRules)
    expect(mistakes).toHaveLength(MISTAKES_MOST + 1)
    expect(mistakes.filter(({ weight }) => weight === 'refused')).toHaveLength(1)
    expect(mistakes.filter(({ nearest }) => nearest === 'rules')).toHaveLength(20)
  })

  test('any text gives rules and mistakes, never an exception', async () => {
    const piece = fc.constantFrom(
      ...['[[rules]]', '[extend]', '[[allowlists]]', '[rules.allowlist]', '[__proto__]', '\n', '\n', '='],
      ...[
        'id',
        'regex',
        'paths',
        '"a"',
        "'''(",
        "'''",
        '[',
        ']',
        '{',
        '}',
        '1',
        '#',
        ',',
        'constructor',
        '.',
      ],
    )
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.array(piece, { maxLength: 30 }).map((all) => all.join(' ')),
    )
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        const { rules, mistakes } = await read(given, { load: () => given })
        if (mistakes.some(({ weight }) => weight === 'refused')) expect(rules).toBe(defaultRules)
        for (const { line } of mistakes) expect(line).toBeGreaterThan(0)
      }),
      { numRuns: 500 },
    )
  })
})
