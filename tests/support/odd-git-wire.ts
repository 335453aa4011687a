import type { OddExchange, OddRequest } from './odd-git-server.ts'

/** Bytes of the protocol for the odd server, written apart from the product's own. */
export const line = (text: string): string =>
  `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, '0')}${text}`

export const nameOf = (capability: string): string => capability.split('=')[0] ?? ''

/** Undefined while the first flush is not there. */
export const readLines = (bytes: Buffer, seen: OddRequest): OddExchange | undefined => {
  const lines: string[] = []
  let capabilities: readonly string[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 4), 16)
    if (length === 0) return { ...seen, lines, capabilities }
    if (at + length > bytes.length) return undefined
    const text = bytes.toString('utf8', at + 4, at + length).replace(/\n$/, '')
    if (lines.length === 0) {
      const [, first = '', rest = ''] =
        seen.service === 'git-receive-pack'
          ? /^([^\0]*)\0?(.*)$/s.exec(text)!
          : /^(want \S+)(.*)$/.exec(text)!
      lines.push(first)
      capabilities = rest.split(' ').filter(Boolean)
    } else lines.push(text)
    at += length
  }
  return undefined
}

/** An advertisement with other capabilities behind its first line's NUL. */
export const withCapabilities = (
  bytes: Buffer,
  change: (capabilities: readonly string[]) => readonly string[],
): { bytes: Buffer; capabilities: readonly string[] } => {
  const length = Number.parseInt(bytes.toString('latin1', 0, 4), 16)
  // some versions of git say nothing at all of an empty repository
  if (length === 0) return { bytes, capabilities: [] }
  const [name = '', offered = ''] = bytes.toString('utf8', 4, length).trimEnd().split('\0')
  const capabilities = change(offered.split(' ').filter(Boolean))
  const first = Buffer.from(line(`${name}\0${capabilities.join(' ')}\n`))
  return { bytes: Buffer.concat([first, bytes.subarray(length)]), capabilities }
}

/** A report that refuses each command of a push in the same words. */
export const refusalOf = (commands: readonly string[], words: string, banded: boolean): Buffer[] => {
  const refs = commands.map((command) => line(`ng ${command.split(' ')[2]} ${words}\n`))
  const report = `${line('unpack ok\n')}${refs.join('')}0000`
  if (!banded) return [Buffer.from(report)]
  const pieces: Buffer[] = []
  for (let at = 0; at < report.length; at += 60_000)
    pieces.push(Buffer.from(line(`\x01${report.slice(at, at + 60_000)}`)))
  return [...pieces, Buffer.from('0000')]
}
