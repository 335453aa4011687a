import type { Place } from '../finding.ts'

/** What a commit or tag object says in its header, and where its message begins. */
export interface Headed {
  readonly headers: ReadonlyMap<string, readonly string[]>
  /** offset of the message */
  readonly message: number
}

/** The header lines of a commit or tag (gitformat-commit): `key value`, continued by lines that begin with a space, then an empty line. */
export const headed = (data: Buffer): Headed => {
  const end = data.indexOf('\n\n')
  const head = data.toString('latin1', 0, end < 0 ? data.length : end)
  const headers = new Map<string, string[]>()
  for (const line of head.split('\n')) {
    const space = line.indexOf(' ')
    if (space <= 0) continue
    const key = line.slice(0, space)
    const before = headers.get(key)
    if (before) before.push(line.slice(space + 1))
    else headers.set(key, [line.slice(space + 1)])
  }
  return { headers, message: end < 0 ? data.length : end + 2 }
}

const OID = /^[0-9a-f]{40}$/

/** V8 keeps the whole header alive for a slice of it. */
const detached = (oid: string): string => Buffer.from(oid, 'latin1').toString('latin1')

/** Tree and parents of a commit; undefined: it names no tree, so it is no commit. */
export const linksOf = ({ headers }: Headed): { tree: string; parents: readonly string[] } | undefined => {
  const tree = headers.get('tree')?.[0]
  if (tree === undefined || !OID.test(tree)) return undefined
  const parents = (headers.get('parent') ?? []).filter((parent) => OID.test(parent))
  return { tree: detached(tree), parents: parents.map(detached) }
}

/** Who wrote a commit or made a tag, when, and what they said, as text, whatever it is encoded in. */
export const authorship = (data: Buffer): Pick<Place, 'author' | 'email' | 'date' | 'message'> => {
  const { headers, message } = headed(data)
  const encoding = headers.get('encoding')?.[0] ?? 'utf-8'
  const line = (headers.get('author') ?? headers.get('tagger'))?.[0] ?? ''
  return {
    ...authorOf(decoded(Buffer.from(line.slice(0, LONGEST_LINE), 'latin1'), encoding)),
    message: messageText(decoded(data.subarray(message), encoding)),
  }
}

const decoded = (bytes: Buffer, encoding: string): string => {
  try {
    return new TextDecoder(encoding).decode(bytes)
  } catch {
    // an encoding that nobody knows: as UTF-8, with what is not shown as unknown
    return bytes.toString('utf8')
  }
}

/** a hostile line of `<` would be searched for its end again and again */
const LONGEST_LINE = 1_000

/** `Name <email> seconds zone`; name, email and time may be missing. */
const authorOf = (line: string): Required<Pick<Place, 'author' | 'email'>> & Pick<Place, 'date'> => {
  const [, author = '', email = '', seconds] = /^(.*?) ?<([^>]*)>(?: (\d+))?/.exec(line) ?? []
  // beyond what a Date can say, there is no date either
  const at = new Date(Number(seconds) * 1000)
  return Number.isNaN(at.getTime())
    ? { author, email }
    : { author, email, date: `${at.toISOString().slice(0, -5)}Z` }
}

/** The title's lines as one, an empty line, the body: as gitleaks' reports have it. */
const messageText = (message: string): string => {
  const lines = message.split('\n').map((line) => line.trimEnd())
  while (lines[0] === '') lines.shift()
  const gap = lines.indexOf('')
  const title = (gap < 0 ? lines : lines.slice(0, gap)).join(' ').trim()
  const body = gap < 0 ? '' : lines.slice(gap).join('\n').trim()
  return body === '' ? title : `${title}\n\n${body}`
}
