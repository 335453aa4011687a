import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ADVERTISEMENT_LIMITS } from '../../../shared/git/advertisement.ts'
import { encodeFetch, FETCH_LIMITS } from '../../../shared/git/fetch-request.ts'
import { fetchReader } from '../../../shared/git/fetch-response.ts'
import {
  encodeLsRefs,
  LS_REFS_LIMITS,
  lsRefsReader,
  offersLsRefs,
  openingReader,
} from '../../../shared/git/ls-refs.ts'
import { EMPTY_PACK, readPackHeader } from '../../../shared/git/pack/header.ts'
import { dataPacket } from '../../../shared/git/pkt-line.ts'
import { encodePush, PUSH_LIMITS, packIsDue } from '../../../shared/git/push-request.ts'
import { reportReader } from '../../../shared/git/report-status.ts'
import { type RefCommand, ZERO_OID } from '../../../shared/git/types.ts'
import { codeOf } from '../../../shared/runtime/errors.ts'

const line = (payload: string | Uint8Array) =>
  dataPacket(typeof payload === 'string' ? Buffer.from(payload) : payload)
const oid = (digit: string) => digit.repeat(40)
const FLUSH = Buffer.from('0000')
const text = (packets: Buffer) => packets.toString('latin1')
const band = (number: number, data: string | Uint8Array) =>
  line(Buffer.concat([Buffer.from([number]), typeof data === 'string' ? Buffer.from(data) : data]))

/** a pack that counts one object and is right in its checksum; more is not looked at here */
const pack = (() => {
  const body = Buffer.concat([
    Buffer.from('PACK\0\0\0\x02\0\0\0\x01', 'latin1'),
    Buffer.from('\x95what is in it'),
  ])
  return Buffer.concat([body, createHash('sha1').update(body).digest()])
})()

type Pieces = readonly Uint8Array[]
const cutAt = (bytes: Buffer, at: number): Pieces => [bytes.subarray(0, at), bytes.subarray(at)]

const readFetch = (pieces: Pieces, offered: readonly string[]) => {
  const reader = fetchReader(offered)
  const found = pieces.flatMap((piece) => reader.push(Buffer.from(piece)))
  reader.end()
  return { common: reader.common(), pack: Buffer.concat(found).toString('hex') }
}
const readReport = (pieces: Pieces, offered: readonly string[]) => {
  const reader = reportReader(offered)
  for (const piece of pieces) reader.push(Buffer.from(piece))
  return reader.end()
}
const readOpening = (pieces: Pieces) => {
  const reader = openingReader(ADVERTISEMENT_LIMITS)
  for (const piece of pieces) {
    const own = Buffer.from(piece)
    reader.push(own)
    own.fill(0)
  }
  return reader.end()
}
const readLsRefs = (pieces: Pieces, limits = ADVERTISEMENT_LIMITS) => {
  const reader = lsRefsReader(limits)
  for (const piece of pieces) reader.push(Buffer.from(piece))
  return reader.end()
}
const codeThrown = (work: () => unknown): string | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    return codeOf(error) ?? `not ours: ${error}`
  }
}

/** Cut anywhere it is the same, ended anywhere it is refused. */
const standsCuts = (bytes: Buffer, read: (pieces: Pieces) => unknown) => {
  const whole = read([bytes])
  for (let at = 0; at < bytes.length; at += 1) {
    expect(read(cutAt(bytes, at))).toEqual(whole)
    expect(codeThrown(() => read([bytes.subarray(0, at)]))).toBe('GIT_PROTOCOL')
  }
  expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole)
}

/** Whatever stands in the middle, the end is a value or a coded error. */
const standsNoise = (bytes: Buffer, read: (pieces: Pieces) => unknown) =>
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(bytes.length), (noise, at) => {
      const spoilt = Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at + noise.length)])
      const known = [undefined, 'GIT_PROTOCOL', 'GIT_LIMIT', 'REMOTE_FAILED']
      expect(known).toContain(codeThrown(() => read([spoilt])))
    }),
  )

