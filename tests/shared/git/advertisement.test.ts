import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  ADVERTISEMENT_LIMITS,
  type Advertisement,
  type AdvertisementLimits,
  advertisementReader,
  type GitService,
} from '../../../shared/git/advertisement.ts'
import { codeOf } from '../../../shared/runtime/errors.ts'

const oid = (digit: string) => digit.repeat(40)
const line = (text: string | Buffer): Buffer => {
  const payload = Buffer.from(text)
  return Buffer.concat([Buffer.from((payload.length + 4).toString(16).padStart(4, '0')), payload])
}
const FLUSH = Buffer.from('0000')

const stream = (lines: readonly (string | Buffer)[], service: GitService = 'git-upload-pack'): Buffer =>
  Buffer.concat([line(`# service=${service}\n`), FLUSH, ...lines.map(line), FLUSH])

const read = (
  pieces: readonly Uint8Array[],
  service: GitService = 'git-upload-pack',
  limits?: AdvertisementLimits,
): Advertisement => {
  const reader = advertisementReader(service, limits)
  for (const piece of pieces) reader.push(piece)
  return reader.end()
}

const refusal = (bytes: Buffer, limits?: AdvertisementLimits): string | undefined => {
  try {
    read([bytes], 'git-upload-pack', limits)
    return undefined
  } catch (error) {
    return codeOf(error) ?? `not ours: ${error}`
  }
}

const usual = [
  `${oid('a')} HEAD\0multi_ack thin-pack agent=git/x\n`,
  `${oid('a')} refs/heads/main\n`,
  `${oid('b')} refs/heads/größe\n`,
  `${oid('c')} refs/notes/commits\n`,
  `${oid('d')} refs/tags/v1\n`,
  `${oid('a')} refs/tags/v1^{}\n`,
  `${oid('e')} .have\n`,
]

describe('reading', () => {
  test('heads and tags and nothing else; capabilities from the first line', () => {
    const { refs, capabilities } = read([stream(usual)])
    expect([...refs]).toEqual([
      ['refs/heads/main', oid('a')],
      ['refs/heads/größe', oid('b')],
      ['refs/tags/v1', oid('d')],
    ])
    expect(capabilities).toEqual(['multi_ack', 'thin-pack', 'agent=git/x'])
  })

  test.each<[string, string[]]>([
    ['says so', [`${oid('0')} capabilities^{}\0report-status delete-refs\n`]],
    ['says nothing', []],
  ])('an empty repository that %s has no refs', (_, lines) => {
    expect(read([stream(lines)]).refs.size).toBe(0)
  })

  test('lines without their line feed, and version 1, are read as well', () => {
    const bytes = stream(['version 1', `${oid('a')} refs/heads/main\0x`])
    expect(read([bytes])).toEqual({ refs: new Map([['refs/heads/main', oid('a')]]), capabilities: ['x'] })
  })

  test('a replica may be shallow, and says that its objects are named by SHA-1', () => {
    const lines = [`${oid('a')} refs/heads/main\0object-format=sha1\n`, `shallow ${oid('a')}\n`]
    expect(read([stream(lines, 'git-receive-pack')], 'git-receive-pack').refs.size).toBe(1)
  })

  test('cut at every byte it is the same; ended at every byte it is refused', () => {
    const bytes = stream(usual)
    const whole = read([bytes])
    for (let at = 0; at < bytes.length; at += 1) {
      expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole)
      expect(refusal(bytes.subarray(0, at))).toBe('GIT_PROTOCOL')
    }
  })
})

