import { FLUSH, packetLine, readPackets, sideband } from './pkt.ts'
import type { Command } from './push-commands.ts'

/** What became of a push: of its pack, and of each ref. */
export interface PushReport {
  /** `ok`, or why the objects could not be taken */
  readonly unpack: string
  /** by the ref's bytes: undefined is ok, a text says why not */
  readonly refs: ReadonlyMap<string, string | undefined>
}

/**
 * Reads receive-pack's answer in sideband form: progress is handed on as it comes, channel 1 holds the report (gitprotocol-pack,
 * "Report Status").
 * @returns undefined when git ended without a report
 */
export const readReport = async (
  output: AsyncIterable<Buffer>,
  progress: (channel: 2 | 3, text: Buffer) => Promise<unknown>,
): Promise<PushReport | undefined> => {
  const reader = readPackets(output)
  const report: Buffer[] = []
  for (let packet = await reader.packet(); packet.kind === 'data'; packet = await reader.packet()) {
    const [channel] = packet.payload
    const bytes = packet.payload.subarray(1)
    if (channel === 1) report.push(Buffer.from(bytes))
    else if (channel === 2 || channel === 3) await progress(channel, bytes)
  }
  return parseReport(Buffer.concat(report))
}

const parseReport = async (bytes: Buffer): Promise<PushReport | undefined> => {
  const reader = readPackets(once(bytes))
  const refs = new Map<string, string | undefined>()
  let unpack: string | undefined
  for (let packet = await reader.packet(); packet.kind === 'data'; packet = await reader.packet()) {
    const line = packet.payload.toString('latin1').replace(/\n$/, '')
    const [word = '', name = ''] = line.split(' ', 2)
    if (word === 'unpack') unpack = line.slice('unpack '.length)
    if (word === 'ok') refs.set(name, undefined)
    if (word === 'ng') refs.set(name, line.slice(`ng ${name} `.length) || 'failed')
  }
  return unpack === undefined ? undefined : { unpack, refs }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

/** One `ok` or `ng` line per command, in the order of the push, framed as the client asked; empty when it asked for no report. */
export const writeReport = (
  commands: readonly Command[],
  unpack: string,
  reasonOf: (command: Command) => string | undefined,
  capabilities: readonly string[],
): Buffer => {
  const framed = capabilities.includes('side-band-64k')
  if (!capabilities.includes('report-status')) return framed ? FLUSH : Buffer.alloc(0)
  const lines = commands.map((command) => {
    const reason = reasonOf(command)
    const text = reason === undefined ? `ok ${command.bytes}\n` : `ng ${command.bytes} ${oneLine(reason)}\n`
    return packetLine(Buffer.from(text, 'latin1'))
  })
  const report = Buffer.concat([packetLine(`unpack ${oneLine(unpack)}\n`), ...lines, FLUSH])
  return framed ? Buffer.concat([sideband(1, report), FLUSH]) : report
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ')
