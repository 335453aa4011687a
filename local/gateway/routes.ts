import { queryPairs, unescapeUri } from './request.ts'

/** The way to one operation of a REST service: Smithy, "HTTP binding traits", `uri`. */
export interface RestRoute {
  readonly operation: string
  readonly method: string
  readonly segments: readonly Segment[]
  /** parts of the query that must be there: `?List=ALL` */
  readonly query: readonly (readonly [string, string])[]
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  /** greedy: this and every further segment but those that the pattern still names */
  | { readonly kind: 'label'; readonly name: string; readonly greedy: boolean }

export const restRoutes = (
  operations: readonly { readonly operation: string; readonly method: string; readonly uri: string }[],
): readonly RestRoute[] =>
  operations
    .map(({ operation, method, uri }) => {
      const [path = '', query = ''] = uri.split('?')
      return {
        operation,
        method,
        segments: path.split('/').slice(1).map(segmentOf),
        query: queryPairs(query),
      }
    })
    // the more literal way first: `/functions/{Name}/event-invoke-config/list` before anything with a label there
    .sort((a, b) => literals(b) - literals(a))

const segmentOf = (text: string): Segment => {
  const label = /^\{(\w+)(\+?)\}$/.exec(text)
  return label?.[1] ? { kind: 'label', name: label[1], greedy: label[2] === '+' } : { kind: 'literal', text }
}

const literals = ({ segments, query }: RestRoute): number =>
  segments.filter(({ kind }) => kind === 'literal').length * 10 + query.length

export interface RestMatch {
  readonly operation: string
  /** unescaped */
  readonly labels: ReadonlyMap<string, string>
}

/**
 * Which operation a path leads to. Escapes are undone segment by segment, so that an ARN's `%2F` does not part it.
 * @param path as sent, still escaped
 */
export const matchRoute = (
  routes: readonly RestRoute[],
  method: string,
  path: string,
  query: readonly (readonly [string, string])[],
): RestMatch | undefined => {
  const given = path
    .replace(/(?<=.)\/$/, '')
    .split('/')
    .slice(1)
  for (const route of routes) {
    if (route.method !== method) continue
    if (!route.query.every(([name, value]) => query.some(([n, v]) => n === name && v === value))) continue
    const labels = matchSegments(route.segments, given)
    if (labels) return { operation: route.operation, labels }
  }
  return undefined
}

const matchSegments = (
  segments: readonly Segment[],
  given: readonly string[],
): ReadonlyMap<string, string> | undefined => {
  const labels = new Map<string, string>()
  let at = 0
  for (const [index, segment] of segments.entries()) {
    const left = segments.length - index - 1
    const taken = segment.kind === 'label' && segment.greedy ? given.length - at - left : 1
    const text = given.slice(at, at + Math.max(taken, 0))
    if (taken < 1 || text.length < taken) return undefined
    if (segment.kind === 'literal' ? text[0] !== segment.text : text[0] === '') return undefined
    if (segment.kind === 'label') labels.set(segment.name, text.map(unescapeUri).join('/'))
    at += taken
  }
  return at === given.length ? labels : undefined
}
