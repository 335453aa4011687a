import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  dataPacket,
  encodeLines,
  encodePacket,
  MAX_PACKET_BYTES,
  type Packet,
  packetReader,
} from '../../../shared/git/pkt-line.ts'
import { codeOf } from '../../../shared/runtime/errors.ts'

const data = (text: string): Packet => ({ type: 'data', payload: Buffer.from(text) })

const readAll = (pieces: readonly Uint8Array[]): Packet[] => {
  const reader = packetReader()
  const packets = pieces.flatMap((piece) => reader.push(piece))
  reader.end()
  return packets
}

const refusal = (bytes: string | Buffer): string | undefined => {
  try {
    readAll([Buffer.from(bytes)])
    return undefined
  } catch (error) {
    return codeOf(error) ?? `not ours: ${error}`
  }
}

const anyPacket: fc.Arbitrary<Packet> = fc.oneof(
  fc.constantFrom<Packet>({ type: 'flush' }, { type: 'delim' }, { type: 'response-end' }),
  fc
    .uint8Array({ maxLength: 300 })
    .map((payload): Packet => ({ type: 'data', payload: Buffer.from(payload) })),
)

describe('packets', () => {
  test('the four kinds are distinct, and an empty packet is none of the special ones', () => {
    expect(readAll([Buffer.from('0006a\n0001000200000004')])).toEqual([
      data('a\n'),
      { type: 'delim' },
      { type: 'response-end' },
      { type: 'flush' },
      data(''),
    ])
  })

  test('are written as the document shows them', () => {
    // gitprotocol-common, "pkt-line Format", and gitprotocol-v2, "Packet-Line Framing"
    expect(['a\n', 'a', 'foobar\n', ''].map((text) => `${encodeLines([text])}`)).toEqual([
      '0006a\n',
      '0005a',
      '000bfoobar\n',
      '0004',
    ])
    expect(`${encodeLines(['ö', { type: 'delim' }, 'x', { type: 'flush' }])}`).toBe('0006ö00010005x0000')
    expect((['flush', 'delim', 'response-end'] as const).map((type) => `${encodePacket({ type })}`)).toEqual([
      '0000',
      '0001',
      '0002',
    ])
  })

  test('the longest payload is written, one byte more is refused', () => {
    expect(
      dataPacket(Buffer.alloc(MAX_PACKET_BYTES - 4))
        .subarray(0, 4)
        .toString(),
    ).toBe('fff0')
    expect(() => dataPacket(Buffer.alloc(MAX_PACKET_BYTES - 3))).toThrow(/GIT_LIMIT/)
    expect(() => encodeLines(['x'.repeat(MAX_PACKET_BYTES - 3)])).toThrow(/GIT_LIMIT/)
  })

  test('what was written is read, wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(anyPacket, { maxLength: 8 }), fc.nat(), (packets, seed) => {
        const bytes = Buffer.concat(packets.map(encodePacket))
        const at = bytes.length === 0 ? 0 : seed % bytes.length
        expect(readAll([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(packets)
      }),
    )
  })

  test('byte by byte it is the same', () => {
    const bytes = Buffer.concat([data('hello'), { type: 'flush' } as const, data('x')].map(encodePacket))
    expect(readAll([...bytes].map((byte) => Buffer.from([byte])))).toEqual(readAll([bytes]))
  })

  test('a reader keeps nothing of the caller’s buffer that it still needs', () => {
    const reader = packetReader()
    const piece = Buffer.from('0008ab')
    expect(reader.push(piece)).toEqual([])
    piece.fill(0)
    expect(reader.push(Buffer.from('cd'))).toEqual([data('abcd')])
  })

  test('a stream cut inside a packet is refused, at every byte', () => {
    const bytes = Buffer.from('000bwelcome')
    for (let at = 1; at < bytes.length; at += 1) expect(refusal(bytes.subarray(0, at))).toBe('GIT_PROTOCOL')
    expect(refusal(bytes)).toBeUndefined()
  })

  test.each(['zzzz', '-001', '0x04', ' 123', '0003', 'PACK', '+0ff'])('length %j is refused', (length) => {
    expect(refusal(`${length}data`)).toBe('GIT_PROTOCOL')
  })

  test('the longest packet passes, one byte more does not', () => {
    const longest = Buffer.concat([Buffer.from('fff0'), Buffer.alloc(MAX_PACKET_BYTES - 4, 0x61)])
    expect(readAll([longest])).toHaveLength(1)
    expect(refusal('fff1')).toBe('GIT_PROTOCOL')
    expect(refusal('ffff')).toBe('GIT_PROTOCOL')
  })

  test('any bytes end in packets or in a coded error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect([undefined, 'GIT_PROTOCOL']).toContain(refusal(Buffer.from(bytes)))
      }),
    )
  })
})
