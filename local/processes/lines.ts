import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** CloudWatch Logs cuts events at 256 KiB (service quotas, "PutLogEvents"); so does this, in characters. */
export const MAX_LINE = 262_144

/** Hands a stream's text on line by line; longer lines than {@link MAX_LINE} come in pieces, the rest at the end. */
export const eachLine = (stream: Readable, take: (line: string) => void): void => {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  /** hands on full pieces of a line and returns what is left */
  const cut = (line: string): string => {
    let left = line
    for (; left.length > MAX_LINE; left = left.slice(MAX_LINE)) take(left.slice(0, MAX_LINE))
    return left
  }
  const flush = () => {
    if (rest !== '') take(cut(rest))
    rest = ''
  }
  stream.on('data', (chunk: Buffer) => {
    const text = decoder.write(chunk)
    if (!text.includes('\n')) {
      rest = cut(rest + text)
      return
    }
    const lines = (rest + text).split('\n')
    const unfinished = lines.pop() ?? ''
    for (const line of lines) take(cut(line))
    rest = cut(unfinished)
  })
  stream.on('end', () => {
    rest += decoder.end()
    flush()
  })
  // a pipe torn by a kill: what arrived before is all there is
  stream.on('error', flush)
}
