import { isAscii } from 'node:buffer'

/** A text as the engine looks at it. */
export class Text {
  readonly bytes: Buffer
  readonly ascii: boolean
  private made: string | undefined

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.ascii = isAscii(bytes)
  }

  /** one char for each byte; most texts are done with before it is needed */
  get latin1(): string {
    this.made ??= this.bytes.toString('latin1')
    return this.made
  }
}

/** Lower-cased as Go does it, whole Unicode: for keywords and stop-words that are not ASCII. */
export const lowered = (latin1: string): string =>
  Buffer.from(latin1, 'latin1').toString('utf8').toLowerCase()

/** Bytes as text for people: UTF-8 where it is. */
export const readable = (latin1: string): string =>
  /[\x80-\xff]/.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1
