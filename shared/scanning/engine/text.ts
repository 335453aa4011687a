import { isAscii } from 'node:buffer'

/** A text as the engine looks at it. */
export interface Text {
  /** one char for each byte */
  readonly latin1: string
  readonly bytes: Uint8Array
  readonly ascii: boolean
}

export const textOf = (bytes: Buffer): Text => ({
  latin1: bytes.toString('latin1'),
  bytes,
  ascii: isAscii(bytes),
})

/** Lower-cased as Go does it, whole Unicode: for keywords and stop-words that are not ASCII. */
export const lowered = (latin1: string): string =>
  Buffer.from(latin1, 'latin1').toString('utf8').toLowerCase()

/** Bytes as text for people: UTF-8 where it is. */
export const readable = (latin1: string): string =>
  /[\x80-\xff]/.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1
