import { isAscii } from 'node:buffer'
import { type ErrorData, RelayError } from '../runtime/errors.ts'
import { asBuffer } from './pkt-line.ts'

/** How much of a server's words is read, so that a credential in them is not cut before it is known as one. */
const MAX_WORDS_CHARACTERS = 4_096

/** How much of them is told. */
export const MAX_REASON_CHARACTERS = 200

/** Shorter user names and passwords are words like any other. */
const MIN_SECRET_CHARACTERS = 8

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const malformed = (problem: string): never => {
  throw new RelayError('GIT_PROTOCOL', { problem })
}

/**
 * A server may say in place of any line that it will not go on (gitprotocol-pack, "error-line").
 * @throws RelayError REMOTE_FAILED with its words
 */
export const refuseErrLine = (line: string, facts: ErrorData = {}): void => {
  if (!line.startsWith('ERR ')) return
  throw new RelayError('REMOTE_FAILED', { problem: 'ERR line', ...facts, reason: lineOfWords(line.slice(4)) })
}

/**
 * A line's text without its line feed. A ref name is bytes to git; one that is not UTF-8 could not be told apart from another,
 * so it is refused. @throws RelayError GIT_PROTOCOL
 */
export const lineOf = (payload: Uint8Array): string => {
  try {
    // ten thousand refs are ten thousand lines: nearly all are ASCII, and a decoder is dear to make
    const line = isAscii(payload) ? asBuffer(payload).toString('latin1') : UTF8.decode(payload)
    return line.endsWith('\n') ? line.slice(0, -1) : line
  } catch (cause) {
    throw new RelayError('GIT_PROTOCOL', { problem: 'not UTF-8' }, { cause })
  }
}

/** A server's words as one line without control characters, markup, or anything that stands between `//` and `@`. */
export const lineOfWords = (words: string): string =>
  words
    .slice(0, MAX_WORDS_CHARACTERS)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\/\/[^\s/@]*@/g, '//***@')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()

/**
 * The same, short, and without a credential that the server may have echoed: the header's value, its user name and password,
 * and their percent-encoded forms.
 */
export const reasonOf = (words: string, authorization: string): string => {
  const token = authorization.replace(/^\S+\s+/, '')
  const pair = Buffer.from(token, 'base64').toString('utf8')
  const [, user = '', password = ''] = /^([^:]*):(.*)$/s.exec(pair) ?? []
  const secrets = [authorization, token, token.replace(/=+$/, ''), pair, password, user]
  return secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())])
    .filter((secret) => secret.length >= MIN_SECRET_CHARACTERS)
    .reduce((text, secret) => text.replaceAll(secret, '***'), lineOfWords(words))
    .slice(0, MAX_REASON_CHARACTERS)
}
