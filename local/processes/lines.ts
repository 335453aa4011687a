import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** CloudWatch Logs cuts events at 256 KiB (service quotas, "PutLogEvents"); so does this. */
export const MAX_LINE = 262_144

/** Hands a stream's text on line by line; longer lines than {@link MAX_LINE} come in pieces, the rest at the end. */
export const eachLine = (stream: Readable, take: (line: string) => void): void => {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const flush = () => {
    if (rest !== '') take(rest)
    rest = ''
  }
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
    while (rest.length >= MAX_LINE) {
      take(rest.slice(0, MAX_LINE))
      rest = rest.slice(MAX_LINE)
    }
  })
  stream.on('end', () => {
    rest += decoder.end()
    flush()
  })
  // a pipe torn by a kill: what arrived before is all there is
  stream.on('error', flush)
}
