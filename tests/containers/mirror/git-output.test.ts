import { describe, expect, test } from '@jest/globals'
import { gitFailure, judgePush, parseRefs } from '../../../containers/mirror/git-output.ts'
import type { RefUpdate } from '../../../shared/replication/plan.ts'

const a = 'a'.repeat(40)
const b = 'b'.repeat(40)
const update = (name: string): RefUpdate => ({ kind: 'update', ref: `refs/heads/${name}`, from: a, to: b })
const create = (name: string): RefUpdate => ({ kind: 'create', ref: `refs/heads/${name}`, to: b })
const remove = (name: string): RefUpdate => ({ kind: 'delete', ref: `refs/heads/${name}`, from: a })
const line = (flag: string, name: string, summary: string, from = b) =>
  `${flag}\t${from}:refs/heads/${name}\t${summary}\n`
const result = (stdout: string, status: number | undefined = 0, stderr = '') => ({ status, stdout, stderr })

describe('a push', () => {
  test('counts a ref by its own line', () => {
    const updates = [update('fast'), update('rewound'), create('größe'), update('same'), remove('gone')]
    const stdout = [
      'To http://host/v1/repos/x\n',
      line(' ', 'fast', `${a.slice(0, 7)}..${b.slice(0, 7)}`),
      line('+', 'rewound', 'aaa...bbb (forced update)'),
      line('*', 'größe', '[new branch]'),
      line('=', 'same', '[up to date]'),
      '-\t:refs/heads/gone\t[deleted]\n',
      'Done\n',
    ].join('')
    const outcome = judgePush(updates, result(stdout), {})
    expect([...outcome.done]).toEqual(updates.map(({ ref }) => ref))
    expect(outcome).toMatchObject({ refused: [] })
    expect(outcome.failure).toBeUndefined()
  })

  test('that succeeds in part tells both', () => {
    const stdout =
      line('*', 'free', '[new branch]') +
      line('!', 'moved', '[rejected] (stale info)') +
      line('!', 'guarded', '[remote rejected] (no permission to push changes to this branch)')
    const outcome = judgePush([create('free'), update('moved'), update('guarded')], result(stdout, 1), {})
    expect([...outcome.done]).toEqual(['refs/heads/free'])
    expect(outcome.refused).toEqual([
      { ref: 'refs/heads/moved', reason: '[rejected] (stale info)', moved: true },
      { ref: 'refs/heads/guarded', reason: expect.stringContaining('no permission'), moved: false },
    ])
    expect(outcome.failure).toBeUndefined()
  })

  test.each([
    ['no line at all', ''],
    ['a line of another ref', line('*', 'other', '[new branch]')],
    ['no report', line('!', 'x', '[remote failure] (remote failed to report status)')],
    ['a line that is none', 'x refs/heads/x done\n'],
    ['a deletion that was not asked for', '-\t:refs/heads/x\t[deleted]\n'],
  ])('with %s is not done, whatever the exit status', (_, stdout) => {
    for (const status of [0, 1]) {
      const outcome = judgePush([create('x')], result(stdout, status), {})
      expect(outcome.done.size).toBe(0)
      expect(outcome.failure?.code).toBe(status === 0 ? 'GIT_PROTOCOL' : 'GIT_FAILED')
      expect(outcome.failure?.data.untold).toBe(1)
    }
  })

  test('whose connection broke keeps what was told', () => {
    const stdout =
      line('*', 'x', '[new branch]') + line('!', 'y', '[remote failure] (remote failed to report status)')
    const stderr = 'error: RPC failed; curl 56 Recv failure: Connection reset by peer\n'
    const outcome = judgePush([create('x'), create('y')], result(stdout, 1, stderr), {})
    expect([...outcome.done]).toEqual(['refs/heads/x'])
    expect(outcome.failure?.code).toBe('REMOTE_UNREACHABLE')
  })
})

test.each([
  ['REMOTE_DENIED', "fatal: unable to access 'http://h/': The requested URL returned error: 403"],
  ['REMOTE_DENIED', "fatal: Authentication failed for 'http://h/'"],
  ['REMOTE_THROTTLED', "fatal: unable to access 'http://h/': The requested URL returned error: 429"],
  ['REMOTE_THROTTLED', 'remote: Rate Exceeded\nfatal: the remote end hung up unexpectedly'],
  ['REMOTE_FAILED', "fatal: unable to access 'http://h/': The requested URL returned error: 500"],
  ['REMOTE_FAILED', 'error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502'],
  ['REPLICA_MISSING', "remote: nothing here\nfatal: repository 'http://h/v1/repos/x/' not found"],
  ['REMOTE_UNREACHABLE', "fatal: unable to access 'http://h/': Could not resolve host: h"],
  [
    'REMOTE_UNREACHABLE',
    "fatal: unable to access 'http://h/': Failed to connect to h port 1 after 0 ms: Couldn't connect to server",
  ],
  ['REMOTE_UNREACHABLE', 'fatal: early EOF\nfatal: fetch-pack: invalid index-pack output'],
  ['REMOTE_FAILED', `fatal: remote error: upload-pack: not our ref ${a}`],
  [
    'REMOTE_FAILED',
    'remote: aborting due to possible repository corruption on the remote side.\nfatal: early EOF',
  ],
  [
    'REMOTE_UNREACHABLE',
    'error: RPC failed; result=56, HTTP code = 200\nfatal: The remote end hung up unexpectedly',
  ],
  ['DISK_FULL', 'Receiving objects: 3%\rfatal: write error: No space left on device\nfatal: early EOF'],
  ['DISK_FULL', 'fatal: sha1 file x write error: Disk quota exceeded'],
  ['GIT_FAILED', 'remote: fatal: No space left on device\nerror: failed to push some refs'],
  ['GIT_FAILED', 'fatal: something never heard of'],
  ['GIT_FAILED', ''],
])('%s: %j', (code, stderr) => {
  expect(gitFailure(result('', 128, stderr), 'REPLICA_MISSING', {}).code).toBe(code)
})

test('git’s words do not travel in the error', () => {
  const failure = gitFailure(
    { status: undefined, stdout: '', stderr: 'fatal: secret words' },
    'SOURCE_MISSING',
    {
      subcommand: 'clone',
    },
  )
  expect(failure.message).not.toContain('secret')
  expect(failure.data).toEqual({ subcommand: 'clone', status: 'signal' })
})

test('refs are read from for-each-ref, and nothing else', () => {
  expect(parseRefs(`${a} refs/heads/größe\n${b} refs/tags/v1\n`)).toEqual(
    new Map([
      ['refs/heads/größe', a],
      ['refs/tags/v1', b],
    ]),
  )
  expect(parseRefs('').size).toBe(0)
  expect(() => parseRefs(`${a} refs/notes/x\n`)).toThrow(/GIT_FAILED/)
  expect(parseRefs(`${a} refs/heads/a\u00a0b\n`).get('refs/heads/a\u00a0b')).toBe(a)
})

test('a name that is not UTF-8 is refused, and not pushed under another one', () => {
  const stdout = Buffer.concat([Buffer.from(`${a} refs/heads/caf`), Buffer.from([0xe9, 0x0a])]).toString()
  expect(() => parseRefs(stdout)).toThrow(/NAME_INVALID.*not UTF-8/)
})

test('SHA-256 is named', () => {
  expect(() => parseRefs(`${a}${'b'.repeat(24)} refs/heads/x\n`)).toThrow(/GIT_FAILED.*sha256/)
})
