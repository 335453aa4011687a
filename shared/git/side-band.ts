import { RelayError } from '../runtime/errors.ts'
import { HEADER_BYTES, packetLength } from './pkt-line.ts'
import { lineOfWords, malformed } from './text.ts'

export interface SideBandReader {
  /** the data of band 1 in these bytes: views, given on before their packet is complete */
  push(bytes: Uint8Array): Uint8Array[]
  /** @throws RelayError GIT_PROTOCOL unless a flush came last */
  end(): void
  /** the last words of band 2, one short line */
  progress(): string
}

/** Bytes that are no data: progress and keep-alives. A server that has nothing else to say is not listened to for ever. */
export const SIDE_BAND_LIMITS = { words: 16 * 1024 * 1024 }

/** Bytes of bands 2 and 3 that are kept. */
const MAX_WORDS_BYTES = 4_096

/**
 * Takes the side band apart: band 1 is data, 2 progress, 3 the server's last words. Nothing is gathered, so that a pack of any
 * size passes through as it comes. Empty packets of band 1 are keep-alives.
 * Source: gitprotocol-pack ("Packfile Data"), gitprotocol-capabilities ("side-band, side-band-64k").
 * @throws RelayError GIT_PROTOCOL on other bands, special packets but flush, and bytes after it; REMOTE_FAILED on band 3 and
 * on an `ERR` line; GIT_LIMIT past {@link SIDE_BAND_LIMITS}
 */
export const sideBandReader = (): SideBandReader => {
  const header = Buffer.alloc(HEADER_BYTES)
  let headerBytes = 0
  let stage: 'header' | 'band' | 'payload' | 'done' = 'header'
  let left = 0
  let band = 0
  let words: Buffer = Buffer.alloc(0)
  let progress = ''
  let spoken = 0

  const speak = (bytes: number) => {
    spoken += bytes
    const { words: most } = SIDE_BAND_LIMITS
    if (spoken > most) throw new RelayError('GIT_LIMIT', { limit: 'words', most })
  }

  const begin = () => {
    const length = packetLength(header)
    headerBytes = 0
    if (length === 0) stage = 'done'
    else if (length <= HEADER_BYTES) malformed('packet without a band')
    else {
      left = length - HEADER_BYTES
      stage = 'band'
    }
  }

  const finish = () => {
    stage = 'header'
    if (band === 1) return
    const text = words.toString('utf8')
    words = Buffer.alloc(0)
    if (band === 2) progress = text || progress
    else if (band === 3)
      throw new RelayError('REMOTE_FAILED', { problem: 'fatal', reason: lineOfWords(text) })
    else if (text.startsWith('RR ')) {
      throw new RelayError('REMOTE_FAILED', { problem: 'ERR line', reason: lineOfWords(text.slice(3)) })
    } else malformed('side band')
  }

  /** the byte after the length; `E` may begin an `ERR` line, which is outside of the bands */
  const choose = (byte: number) => {
    if (byte > 3 && byte !== 0x45) malformed('side band')
    if (byte === 0) malformed('side band')
    band = byte
    left -= 1
    stage = 'payload'
    if (band !== 1 || left === 0) speak(HEADER_BYTES + 1 + left)
    if (left === 0) finish()
  }

  return {
    push(bytes) {
      const data: Uint8Array[] = []
      let at = 0
      while (at < bytes.length) {
        if (stage === 'done') malformed('bytes after the end')
        if (stage === 'header') {
          header[headerBytes] = bytes[at] ?? 0
          headerBytes += 1
          at += 1
          if (headerBytes === HEADER_BYTES) begin()
        } else if (stage === 'band') {
          choose(bytes[at] ?? 0)
          at += 1
        } else {
          const piece = bytes.subarray(at, at + left)
          at += piece.length
          left -= piece.length
          if (band === 1) data.push(piece)
          else words = Buffer.concat([words, piece]).subarray(0, MAX_WORDS_BYTES)
          if (left === 0) finish()
        }
      }
      return data
    },
    end() {
      if (stage !== 'done') malformed('no end')
    },
    progress: () => lineOfWords(progress.split(/[\r\n]/).findLast((line) => line.trim() !== '') ?? ''),
  }
}