describe('fetch request', () => {
  const base = { wants: [oid('a'), oid('b')], haves: [oid('c')], thin: true, offsetDeltas: true }

  test('capabilities stand in the first line alone, and only those that were offered and are of use', () => {
    const offered =
      'multi_ack thin-pack side-band side-band-64k ofs-delta shallow filter no-progress include-tag'
    const all = `${offered} multi_ack_detailed no-done agent=git/2 allow-tip-sha1-in-want`.split(' ')
    const caps = 'multi_ack_detailed no-done side-band-64k no-progress thin-pack ofs-delta'
    const rest = `0032want ${oid('b')}\n00000032have ${oid('c')}\n0009done\n`
    expect(text(encodeFetch({ ...base, offered: all }))).toBe(
      `${text(line(`want ${oid('a')} ${caps}\n`))}${rest}`,
    )
    expect(text(encodeFetch({ ...base, offered: [] }))).toBe(`0032want ${oid('a')}\n${rest}`)
    const bare = { ...base, thin: false, offsetDeltas: false }
    expect(text(encodeFetch({ ...bare, offered: ['thin-pack', 'ofs-delta', 'side-band'] }))).toBe(
      `${text(line(`want ${oid('a')} side-band\n`))}${rest}`,
    )
  })

  test('nothing is said twice', () => {
    const twice = { ...base, wants: [oid('a'), oid('a')], haves: [oid('c'), oid('c')], offered: [] }
    expect(text(encodeFetch(twice))).toBe(`0032want ${oid('a')}\n00000032have ${oid('c')}\n0009done\n`)
  })

  test.each<[string, Partial<typeof base>, string]>([
    ['nothing wanted', { wants: [] }, 'NAME_INVALID'],
    ['a short id', { wants: ['abc'] }, 'NAME_INVALID'],
    ['an id with a line feed', { haves: [`${oid('a')}\n`] }, 'NAME_INVALID'],
  ])('%s is refused', (_, more, code) => {
    expect(codeThrown(() => encodeFetch({ ...base, offered: [], ...more }))).toBe(code)
  })

  test.each(['wants', 'haves'] as const)('the most %s pass, one more does not', (key) => {
    const ids = Array.from({ length: FETCH_LIMITS[key] + 1 }, (_, n) => n.toString(16).padStart(40, '0'))
    expect(codeThrown(() => encodeFetch({ ...base, offered: [], [key]: ids.slice(1) }))).toBeUndefined()
    expect(codeThrown(() => encodeFetch({ ...base, offered: [], [key]: ids }))).toBe('GIT_LIMIT')
  })
})

