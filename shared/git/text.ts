import { RelayError } from '../runtime/errors.ts'

/** How much of a server's words is kept. */
export const MAX_REASON_CHARACTERS = 200

export const malformed = (problem: string): never => {
  throw new RelayError('GIT_PROTOCOL', { problem })
}

/**
 * A line's text without its line feed. A ref name is bytes to git; one that is not UTF-8 could not be told apart from another,
 * so it is refused. @throws RelayError GIT_PROTOCOL
 */
export const lineOf = (payload: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload).replace(/\n$/, '')
  } catch (cause) {
    throw new RelayError('GIT_PROTOCOL', { problem: 'not UTF-8' }, { cause })
  }
}

/** A server's words as one short line without control characters, markup, or anything that stands between `//` and `@`. */
export const reasonOf = (words: string): string =>
  words
    .replace(/<[^>]*>/g, ' ')
    .replace(/\/\/[^\s/@]*@/g, '//***@')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_REASON_CHARACTERS)

/**
 * The same words without a credential that the server may have echoed: the header's value, its user name and password, and
 * their percent-encoded forms.
 */
export const withoutCredential = (words: string, authorization: string): string => {
  const token = authorization.replace(/^\S+\s+/, '')
  const pair = Buffer.from(token, 'base64').toString('utf8')
  const [, user = '', password = ''] = /^([^:]*):(.*)$/s.exec(pair) ?? []
  const secrets = [authorization, token, token.replace(/=+$/, ''), pair, password, user]
  return secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())])
    .filter((secret) => secret.length >= 4)
    .reduce((text, secret) => text.replaceAll(secret, '***'), words)
}
