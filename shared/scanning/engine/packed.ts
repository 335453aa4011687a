import { createHash } from 'node:crypto'
import { runnerOf } from '../pattern/expression.ts'
import type { LazyPrefix } from '../pattern/facts.ts'
import { parsePattern } from '../pattern/parse.ts'
import type { CodeSet } from '../pattern/set.ts'
import type { Allowlist, Rule, RuleSet } from '../types.ts'
import type { Compiled, CompiledRule } from './compile.ts'
import { type WordTable, wordedOf, wordTable } from './keyword-index.ts'

/** What of a rule few have, by its place; the same values are there once, and named by their number. */
interface Packed {
  readonly digest: string
  readonly id: readonly string[]
  /** empty: what {@link spoken} makes of the id */
  readonly description: readonly string[]
  /** of each rule its keywords with a `|` between, its expression and that one's program; 0: none. Side by side they cost a compressor least. */
  readonly texts: readonly (string | 0)[]
  readonly entropy: readonly number[]
  /** those that differ from what most have */
  readonly others: readonly [place: number, fields: Partial<Rule>][]
  readonly lists: readonly Partial<Allowlist>[]
  /** a rule's place, then its numbers among `lists` */
  readonly listsOf: readonly (readonly number[])[]
  readonly global: readonly Partial<GlobalList>[]
  readonly programSets: readonly CodeSet[]
  /** what {@link reachOf} says: of each of the six all expressions' */
  readonly reach: readonly (readonly number[])[]
  readonly re2: readonly number[]
  readonly prefixes: readonly [number, readonly LazyPrefix[]][]
  readonly sets: readonly CodeSet[]
  /** an expression's place, and its number among `sets` */
  readonly alphabets: readonly (readonly [number, number])[]
  readonly words: WordTable
}

type GlobalList = RuleSet['allowlists'][number]

/** no reach */
const NONE = -2
/** numbers of one rule in `texts` */
const TEXTS = 3
const EMPTY: readonly never[] = []
/** what most rules of a pack have */
const USUAL = {
  secretGroup: 0,
  tags: EMPTY,
  required: EMPTY,
  skipReport: false,
  action: 'block',
  vetted: true,
} as const

/** what most allow-lists have */
const USUAL_LIST: Allowlist = {
  description: '',
  condition: 'OR',
  regexTarget: 'secret',
  paths: EMPTY,
  regexes: EMPTY,
  stopwords: EMPTY,
  commits: EMPTY,
}

/** Names a rule set by its content: what was clean under one is clean under the same. */
export const digestOf = (rules: RuleSet): string =>
  createHash('sha256').update(JSON.stringify(rules)).digest('base64url')

/**
 * Compiled rules as JSON for {@link unpackRules}: column by column, which is small when it is compressed, quick to read, and without
 * what most rules have alike.
 * @throws Error for rules with a bad expression, with one of an allow-list or for paths that V8 may not run, or with a keyword that is
 *   empty or has a `|`: they are mended, not shipped
 */