describe('fetch answer', () => {
  const acks = [
    line(`ACK ${oid('1')} common\n`),
    line(`ACK ${oid('2')} ready\n`),
    line(`ACK ${oid('3')} continue\n`),
    line(`ACK ${oid('4')}\n`),
  ]
  const banded = Buffer.concat([
    ...acks,
    band(2, 'Counting\rCounting: done\n'),
    band(1, pack.subarray(0, 7)),
    band(1, ''),
    band(1, pack.subarray(7)),
    FLUSH,
  ])
  const raw = Buffer.concat([line('NAK\n'), pack])
  const sided = ['side-band-64k']

  test('common and the last ACK prove possession, ready and continue do not; keep-alives are passed over', () => {
    expect(readFetch([banded], sided)).toEqual({ common: [oid('1'), oid('4')], pack: pack.toString('hex') })
  })

  test('cut at every byte it is the same, ended at every byte it is refused', () => {
    standsCuts(banded, (pieces) => readFetch(pieces, sided))
    standsCuts(raw, (pieces) => readFetch(pieces, []))
  })

  test('noise ends in a value or a coded error', () => {
    standsNoise(banded, (pieces) => readFetch(pieces, sided))
    standsNoise(raw, (pieces) => readFetch(pieces, []))
  })

  test.each<[string, Buffer[], string]>([
    ['a shallow line', [line(`shallow ${oid('1')}\n`), FLUSH], 'GIT_PROTOCOL'],
    ['an unshallow line', [line(`unshallow ${oid('1')}\n`), FLUSH], 'GIT_PROTOCOL'],
    ['an unknown status', [line(`ACK ${oid('1')} maybe\n`)], 'GIT_PROTOCOL'],
    ['a pack before the negotiation ended', [acks[0]!, band(1, pack), FLUSH], 'GIT_PROTOCOL'],
    ['an ERR line', [line('ERR upload-pack: not our ref')], 'REMOTE_FAILED'],
    ['an ERR line between the bands', [line('NAK\n'), line('ERR no more')], 'REMOTE_FAILED'],
    ['band 3', [line('NAK\n'), band(1, pack.subarray(0, 9)), band(3, 'out of memory')], 'REMOTE_FAILED'],
    ['an unknown band', [line('NAK\n'), band(4, pack), FLUSH], 'GIT_PROTOCOL'],
    ['band 0', [line('NAK\n'), band(0, pack), FLUSH], 'GIT_PROTOCOL'],
    ['a packet without a band', [line('NAK\n'), line(''), FLUSH], 'GIT_PROTOCOL'],
    ['a delim among the bands', [line('NAK\n'), Buffer.from('0001'), FLUSH], 'GIT_PROTOCOL'],
    ['bytes after the end', [line('NAK\n'), band(1, pack), FLUSH, FLUSH], 'GIT_PROTOCOL'],
    [
      'a pack that is cut and then ended in form',
      [line('NAK\n'), band(1, pack.subarray(0, 30)), FLUSH],
      'GIT_PROTOCOL',
    ],
    ['no pack at all', [line('NAK\n'), FLUSH], 'GIT_PROTOCOL'],
    ['something else in its place', [line('NAK\n'), band(1, 'x'.repeat(50)), FLUSH], 'GIT_PROTOCOL'],
    [
      'a pack of version 4',
      [line('NAK\n'), band(1, 'PACK\0\0\0\x04'.padEnd(50, 'x')), FLUSH],
      'GIT_PROTOCOL',
    ],
    ['a raw pack where a band was asked for', [raw], 'GIT_PROTOCOL'],
  ])('%s is refused', (_, packets, code) => {
    expect(codeThrown(() => readFetch([Buffer.concat(packets)], sided))).toBe(code)
  })

  test.each<[string, Buffer]>([
    ['progress', band(2, 'x'.repeat(60_000))],
    ['keep-alives', Buffer.concat(Array.from({ length: 12_000 }, () => band(1, '')))],
  ])('no server is listened to for ever (%s)', (_, piece) => {
    const endless = [line('NAK\n'), ...Array.from({ length: 300 }, () => piece)]
    expect(codeThrown(() => readFetch(endless, sided))).toBe('GIT_LIMIT')
    // not even that much matters where data comes as well
    expect(codeThrown(() => readFetch([line('NAK\n'), piece, piece, band(1, pack), FLUSH], sided))).toBe(
      undefined,
    )
  })

  test('a server’s words are short and one line', () => {
    const words = `fatal:\n\tsee https://user:word@host/<b>${'x'.repeat(10_000)}`
    expect(() => readFetch([line('NAK\n'), band(3, words)], sided)).toThrow(
      /fatal: see https:\/\/\*\*\*@host\/ x+/,
    )
  })
})

