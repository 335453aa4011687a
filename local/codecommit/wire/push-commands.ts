import { type PacketReader, ProtocolError, packetLine } from './pkt.ts'

export const ZERO_OID = '0'.repeat(40)

/** One line of a push: this ref, from that value to this one. All zeroes: it did not exist, or shall not. */
export interface Command {
  readonly old: string
  readonly new: string
  /** the name as sent, one character per byte: what reports echo and compare */
  readonly bytes: string
  /** the name as text; undefined when it is not UTF-8 */
  readonly ref: string | undefined
}

export interface PushHead {
  readonly commands: readonly Command[]
  /** `shallow <oid>` lines of a client whose own history is cut */
  readonly shallow: readonly Buffer[]
  readonly capabilities: readonly string[]
}

/** More than a hundred thousand commands: far past the 4,000 that a push may hold, and still no burden. */
const MAX_HEAD_BYTES = 32 * 1024 * 1024

/**
 * Reads what stands before the pack: shallow lines, commands, flush (gitprotocol-pack, "Reference Update Request and Packfile
 * Transfer"). Throws ProtocolError when it is anything else, or longer than 32 MiB.
 */
export const readPushHead = async (reader: PacketReader): Promise<PushHead> => {
  const commands: Command[] = []
  const shallow: Buffer[] = []
  let capabilities: readonly string[] = []
  let size = 0
  for (;;) {
    const packet = await reader.packet()
    if (packet.kind === 'flush') return { commands, shallow, capabilities }
    if (packet.kind === 'end') {
      if (commands.length + shallow.length === 0) return { commands, shallow, capabilities }
      throw new ProtocolError('the list of commands has no end')
    }
    size += packet.payload.length
    if (size > MAX_HEAD_BYTES) throw new ProtocolError('the list of commands is longer than 32 MiB')
    if (/^shallow [0-9a-f]{40}\n?$/.test(packet.payload.subarray(0, 50).toString('latin1'))) {
      shallow.push(Buffer.from(packet.payload))
      continue
    }
    const { command, announced } = parseCommand(packet.payload)
    if (announced !== undefined && commands.length === 0) capabilities = announced
    commands.push(command)
  }
}

const parseCommand = (payload: Buffer): { command: Command; announced: string[] | undefined } => {
  const nul = payload.indexOf(0)
  const line = (nul < 0 ? payload : payload.subarray(0, nul)).toString('latin1')
  const parts = /^([0-9a-f]{40}) ([0-9a-f]{40}) ([^\0\n]+)\n?$/.exec(line)
  if (parts === null) throw new ProtocolError('a line of the push is not a command')
  const [, old = '', target = '', bytes = ''] = parts
  const raw = Buffer.from(bytes, 'latin1')
  const text = raw.toString('utf8')
  const ref = Buffer.from(text, 'utf8').equals(raw) ? text : undefined
  const announced = nul < 0 ? undefined : words(payload.subarray(nul + 1).toString('latin1'))
  return { command: { old, new: target, bytes, ref }, announced }
}

const words = (text: string): string[] => text.split(/[ \n]+/).filter((word) => word !== '')

/** The head again, for these commands only. */
export const writePushHead = (head: PushHead): Buffer =>
  Buffer.concat([
    ...head.shallow.map(packetLine),
    ...head.commands.map((command, index) => {
      const capabilities = index === 0 ? `\0 ${head.capabilities.join(' ')}` : ''
      return packetLine(
        Buffer.from(`${command.old} ${command.new} ${command.bytes}${capabilities}`, 'latin1'),
      )
    }),
    Buffer.from('0000'),
  ])