export const packRules = ({ rules, expressions, bad }: Compiled): string => {
  if (bad.length > 0) throw new Error(`${bad.length} expressions cannot be shipped`)
  const slow = [...lookedThrough(rules)].filter((source) => !runsOnV8(source))
  if (slow.length > 0) throw new Error(`cannot be shipped, as V8 may not run them: ${slow.join('  ')}`)
  const lists = numbered<Allowlist>()
  const sets = numbered<CodeSet>()
  const places = [...expressions.entries()]
  const reaches = expressions.map(reachOf)
  const programs = new Map(expressions.map(({ rule, program }) => [rule, program]))
  const packed: Packed = {
    digest: digestOf(rules),
    id: rules.rules.map(({ id }) => id),
    description: rules.rules.map(({ id, description }) => (description === spoken(id) ? '' : description)),
    texts: rules.rules.flatMap(({ keywords, regex }, at) => [
      joined(keywords),
      regex ?? 0,
      programs.get(at)?.text ?? 0,
    ]),
    entropy: rules.rules.map(({ entropy }) => entropy),
    others: rules.rules.flatMap((rule, at): [number, Partial<Rule>][] => {
      const own = unusual(rule)
      return Object.keys(own).length === 0 ? [] : [[at, own]]
    }),
    listsOf: rules.rules.flatMap(({ allowlists }, at) =>
      allowlists.length === 0 ? [] : [[at, ...allowlists.map(lists.numberOf)]],
    ),
    lists: lists.values.map(unusualOf(USUAL_LIST)),
    global: rules.allowlists.map(unusualOf(USUAL_LIST)),
    programSets: expressions.find(({ program }) => program)?.program?.sets ?? [],
    reach: REACHES.map((at) => reaches.map((one) => one[at] as number)),
    re2: places.flatMap(([at, { runner }]) => (runner === 're2' ? [at] : [])),
    prefixes: places.flatMap(([at, { prefixes }]): [number, readonly LazyPrefix[]][] =>
      prefixes.length === 0 ? [] : [[at, prefixes]],
    ),
    alphabets: places.flatMap(([at, { alphabet }]): [number, number][] =>
      alphabet === undefined ? [] : [[at, sets.numberOf(alphabet)]],
    ),
    sets: sets.values,
    words: wordTable(wordedOf({ rules, expressions })),
  }
  return JSON.stringify(packed)
}

/** expressions of allow-lists, and for paths */
const lookedThrough = ({ rules, allowlists }: RuleSet): Set<string> => {
  const lists = [...allowlists, ...rules.flatMap((rule) => rule.allowlists)]
  const paths = rules.flatMap(({ path }) => (path === undefined ? [] : [path]))
  return new Set([...paths, ...lists.flatMap((list) => [...list.regexes, ...list.paths])])
}

const runsOnV8 = (source: string): boolean => {
  const pattern = parsePattern(source)
  return !('mistake' in pattern) && runnerOf(pattern.root, true) === 'v8'
}