describe('push request', () => {
  const create: RefCommand = { ref: 'refs/heads/größe', from: ZERO_OID, to: oid('a') }
  const remove: RefCommand = { ref: 'refs/tags/v1', from: oid('b'), to: ZERO_OID }

  test('the first command carries the capabilities behind a NUL, and no line ends with a feed', () => {
    const offered =
      'report-status report-status-v2 delete-refs side-band-64k quiet atomic ofs-delta agent=x'.split(' ')
    expect(encodePush([create, remove], offered)).toEqual(
      Buffer.concat([
        line(`${ZERO_OID} ${oid('a')} refs/heads/größe\0report-status side-band-64k quiet`),
        line(`${oid('b')} ${ZERO_OID} refs/tags/v1`),
        FLUSH,
      ]),
    )
    expect(encodePush([remove], [])).toEqual(
      Buffer.concat([line(`${oid('b')} ${ZERO_OID} refs/tags/v1\0`), FLUSH]),
    )
  })

  test('a pack is due unless all are deletions', () => {
    expect([[create], [create, remove], [remove]].map(packIsDue)).toEqual([true, true, false])
  })

  test.each<[string, RefCommand[], string]>([
    ['no command', [], 'NAME_INVALID'],
    ['a ref that is neither branch nor tag', [{ ...create, ref: 'refs/notes/x' }], 'NAME_INVALID'],
    ['a ref with a NUL', [{ ...create, ref: 'refs/heads/a\0b' }], 'NAME_INVALID'],
    ['no id', [{ ...create, to: 'HEAD' }], 'NAME_INVALID'],
    ['no change', [{ ...create, from: oid('a') }], 'NAME_INVALID'],
    ['too many', Array.from({ length: PUSH_LIMITS.commands + 1 }, () => create), 'GIT_LIMIT'],
  ])('%s is refused', (_, commands, code) => expect(codeThrown(() => encodePush(commands, []))).toBe(code))
})

describe('push answer', () => {
  const lines = [
    line('unpack ok\n'),
    line('ok refs/heads/main\n'),
    line('ng refs/heads/größe failed to update ref\n'),
    line('ng refs/tags/v1'),
    FLUSH,
  ]
  const plain = Buffer.concat(lines)
  const banded = Buffer.concat([
    band(2, 'Resolving deltas\r'),
    band(1, plain.subarray(0, 30)),
    band(1, plain.subarray(30)),
    FLUSH,
  ])
  const expected = {
    unpack: 'ok',
    refs: new Map([
      ['refs/heads/main', { kind: 'ok' }],
      ['refs/heads/größe', { kind: 'refused', reason: 'failed to update ref' }],
      ['refs/tags/v1', { kind: 'refused', reason: '' }],
    ]),
  }
  const both = ['report-status', 'side-band-64k']

  test('is read with and without side band, wherever it is cut', () => {
    expect(readReport([plain], ['report-status'])).toEqual(expected)
    expect(readReport([banded], both)).toEqual(expected)
    standsCuts(plain, (pieces) => readReport(pieces, ['report-status']))
    standsCuts(banded, (pieces) => readReport(pieces, both))
  })

  test('noise ends in a value or a coded error', () => {
    standsNoise(plain, (pieces) => readReport(pieces, ['report-status']))
    standsNoise(banded, (pieces) => readReport(pieces, both))
  })

  test('what was not asked for is not waited for', () => {
    expect(readReport([], [])).toBeUndefined()
    expect(readReport([], ['side-band-64k'])).toBeUndefined()
    expect(readReport([band(2, 'words'), FLUSH], ['side-band-64k'])).toBeUndefined()
  })

  test('names may hold any space but the common one', () => {
    const names = ['refs/heads/a\u00a0b', 'refs/heads/a\u3000b', 'refs/tags/\ufeffx\u2028y']
    const lines = [line('unpack ok\n'), ...names.map((name) => line(`ok ${name}\n`)), FLUSH]
    expect([...(readReport([Buffer.concat(lines)], ['report-status'])?.refs.keys() ?? [])]).toEqual(names)
  })

  test('a ref that is spoken of twice is refused if it is so once', () => {
    const twice = [line('ok refs/heads/a'), line('ng refs/heads/a no'), line('ok refs/heads/a')]
    const report = readReport([Buffer.concat([line('unpack ok'), ...twice, FLUSH])], ['report-status'])
    expect(report?.refs.get('refs/heads/a')).toEqual({ kind: 'refused', reason: 'no' })
  })

  test.each<[string, Buffer[], string]>([
    ['nothing', [], 'GIT_PROTOCOL'],
    ['no unpack line', [line('ok refs/heads/a\n'), FLUSH], 'GIT_PROTOCOL'],
    ['an empty report', [FLUSH], 'GIT_PROTOCOL'],
    ['another word', [line('unpack ok\n'), line('option refname x\n'), FLUSH], 'GIT_PROTOCOL'],
    ['bytes after the end', [line('unpack ok\n'), FLUSH, FLUSH], 'GIT_PROTOCOL'],
    ['an ERR line', [line('ERR too many refs')], 'REMOTE_FAILED'],
  ])('%s is refused', (_, packets, code) => {
    expect(codeThrown(() => readReport([Buffer.concat(packets)], ['report-status']))).toBe(code)
  })

  test('what a server says of the pack is told, not thrown', () => {
    const report = readReport([line('unpack index-pack abnormal exit\n'), FLUSH], ['report-status'])
    expect(report).toEqual({ unpack: 'index-pack abnormal exit', refs: new Map() })
  })

  test('an endless report is stopped', () => {
    const reader = reportReader(['report-status'], { bytes: 100 })
    reader.push(line('unpack ok\n'))
    expect(() => reader.push(line(`ok refs/heads/${'x'.repeat(90)}`))).toThrow(/GIT_LIMIT/)
  })
})

