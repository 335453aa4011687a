import { RelayError } from '../runtime/errors.ts'
import { type Packet, packetReader } from './pkt-line.ts'
import { pushCapabilities } from './push-request.ts'
import { sideBandReader } from './side-band.ts'
import { lineOf, lineOfWords, malformed, refuseErrLine } from './text.ts'
import type { PushReport, RefResult } from './types.ts'

/** A report of the most commands with long names and reasons, and the progress around it. */
export const REPORT_LIMITS = { bytes: 48 * 1024 * 1024 }

export interface ReportReader {
  push(bytes: Uint8Array): void
  /** undefined where no report was asked for; @throws RelayError GIT_PROTOCOL when the report is not complete */
  end(): PushReport | undefined
}

/**
 * Reads the answer to a push, with and without side band, as it follows from what was `offered`.
 * Source: gitprotocol-pack ("Report Status"): `unpack ok` or a reason, then `ok ref` or `ng ref reason` for each, then a flush.
 * A ref that is spoken of twice is refused if it is so once.
 * @throws RelayError GIT_PROTOCOL on anything else, REMOTE_FAILED on band 3 or an `ERR` line, GIT_LIMIT past a limit
 */
export const reportReader = (
  offered: readonly string[],
  limits: typeof REPORT_LIMITS = REPORT_LIMITS,
): ReportReader => {
  const asked = pushCapabilities(offered)
  const band = asked.some((name) => name.startsWith('side-band')) ? sideBandReader() : undefined
  const report = asked.includes('report-status') ? reportLines() : undefined
  let read = 0
  return {
    push(bytes) {
      read += bytes.length
      if (read > limits.bytes) throw new RelayError('GIT_LIMIT', { limit: 'bytes', most: limits.bytes })
      for (const piece of band ? band.push(bytes) : [bytes]) report?.push(piece)
    },
    end() {
      if (report || read > 0) band?.end()
      return report?.end()
    },
  }
}

const reportLines = () => {
  const packets = packetReader()
  const refs = new Map<string, RefResult>()
  let unpack: string | undefined
  let done = false

  const take = (packet: Packet) => {
    if (done) malformed('bytes after the end')
    if (packet.type === 'flush') {
      if (unpack === undefined) malformed('no unpack line')
      done = true
      return
    }
    if (packet.type !== 'data') return malformed(packet.type)
    const line = lineOf(packet.payload)
    refuseErrLine(line)
    if (unpack === undefined) {
      if (!line.startsWith('unpack ')) malformed('no unpack line')
      unpack = lineOfWords(line.slice('unpack '.length))
      return
    }
    const [, kind, ref = '', reason = ''] =
      /^(ok|ng) ([^ ]+)(?: (.*))?$/s.exec(line) ?? malformed('report line')
    if (kind === 'ng') refs.set(ref, { kind: 'refused', reason: lineOfWords(reason) })
    else if (!refs.has(ref)) refs.set(ref, { kind: 'ok' })
  }

  return {
    push(bytes: Uint8Array) {
      for (const packet of packets.push(bytes)) take(packet)
    },
    end(): PushReport {
      packets.end()
      if (!done || unpack === undefined) return malformed('no end')
      return { unpack, refs }
    },
  }
}
