import type { Author, CommitInfo } from './types.ts'

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

/** Tree and parents of a commit; undefined: it names no tree, so it is no commit. */
export const linksOf = ({ headers }: Headed): { tree: string; parents: readonly string[] } | undefined => {
  const tree = headers.get('tree')?.[0]
  if (tree === undefined || !OID.test(tree)) return undefined
  return { tree, parents: (headers.get('parent') ?? []).filter((parent) => OID.test(parent)) }
}

/** For people: author and message as text, whatever they are encoded in. */
export const commitInfo = (oid: string, data: Buffer): CommitInfo => {
  const { headers, message } = headed(data)
  const encoding = headers.get('encoding')?.[0] ?? 'utf-8'
  const text = (latin1: string) => decoded(Buffer.from(latin1, 'latin1'), encoding)
  return {
    oid,
    author: authorOf(text(headers.get('author')?.[0] ?? '')),
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

/** `Name <email> seconds zone`; name, email and time may be missing. */
const authorOf = (line: string): Author => {
  const [, name = '', email = '', seconds = '0'] = /^(.*?) ?<([^>]*)>(?: (\d+))?/.exec(line) ?? []
  return { name, email, at: Math.min(Number(seconds), 8.64e12) }
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
