/** A request as it came over the wire: nothing decoded, nothing thrown away. */
export interface WireRequest {
  readonly method: string
  /** as sent, still escaped */
  readonly path: string
  /** as sent, without the question mark; empty when there is none */
  readonly query: string
  /** by lower-case name; a repeated header's values joined by commas, as the canonical request wants them */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** came over TLS */
  readonly secure: boolean
  readonly sourceIp: string | undefined
}

/**
 * @param parts.url path and query, as sent
 * @param parts.rawHeaders name, value, name, value ... as node:http gives them
 */
export const wireRequest = (parts: {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly secure?: boolean
  readonly sourceIp?: string | undefined
}): WireRequest => {
  const cut = parts.url.indexOf('?')
  const headers = new Map<string, string>()
  for (let i = 0; i + 1 < parts.rawHeaders.length; i += 2) {
    const name = (parts.rawHeaders[i] ?? '').toLowerCase()
    const value = parts.rawHeaders[i + 1] ?? ''
    const known = headers.get(name)
    headers.set(name, known === undefined ? value : `${known},${value}`)
  }
  return {
    method: parts.method,
    path: cut < 0 ? parts.url : parts.url.slice(0, cut),
    query: cut < 0 ? '' : parts.url.slice(cut + 1),
    headers,
    body: parts.body,
    secure: parts.secure ?? false,
    sourceIp: parts.sourceIp,
  }
}

/** Names and values of a query string, unescaped; `+` stands for itself, as in what signers sign. */
export const queryPairs = (query: string): readonly (readonly [name: string, value: string])[] =>
  query === ''
    ? []
    : query
        .split('&')
        .filter((pair) => pair !== '')
        .map((pair) => {
          const equals = pair.indexOf('=')
          return equals < 0
            ? [unescapeUri(pair), '']
            : [unescapeUri(pair.slice(0, equals)), unescapeUri(pair.slice(equals + 1))]
        })

export const unescapeUri = (text: string): string => {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    // a stray percent sign: then the text stands for itself
    return text
  }
}