describe('refusing', () => {
  test.each<[string, Buffer]>([
    ['no service line', Buffer.concat([line(`${oid('a')} refs/heads/main\0\n`), FLUSH])],
    ['another service', stream([], 'git-receive-pack')],
    ['a flush first', Buffer.concat([FLUSH, FLUSH])],
    [
      'no flush after the service',
      Buffer.concat([line('# service=git-upload-pack\n'), line(usual[1]!), FLUSH]),
    ],
    ['a delim', Buffer.concat([line('# service=git-upload-pack\n'), FLUSH, Buffer.from('0001'), FLUSH])],
    ['bytes after the end', Buffer.concat([stream(usual), line('more')])],
    ['a short oid', stream(['abc refs/heads/main\n'])],
    ['a SHA-256 oid', stream([`${oid('a')}${'b'.repeat(24)} refs/heads/main\n`])],
    ['an empty repository of SHA-256', stream([`${'0'.repeat(64)} capabilities^{}\0object-format=sha256\n`])],
    ['a source that is shallow', stream([`${oid('a')} refs/heads/main\0x\n`, `shallow ${oid('a')}\n`])],
    ['an empty line', stream([''])],
    ['a name that git forbids', stream([`${oid('a')} refs/heads/../../etc\n`])],
    ['a name twice', stream([usual[1]!, usual[1]!])],
    ['a ref to nothing', stream([`${oid('0')} refs/heads/main\n`])],
    [
      'a name that is not UTF-8',
      stream([Buffer.concat([Buffer.from(`${oid('a')} refs/heads/`), Buffer.from([0xff])])]),
    ],
    ['a page of HTML', Buffer.from('<html>sign in</html>')],
  ])('%s', (_, bytes) => expect(refusal(bytes)).toBe('GIT_PROTOCOL'))

  test('another object format is named', () => {
    const bytes = stream([`${'a'.repeat(64)} refs/heads/main\0x object-format=sha256\n`])
    expect(() => read([bytes])).toThrow(/problem=object format format=sha256/)
  })

  test('an ERR line is the server’s refusal', () => {
    expect(refusal(stream(['ERR not now\n']))).toBe('REMOTE_FAILED')
    expect(refusal(line('ERR not now\n'))).toBe('REMOTE_FAILED')
  })

  test('any bytes after a good start end in a value or a coded error', () => {
    const start = Buffer.concat([line('# service=git-upload-pack\n'), FLUSH])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(), (noise, seed) => {
        const good = stream(usual)
        const at = seed % good.length
        const spoilt = Buffer.concat([good.subarray(0, at), noise, good.subarray(at + noise.length)])
        const known = [undefined, 'GIT_PROTOCOL', 'GIT_LIMIT', 'REMOTE_FAILED']
        expect(known).toContain(refusal(spoilt))
        expect(known).toContain(refusal(Buffer.concat([start, noise])))
      }),
    )
  })
})

describe('limits', () => {
  const many = (count: number) =>
    stream(
      Array.from(
        { length: count },
        (_, n) => `${oid('a')} refs/heads/${n.toString(36)}${n === 0 ? '\0' : ''}\n`,
      ),
    )

  test('the most refs pass, one more does not', () => {
    const { refs: most } = ADVERTISEMENT_LIMITS
    expect(read([many(most)]).refs.size).toBe(most)
    expect(refusal(many(most + 1))).toBe('GIT_LIMIT')
  })

  test('the most bytes pass, one less is too few', () => {
    const bytes = stream(usual)
    expect(refusal(bytes, { bytes: bytes.length, refs: 100 })).toBeUndefined()
    expect(refusal(bytes, { bytes: bytes.length - 1, refs: 100 })).toBe('GIT_LIMIT')
  })

  test('an endless server is stopped', () => {
    const reader = advertisementReader('git-upload-pack')
    const piece = Buffer.concat(
      Array.from({ length: 16 }, () => line(`${oid('a')} refs/x/${'y'.repeat(60_000)}\n`)),
    )
    reader.push(Buffer.concat([line('# service=git-upload-pack\n'), FLUSH]))
    let pushed = 0
    const feed = () => {
      for (; pushed < 2 * ADVERTISEMENT_LIMITS.bytes; pushed += piece.length) reader.push(piece)
    }
    expect(feed).toThrow(/GIT_LIMIT/)
    expect(pushed).toBeLessThanOrEqual(ADVERTISEMENT_LIMITS.bytes)
  })
})

describe('against git', () => {
  let folder: string
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=n', '-c', 'user.email=n@example.org', ...args])

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'advertisement-'))
    git('init', '--quiet', '--initial-branch=main')
    git('commit', '--quiet', '--allow-empty', '-m', 'first')
    git('tag', '-a', 'annotated', '-m', 'a tag')
    git('branch', 'nested/größe')
    git('tag', 'main')
    git('update-ref', 'refs/notes/x', 'HEAD')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each<GitService>(['git-upload-pack', 'git-receive-pack'])(
    '%s says what for-each-ref says',
    (service) => {
      const body = git(service.slice('git-'.length), '--http-backend-info-refs', '.')
      const bytes = Buffer.concat([line(`# service=${service}\n`), FLUSH, body])
      const expected = git('for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads', 'refs/tags')
        .toString()
        .trim()
        .split('\n')
        .map((text) => text.split(' '))
      const { refs, capabilities } = read([bytes], service)
      expect([...refs].sort()).toEqual(expected.sort())
      expect(capabilities).toContain(service === 'git-upload-pack' ? 'side-band-64k' : 'report-status')
    },
  )
})