describe('version 2', () => {
  const capabilities = ['agent=git/2', 'ls-refs=unborn', 'fetch=shallow', 'object-format=sha1']
  const opening = Buffer.concat([
    line('version 2\n'),
    ...capabilities.map((word) => line(`${word}\n`)),
    FLUSH,
  ])
  const service = Buffer.concat([line('# service=git-upload-pack\n'), FLUSH])
  const old = Buffer.concat([service, line(`${oid('a')} refs/heads/main\0thin-pack\n`), FLUSH])

  test('its capabilities are read, with and without a service line before them', () => {
    for (const bytes of [opening, Buffer.concat([service, opening])]) {
      expect(readOpening([bytes])).toEqual({ version: 2, capabilities })
      standsCuts(bytes, readOpening)
      standsNoise(bytes, readOpening)
    }
  })

  test('an answer in version 0 or 1 is read as such', () => {
    const advertisement = { refs: new Map([['refs/heads/main', oid('a')]]), capabilities: ['thin-pack'] }
    expect(readOpening([old])).toEqual({ version: 0, advertisement })
    standsCuts(old, readOpening)
    const empty = readOpening([Buffer.concat([service, FLUSH])])
    expect(empty).toEqual({ version: 0, advertisement: { refs: new Map(), capabilities: [] } })
    const one = Buffer.concat([service, line('version 1\n'), old.subarray(service.length)])
    expect(readOpening([one])).toEqual({ version: 0, advertisement })
  })

  test.each<[string, Buffer]>([
    ['a flush', Buffer.concat([FLUSH, FLUSH, FLUSH])],
    ['a page', Buffer.from('<html>')],
    ['a delim', Buffer.concat([line('version 2\n'), Buffer.from('0001'), FLUSH])],
    ['bytes after the end', Buffer.concat([opening, FLUSH])],
  ])('%s is refused', (_, bytes) => expect(codeThrown(() => readOpening([bytes]))).toBe('GIT_PROTOCOL'))

  test('an ERR line before anything else is the server’s refusal', () => {
    expect(codeThrown(() => readOpening([line('ERR no')]))).toBe('REMOTE_FAILED')
  })

  test.each<[string[], boolean]>([
    [capabilities, true],
    [['ls-refs'], true],
    [['fetch', 'ls-refsomething'], false],
    [['ls-refs', 'object-format=sha256'], false],
  ])('%j: refs can be asked for: %s', (words, expected) => expect(offersLsRefs(words)).toBe(expected))

  test('single refs are asked for by prefix', () => {
    expect(text(encodeLsRefs(['refs/heads/main', 'refs/tags/v1']))).toBe(
      '0014command=ls-refs\n0001001fref-prefix refs/heads/main\n001cref-prefix refs/tags/v1\n0000',
    )
    expect(codeThrown(() => encodeLsRefs(['refs/heads/a\nb']))).toBe('NAME_INVALID')
    const many = Array.from({ length: LS_REFS_LIMITS.names + 1 }, () => 'refs/heads/a')
    expect(codeThrown(() => encodeLsRefs(many))).toBe('GIT_LIMIT')
  })

  test('the answer is read; unborn refs, other namespaces and attributes are passed over', () => {
    const bytes = Buffer.concat([
      line('unborn HEAD symref-target:refs/heads/main\n'),
      line(`${oid('1')} HEAD symref-target:refs/heads/main\n`),
      line(`${oid('a')} refs/heads/größe\n`),
      line(`${oid('b')} refs/tags/v1 peeled:${oid('c')}\n`),
      line(`${oid('d')} refs/notes/x\n`),
      FLUSH,
    ])
    expect([...readLsRefs([bytes])]).toEqual([
      ['refs/heads/größe', oid('a')],
      ['refs/tags/v1', oid('b')],
    ])
    standsCuts(bytes, readLsRefs)
    standsNoise(bytes, readLsRefs)
    expect(codeThrown(() => readLsRefs([bytes], { refs: 1, bytes: 1_000 }))).toBe('GIT_LIMIT')
    expect(codeThrown(() => readLsRefs([bytes], { refs: 9, bytes: 100 }))).toBe('GIT_LIMIT')
  })

  test.each<[string, Buffer[], string]>([
    ['a short id', [line('abc refs/heads/a\n'), FLUSH], 'GIT_PROTOCOL'],
    ['a name that git forbids', [line(`${oid('a')} refs/heads/..\n`), FLUSH], 'GIT_PROTOCOL'],
    [
      'a name twice',
      [line(`${oid('a')} refs/heads/a\n`), line(`${oid('b')} refs/heads/a\n`), FLUSH],
      'GIT_PROTOCOL',
    ],
    ['a ref to nothing', [line(`${oid('0')} refs/heads/a\n`), FLUSH], 'GIT_PROTOCOL'],
    ['an ERR line', [line('ERR no')], 'REMOTE_FAILED'],
    ['bytes after the end', [FLUSH, FLUSH], 'GIT_PROTOCOL'],
  ])('%s is refused', (_, packets, code) => {
    expect(codeThrown(() => readLsRefs([Buffer.concat(packets)]))).toBe(code)
  })
})

