import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ProtocolError, packetLine, readPackets, sideband } from '../../../local/codecommit/wire/pkt.ts'
import { readPushHead, writePushHead } from '../../../local/codecommit/wire/push-commands.ts'
import { readReport } from '../../../local/codecommit/wire/push-report.ts'

/** the same bytes, cut at these places */
async function* cut(bytes: Buffer, places: readonly number[]) {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...at, bytes.length]) {
    yield bytes.subarray(from, to)
    from = to
  }
}
const places = fc.array(fc.nat(), { maxLength: 20 })
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const oid = fc.stringMatching(/^[0-9a-f]{40}$/)

test('packets and what follows them come back the same wherever the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { maxLength: 8 }), bytes, places, async (payloads, rest, at) => {
      const stream = Buffer.concat([...payloads.map(packetLine), Buffer.from('0000'), rest])
      const reader = readPackets(cut(stream, at))
      const seen: Buffer[] = []
      for (let next = await reader.packet(); next.kind === 'data'; next = await reader.packet()) {
        seen.push(Buffer.from(next.payload))
      }
      const left: Buffer[] = []
      for await (const chunk of reader.rest()) left.push(chunk)
      expect(seen).toEqual(payloads)
      expect(Buffer.concat(left)).toEqual(rest)
    }),
  )
})

test('any bytes end in packets or a ProtocolError', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, places, async (stream, at) => {
      try {
        await readPushHead(readPackets(cut(stream, at)))
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError)
      }
    }),
  )
})

test('a packet may be 65,520 bytes and no longer', () => {
  expect(packetLine(Buffer.alloc(65_516))).toHaveLength(65_520)
  expect(() => packetLine(Buffer.alloc(65_517))).toThrow(RangeError)
  expect(sideband(1, Buffer.alloc(65_515))).toHaveLength(65_520)
  expect(sideband(1, Buffer.alloc(65_516))).toHaveLength(65_520 + 6)
})

test('commands survive being written and read again', async () => {
  const name = fc.stringMatching(/^refs\/[a-z\u00e0-\u00ff/.-]{1,40}$/)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(oid, oid, name), { minLength: 1, maxLength: 9 }), async (lines) => {
      const commands = lines.map(([old, target, ref]) => ({
        old,
        new: target,
        ref,
        bytes: Buffer.from(ref).toString('latin1'),
      }))
      const head = {
        commands,
        capabilities: ['report-status', 'side-band-64k'],
        shallow: [Buffer.from(`shallow ${'a'.repeat(40)}`)],
      }
      expect(await readPushHead(readPackets(cut(writePushHead(head), [])))).toEqual(head)
    }),
  )
})

test('a list of commands past 32 MiB is not read on', async () => {
  const command = packetLine(`${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/${'x'.repeat(60_000)}`)
  async function* endless() {
    for (;;) yield command
  }
  await expect(readPushHead(readPackets(endless()))).rejects.toThrow('32 MiB')
})

test('a report without an unpack line is none', async () => {
  const nothing = async () => {}
  expect(await readReport(cut(Buffer.from('0000'), []), nothing)).toBeUndefined()
  const report = Buffer.concat([
    packetLine('unpack ok\n'),
    packetLine('ng refs/heads/a no way\n'),
    Buffer.from('0000'),
  ])
  const framed = Buffer.concat([sideband(2, Buffer.from('50%\r')), sideband(1, report), Buffer.from('0000')])
  const progress: string[] = []
  const read = await readReport(cut(framed, [3, 7, 30]), async (_, text) => progress.push(text.toString()))
  expect(read).toEqual({ unpack: 'ok', refs: new Map([['refs/heads/a', 'no way']]) })
  expect(progress).toEqual(['50%\r'])
})
