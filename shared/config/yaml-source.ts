import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'

export type Path = readonly (string | number)[]

/** A mistake of the YAML itself; `offset` counts characters from the start of the text. */
export interface YamlMistake {
  readonly offset: number
  readonly expected: string
  readonly found: string
}

/** A YAML text, its value, and where each part of the value stands. */
export interface YamlSource {
  /** undefined when `mistakes` says that the text cannot be read */
  readonly value: unknown
  readonly mistakes: readonly YamlMistake[]
  /** offset of the value at the path, or of the nearest part around it that exists */
  offsetOf(path: Path): number
  /** offset of the key that the path ends in, or of the nearest part around it */
  keyOffsetOf(path: Path): number
  /** the scalar as it is written, such as `012345678901`; undefined for anything else */
  writtenAt(path: Path): string | undefined
  /** from 1 */
  position(offset: number): { line: number; column: number }
}

const MAX_ALIASES = 100

/** Reads one YAML 1.2 document (core schema) with its positions; never throws, whatever the text. */
export const readYaml = (text: string): YamlSource => {
  const lines = new LineCounter()
  const { document, mistakes, value } = readDocument(text, lines)
  return {
    value,
    mistakes,
    offsetOf: (path) => walk(document, path).offset,
    keyOffsetOf: (path) => walk(document, path).keyOffset,
    writtenAt: (path) => {
      const { node, whole } = walk(document, path)
      return whole && isScalar(node) ? node.source : undefined
    },
    position: (offset) => {
      const { line, col } = lines.linePos(offset)
      return { line: Math.max(line, 1), column: Math.max(col, 1) }
    },
  }
}

interface Reading {
  readonly document: Document | undefined
  readonly mistakes: readonly YamlMistake[]
  readonly value: unknown
}

const readDocument = (text: string, lineCounter: LineCounter): Reading => {
  let document: Document | undefined
  try {
    document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' })
    const broken = firstOfEachLine(document, lineCounter).map(({ code, message, pos }) => ({
      offset: pos[0],
      ...sayError(code, message, text.slice(pos[0])),
    }))
    const odd = document.errors.every(isDuplicate) ? oddNodes(document, text) : []
    const readable = document.errors.every(isDuplicate) && odd.length === 0
    const value = readable ? document.toJS({ maxAliasCount: MAX_ALIASES }) : undefined
    return { document, mistakes: [...broken, ...odd], value }
  } catch (error) {
    // the parser is recursive and its count of aliases throws: a text that gets here is far from any relay.yml
    const found = error instanceof RangeError ? 'nesting without end' : 'aliases that multiply'
    return {
      document,
      mistakes: [{ offset: 0, expected: 'plain mappings and lists', found }],
      value: undefined,
    }
  }
}

/** One slip makes the parser stumble several times on its line: the first complaint says it. */
const firstOfEachLine = ({ errors }: Document, lineCounter: LineCounter) => {
  const seen = new Set<number>()
  return errors.filter(({ pos }) => {
    const { line } = lineCounter.linePos(pos[0])
    return !seen.has(line) && seen.add(line)
  })
}

const TOO_DEEP = { expected: 'plain mappings and lists', found: 'nesting without end' }

const isDuplicate = ({ code }: { readonly code: string }) => code === 'DUPLICATE_KEY'

/** A text that starts with `*` or `!` means something to YAML; people who write globs without quotes end up here. */
const oddNodes = (document: Document, text: string): YamlMistake[] => {
  const found: YamlMistake[] = []
  visit(document, {
    Alias: (_, node) => {
      if (node.resolve(document) === undefined) {
        found.push({ offset: startOf(node), ...quoteIt(`*${node.source}`) })
      }
    },
    Scalar: (_, node) => {
      if (node.tag?.startsWith('!') && !node.tag.startsWith('!!')) {
        const offset = text.lastIndexOf('!', startOf(node))
        found.push({
          offset: offset < 0 ? startOf(node) : offset,
          ...quoteIt(`${node.tag}${node.source ?? ''}`),
        })
      }
    },
  })
  return found
}

const quoteIt = (written: string) => ({
  expected: `quotes around a text that starts with ${written[0]}`,
  found: written,
})

const sayError = (code: string, message: string, written: string): Omit<YamlMistake, 'offset'> => {
  switch (code) {
    case 'DUPLICATE_KEY':
      return {
        expected: 'each key once in a mapping',
        found: `${/^[^\s:]+/.exec(written)?.[0] ?? 'one'} again`,
      }
    case 'TAB_AS_INDENT':
      return { expected: 'spaces as indentation', found: 'a tab' }
    case 'BAD_ALIAS':
      return quoteIt('*')
    case 'MULTIPLE_DOCS':
      return { expected: 'one document', found: 'a second one after "---"' }
    default: {
      if (message.includes('call stack')) return TOO_DEEP
      const [first = ''] = message.split('\n')
      return { expected: 'valid YAML', found: `this: ${first.replace(/[.:]$/, '')}` }
    }
  }
}

const startOf = (node: Node | null | undefined): number => node?.range?.[0] ?? 0

interface Place {
  readonly node: unknown
  readonly offset: number
  readonly keyOffset: number
  /** the whole path exists */
  readonly whole: boolean
}

const walk = (document: Document | undefined, path: Path): Place => {
  let node: unknown = document?.contents
  let place: Place = { node, offset: startOf(document?.contents), keyOffset: 0, whole: true }
  if (document === undefined) return place
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step))
      if (!pair) return { ...place, node: undefined, keyOffset: place.offset, whole: false }
      const keyOffset = startOf(pair.key as Node)
      node = pair.value
      place = { node, offset: node === null ? keyOffset : startOf(node as Node), keyOffset, whole: true }
    } else if (isSeq(node) && node.items[Number(step)]) {
      node = node.items[Number(step)]
      const offset = startOf(node as Node)
      place = { node, offset, keyOffset: offset, whole: true }
    } else return { ...place, node: undefined, keyOffset: place.offset, whole: false }
  }
  return isAlias(place.node) ? { ...place, node: place.node.resolve(document) } : place
}