describe('against git', () => {
  let root: string
  let source: string
  let tips: readonly string[]
  const run = (folder: string, args: string[], input: Uint8Array | string = '', env = {}) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=n', '-c', 'user.email=n@example.org', ...args], {
      input,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, ...env },
    })
  const say = (folder: string, ...args: string[]) => run(folder, args).toString().trim()
  const offers = (folder: string, service: 'upload-pack' | 'receive-pack'): string[] =>
    text(run(folder, [service, '--http-backend-info-refs', '.']))
      .split('\0')[1]
      ?.split('\n')[0]
      ?.split(' ') ?? []

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'exchange-'))
    source = join(root, 'source')
    say(root, 'init', '--quiet', '--initial-branch=main', 'source')
    for (const n of [1, 2, 3]) say(source, 'commit', '--quiet', '--allow-empty', '-m', `${n}`)
    tips = say(source, 'rev-list', '--reverse', 'main').split('\n')
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  const bare = (name: string): string => {
    say(root, 'init', '--quiet', '--bare', name)
    return join(root, name)
  }
  const fetched = (offered: readonly string[], haves: readonly string[]): Buffer =>
    run(
      source,
      ['upload-pack', '--stateless-rpc', '.'],
      encodeFetch({ wants: tips.slice(-1), haves, offered, thin: true, offsetDeltas: true }),
    )

  test.each<[string, (all: string[]) => string[]]>([
    ['all that it offers', (all) => all],
    ['CodeCommit’s few', () => ['multi_ack_detailed', 'side-band-64k', 'thin-pack']],
    ['the narrow band', () => ['side-band']],
    ['nothing', () => []],
  ])('upload-pack reads a fetch with %s; its answer is read, cut at every byte', (_, choose) => {
    const offered = choose(offers(source, 'upload-pack'))
    for (const haves of [[], [tips[0]!], [oid('9'), tips[1]!]]) {
      const bytes = fetched(offered, haves)
      const { common, pack: hex } = readFetch([bytes], offered)
      expect(common).toEqual(haves.filter((have) => tips.includes(have)))
      expect(readPackHeader(Buffer.from(hex, 'hex')).objects).toBe(
        haves.length === 0 ? 4 : haves.length === 1 ? 2 : 1,
      )
      standsCuts(bytes, (pieces) => readFetch(pieces, offered))
    }
  })

  test.each<[string, (all: string[]) => string[]]>([
    ['all that it offers', (all) => all],
    ['no side band', () => ['report-status']],
    ['no report', () => ['side-band-64k']],
    ['nothing', () => []],
  ])('receive-pack reads a push with %s; its answer is read', (name, choose) => {
    const replica = bare(`replica-${name.replaceAll(' ', '-')}`)
    const offered = choose(offers(replica, 'receive-pack'))
    const all = offers(source, 'upload-pack')
    const received = Buffer.from(readFetch([fetched(all, [])], all).pack, 'hex')
    const pushed = (commands: readonly RefCommand[], bytes: Uint8Array) => {
      const input = Buffer.concat([encodePush(commands, offered), bytes])
      return run(replica, ['receive-pack', '--stateless-rpc', '.'], input)
    }
    const create = { from: ZERO_OID, to: tips[2]! }
    const first = pushed(
      [
        { ref: 'refs/heads/main', ...create },
        { ref: 'refs/heads/größe', ...create },
      ],
      received,
    )
    const report = readReport([first], offered)
    if (offered.includes('report-status')) {
      const ok = { kind: 'ok' }
      expect(report).toEqual({
        unpack: 'ok',
        refs: new Map([
          ['refs/heads/main', ok],
          ['refs/heads/größe', ok],
        ]),
      })
      standsCuts(first, (pieces) => readReport(pieces, offered))
    } else expect(report).toBeUndefined()

    // Nothing new, and a value that the replica does not have.
    const second = readReport(
      [
        pushed(
          [
            { ref: 'refs/tags/v1', from: ZERO_OID, to: tips[0]! },
            { ref: 'refs/heads/main', from: tips[1]!, to: tips[0]! },
          ],
          EMPTY_PACK,
        ),
      ],
      offered,
    )
    if (report) {
      expect(second?.refs.get('refs/tags/v1')).toEqual({ kind: 'ok' })
      expect(second?.refs.get('refs/heads/main')).toMatchObject({ kind: 'refused' })
    }
    pushed([{ ref: 'refs/heads/größe', from: tips[2]!, to: ZERO_OID }], Buffer.alloc(0))
    expect(say(replica, 'for-each-ref', '--format=%(refname) %(objectname)')).toBe(
      `refs/heads/main ${tips[2]}\nrefs/tags/v1 ${tips[0]}`,
    )
    say(replica, 'fsck', '--full', '--strict')
  })

  test('upload-pack opens version 2 and answers ls-refs', () => {
    const env = { GIT_PROTOCOL: 'version=2' }
    const opened = readOpening([run(source, ['upload-pack', '--http-backend-info-refs', '.'], '', env)])
    expect(opened.version === 2 && offersLsRefs(opened.capabilities)).toBe(true)
    const asked = encodeLsRefs(['refs/heads/main', 'refs/heads/gone'])
    const answer = run(source, ['upload-pack', '--stateless-rpc', '.'], asked, env)
    expect([...readLsRefs([answer])]).toEqual([['refs/heads/main', tips[2]]])
    standsCuts(answer, readLsRefs)
  })
})
