/** What a model allows of one shape. */
export interface Rule {
  /** of a length, or of a value where `numeric` */
  readonly min: number | undefined
  readonly max: number | undefined
  readonly numeric: boolean
  readonly values: readonly string[] | undefined
  /** as the model writes it, and as AWS quotes it */
  readonly pattern: string | undefined
  /** must fit as a whole, as in Java */
  matches(text: string): boolean
  /** never shown in an error */
  readonly sensitive: boolean
  /** list: the shape of its members */
  readonly item: string | undefined
  /** map: the shapes of its keys and values, each empty where there is nothing to say */
  readonly entry: readonly [string, string] | undefined
  /** structure: in the order of the model */
  readonly members: readonly Member[] | undefined
}

interface Member {
  readonly name: string
  readonly required: boolean
  /** empty where there is nothing to say about its value */
  readonly type: string
}

export interface ConstraintTable {
  /** the members of an operation's input */
  operation(name: string): readonly Member[] | undefined
  rule(type: string): Rule
}

/**
 * A table of constraints, one line each:
 * - `@Operation Member!Type Member.Type`: the operation's input, `!` where a member is required
 * - `Structure Member!Type Member.Type`: the same for a structure inside it
 * - `:Type 1..64 #1..10 =A|B [Item {Key,Value ~ /pattern`: length, or range of a number (`#`); enum; list; map; sensitive; and
 *   last, to the end of the line, a regular expression
 *
 * A line is understood when it is asked for.
 */
export const constraintTable = (text: string): ConstraintTable => {
  const lines = new Map<string, string>()
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ')
    if (space > 0) lines.set(line.slice(0, space), line.slice(space + 1))
  }
  const rules = new Map<string, Rule>()
  const operations = new Map<string, readonly Member[] | undefined>()
  return {
    operation: (name) => {
      if (!operations.has(name)) {
        const line = lines.get(`@${name}`)
        operations.set(name, line === undefined ? undefined : membersOf(line))
      }
      return operations.get(name)
    },
    rule: (type) => {
      const known = rules.get(type)
      if (known) return known
      const simple = lines.get(`:${type}`)
      const structure = lines.get(type)
      if (simple === undefined && structure === undefined)
        throw new Error(`the table of constraints has no shape ${type}`)
      const rule =
        simple === undefined ? { ...NOTHING, members: membersOf(structure ?? '') } : simpleRule(simple)
      rules.set(type, rule)
      return rule
    },
  }
}

const NOTHING: Rule = {
  min: undefined,
  max: undefined,
  numeric: false,
  values: undefined,
  pattern: undefined,
  matches: () => true,
  sensitive: false,
  item: undefined,
  entry: undefined,
  members: undefined,
}

const membersOf = (line: string): readonly Member[] =>
  line.split(' ').map((text) => {
    const [, name = '', mark, type = ''] = /^(\w+)([!.])(\w*)$/.exec(text) ?? []
    if (name === '') throw new Error(`the table of constraints has a member that is none: ${text}`)
    return { name, required: mark === '!', type }
  })

const simpleRule = (line: string): Rule => {
  const slash = /(?:^| )\//.exec(line)
  const words = (slash ? line.slice(0, slash.index) : line).split(' ')
  const pattern = slash ? line.slice(slash.index + slash[0].length).replaceAll('\\`', '`') : undefined
  const range = words.map((word) => /^(#?)(-?\d*)\.\.(-?\d*)$/.exec(word)).find((found) => found !== null)
  const [, hash = '', min = '', max = ''] = range ?? []
  const after = (mark: string) => words.find((word) => word.startsWith(mark))?.slice(1)
  const [key, value] = after('{')?.split(',') ?? []
  return {
    ...NOTHING,
    min: min === '' ? undefined : Number(min),
    max: max === '' ? undefined : Number(max),
    numeric: hash !== '',
    values: after('=')?.split('|'),
    pattern,
    ...(pattern === undefined ? {} : { matches: matcher(pattern) }),
    sensitive: words.includes('~'),
    item: after('['),
    entry: key === undefined || value === undefined ? undefined : [key, value],
  }
}

const matcher = (pattern: string): ((text: string) => boolean) => {
  const whole = `^(?:${pattern})$`
  let expression: RegExp
  try {
    expression = new RegExp(whole, 'u')
  } catch {
    // Java lets more characters be escaped than JavaScript does where it knows Unicode
    expression = new RegExp(whole)
  }
  return (text) => expression.test(text)
}