/** `datadog-api-key`: Datadog API key */
const spoken = (id: string): string => {
  const words = id.replaceAll('-', ' ').replace(/\b(?:api|id|url)\b/g, (word) => word.toUpperCase())
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const joined = (keywords: readonly string[]): string => {
  if (keywords.some((keyword) => keyword === '' || keyword.includes('|')))
    throw new Error(`keywords that cannot be shipped: ${keywords.join(', ')}`)
  return keywords.join('|')
}

/** The rules that {@link packRules} wrote, as they were. @throws SyntaxError for what is no JSON */
export const unpackRules = (text: string): Compiled => {
  const packed = JSON.parse(text) as Packed
  const others = new Map(packed.others)
  const lists = packed.lists.map((list): Allowlist => ({ ...USUAL_LIST, ...list }))
  const listsOf = new Map(packed.listsOf.map(([at, ...numbers]) => [at, numbers]))
  const { secretGroup, tags, required, skipReport, action, vetted } = USUAL
  const rules = packed.id.map((id, at): Rule => {
    // field by field: spreading takes longer than all else here
    const keywords = packed.texts[TEXTS * at] as string
    const regex = packed.texts[TEXTS * at + 1] as string | 0
    const rule = {
      id,
      description: packed.description[at] || spoken(id),
      regex: regex as string,
      keywords: keywords === '' ? EMPTY : keywords.split('|'),
      entropy: packed.entropy[at] as number,
      secretGroup,
      tags,
      required,
      skipReport,
      action,
      vetted,
      allowlists: listsOf.get(at)?.map((number) => lists[number] as Allowlist) ?? EMPTY,
    }
    const own = others.get(at)
    if (regex !== 0) return own === undefined ? rule : { ...rule, ...own }
    const { regex: _, ...ofPath } = rule
    return { ...ofPath, ...own }
  })
  return {
    digest: packed.digest,
    rules: { rules, allowlists: packed.global.map((list) => ({ ...USUAL_LIST, ...list }) as GlobalList) },
    expressions: expressionsOf(packed),
    words: packed.words,
    proven: true,
    bad: [],
  }
}

const expressionsOf = (packed: Packed): CompiledRule[] => {
  const re2 = new Set(packed.re2)
  const prefixes = new Map(packed.prefixes)
  const alphabets = new Map(packed.alphabets)
  const { programSets: sets, texts } = packed
  // every rule with an expression has one that runs: others are not shipped
  const ruled = packed.id.flatMap((_, at) => (texts[TEXTS * at + 1] === 0 ? [] : [at]))
  const numbers = (column: number) => packed.reach[column] as readonly number[]
  const [lengths, longer, befores, offAfter, wider, offWide] = REACHES.map(numbers) as Six<readonly number[]>
  return ruled.map((rule, at) => {
    const text = texts[TEXTS * rule + 2] as string | 0
    const asciiLength = lengths[at] as number
    const bytesLength = asciiLength + (longer[at] as number)
    const runner = re2.has(at) ? 're2' : 'v8'
    const own = { rule, runner, prefixes: prefixes.get(at) ?? EMPTY, asciiLength, bytesLength } as const
    const before = befores[at] as number
    const bytesBefore = before + (wider[at] as number)
    const after = asciiLength - before + (offAfter[at] as number)
    const bytesAfter = bytesLength - bytesBefore + (offWide[at] as number)
    if (text === 0 || before === NONE) return own
    const set = alphabets.get(at)
    const compiled: CompiledRule = {
      rule,
      runner,
      prefixes: own.prefixes,
      asciiLength,
      bytesLength,
      program: { text, sets },
      ascii: { before, after, length: asciiLength },
      bytes: { before: bytesBefore, after: bytesAfter, length: bytesLength },
    }
    return set === undefined ? compiled : { ...compiled, alphabet: packed.sets[set] as CodeSet }
  })
}

const REACHES = [0, 1, 2, 3, 4, 5]
type Six<T> = [T, T, T, T, T, T]

/** Its length, and what lies before its word; as bytes, and behind, by how much it is not what these say, which mostly is 0. */
const reachOf = ({ asciiLength, bytesLength, ascii, bytes }: CompiledRule): Six<number> => {
  const [before, after] = [ascii?.before ?? NONE, ascii?.after ?? NONE]
  const [bytesBefore, bytesAfter] = [bytes?.before ?? NONE, bytes?.after ?? NONE]
  return [
    asciiLength,
    bytesLength - asciiLength,
    before,
    after - (asciiLength - before),
    bytesBefore - before,
    bytesAfter - (bytesLength - bytesBefore),
  ]
}

const unusual = (rule: Rule): Partial<Rule> => {
  const { path } = rule
  const own: Partial<Rule> = unusualOf(USUAL)(
    Object.fromEntries(Object.keys(USUAL).map((key) => [key, rule[key as keyof Rule]])),
  )
  return { ...own, ...(path === undefined ? {} : { path }) }
}

/** What of a value is written otherwise than usual. */
const unusualOf =
  (usual: object) =>
  <T extends object>(value: T): Partial<T> =>
    Object.fromEntries(
      Object.entries(value).filter(
        ([key, own]) => JSON.stringify(own) !== JSON.stringify((usual as Record<string, unknown>)[key]),
      ),
    ) as Partial<T>

/** Gives the same number for values that are written alike. */
const numbered = <T>(): { readonly values: T[]; readonly numberOf: (value: T) => number } => {
  const numbers = new Map<string, number>()
  const values: T[] = []
  return {
    values,
    numberOf: (value) => {
      const written = JSON.stringify(value)
      const known = numbers.get(written)
      if (known !== undefined) return known
      numbers.set(written, values.length)
      return values.push(value) - 1
    },
  }
}
