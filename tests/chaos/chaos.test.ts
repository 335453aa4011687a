import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ZERO_OID } from '../../shared/git/types.ts'
import { makeBare } from '../support/bare.ts'
import { watchSecrets } from '../support/secrets.ts'
import { campaign } from './campaign.ts'
import { type Letters, told } from './letters.ts'
import { createQueue } from './queues.ts'
import { installRecorder, recorded, stepsOf, wrongSteps } from './recorder.ts'
import { buildOnce } from './world.ts'

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string]
const ref = 'refs/heads/main'
/** a replica's ref that took these values one after another */
const walk = (...values: string[]) =>
  values.map((to, at) => ({ ref, from: at === 0 ? ZERO_OID : values[at - 1]!, to }))

describe('what the replica went through', () => {
  const of = (...values: string[]) => new Map([[ref, [ZERO_OID, ...values]]])
  test.each([
    ['the same way', of(A, B, C), walk(A, B, C), []],
    ['steps left out', of(A, B, C), walk(A, C), []],
    ['back, as the source did', of(A, B, A), walk(A, B, A), []],
    ['deleted and made again, as the source did', of(A, ZERO_OID, B), walk(A, ZERO_OID, B), []],
    ['back, as the source did not', of(A, B, C), walk(A, C, B), ['back in time']],
    ['back once more than the source', of(A, B, A), walk(A, B, A, B), ['back in time']],
    ['made again though it stayed deleted', of(A, ZERO_OID), walk(A, ZERO_OID, A), ['back in time']],
    ['what the source never held', of(A), walk(A, B), ['never held by the source']],
    ['a ref that the source never had', new Map(), walk(A), ['never held by the source']],
  ])('%s', (_, history, steps, problems) => {
    expect(wrongSteps(history, steps).map(({ problem }) => problem)).toEqual(problems)
  })

  const line = (state: string, pid: number, from: string, to: string) =>
    `${state} ${pid} ${from} ${to} ${ref}`
  test('what was prepared counts when it was committed', () => {
    const lines = [line('prepared', 1, ZERO_OID, A), line('committed', 1, ZERO_OID, A)]
    expect(stepsOf([...lines, line('prepared', 2, A, B), line('aborted', 2, A, B)])).toEqual(walk(A))
  })
  test('a writer that died before it could say so is believed when the next one found it done', () => {
    const died = [line('prepared', 1, ZERO_OID, A)]
    const then = (from: string) => [...died, line('prepared', 2, from, B), line('committed', 2, from, B)]
    expect(stepsOf(then(A))).toEqual(walk(A, B))
    expect(stepsOf(then(ZERO_OID))).toEqual(walk(B))
    expect(() => stepsOf([...then(A), line('prepared', 3, A, C), line('committed', 3, A, C)])).toThrow(ref)
  })
  test('git itself writes it down', async () => {
    const bare = makeBare()
    try {
      installRecorder(bare.folder)
      const tree = await bare.git(['mktree'], '')
      const oid = await bare.git(['commit-tree', tree, '-m', 'one'])
      await bare.git(['update-ref', ref, oid])
      await expect(bare.git(['update-ref', ref, oid, ZERO_OID])).rejects.toThrow()
      await bare.git(['update-ref', '-d', ref, oid])
      expect(recorded(bare.folder)).toEqual(walk(oid, ZERO_OID))
    } finally {
      bare.remove()
    }
  })
})

describe('what is told of dead letters', () => {
  const reader = { requestId: 'request-1', by: 'chaos-worker-1', begun: 100, ended: 200 }
  const event = { type: 'Mirror Failed', detail: {}, at: 150, by: 'chaos-worker-1', unheard: false }
  /** two messages died in the hands of one reader, and `more` is what it said */
  const rules = (more: Partial<Letters['aws']> & { lines?: string[] }) => {
    const replicate = createQueue('replicate', 1)
    for (const body of ['one', 'two']) replicate.send(body)
    for (const message of replicate.receive(10, 0)) Object.assign(message, { end: 'answered', reader })
    replicate.receive(10, 0)
    const { emitted = [], lines = [] } = more
    const queues = { replicate, dead: createQueue('dead', 1) }
    const found: string[] = []
    told({ queues, aws: { emitted }, lines, counts: {} }, { deadSeen: 0 }, (rule) => void found.push(rule))
    return found
  }
  test.each<[string, Parameters<typeof rules>[0], readonly string[]]>([
    ['nothing', {}, ['every loss is reported']],
    ['one failure for both messages', { emitted: [event] }, []],
    ['the same twice', { emitted: [event, event] }, ['every loss is told once']],
    ['again after an answer that was lost', { emitted: [{ ...event, unheard: true }, event] }, []],
    ['another’s failure', { emitted: [{ ...event, by: 'chaos-worker-2' }] }, ['every loss is reported']],
    ['an earlier failure', { emitted: [{ ...event, at: 99 }] }, ['every loss is reported']],
    ['that it is still failing', { lines: ['still failing request-1'] }, []],
    ['that it could not tell', { lines: ['failure not announced request-1'] }, []],
    ['another’s line', { lines: ['still failing request-2'] }, ['every loss is reported']],
  ])('%s', (_, said, expected) => {
    expect(rules(said)).toEqual(expected)
  })
})

describe('the look for secrets', () => {
  const value = 'not/a+real secret'
  test.each([
    ['as it is', `password=${value}.`],
    ['in a URL', `https://host/?p=${encodeURIComponent(value)}`],
    ['in JSON in JSON', JSON.stringify({ text: JSON.stringify({ value }) })],
    ['in Base64', `Basic ${Buffer.from(value).toString('base64')}`],
    ['in hexadecimal digits', Buffer.from(value).toString('hex')],
  ])('finds one %s, and does not repeat it', (_, text) => {
    const watch = watchSecrets()
    watch.look('a line', text)
    watch.secret('the password', value)
    watch.look('another line', 'nothing')
    expect(watch.leaks()).toEqual([expect.objectContaining({ secret: 'the password', where: 'a line' })])
    expect(JSON.stringify(watch.leaks())).not.toContain(value)
    expect(watch.seen()).toMatchObject({ secrets: 1, texts: 2 })
  })
  test('finds one on a command line', async () => {
    const watch = watchSecrets()
    watch.secret('the password', value)
    const child = spawn(process.execPath, ['-e', 'console.log(1);setInterval(() => 0, 1000)', value])
    await once(child.stdout, 'data')
    watch.lookAtProcesses(child.pid ?? 0)
    child.kill('SIGKILL')
    await once(child, 'close')
    expect(watch.leaks()).toEqual([expect.objectContaining({ secret: 'the password' })])
  })
})

describe('a short campaign', () => {
  let bundles: Awaited<ReturnType<typeof buildOnce>>
  beforeAll(async () => {
    bundles = await buildOnce()
  })
  afterAll(() => bundles.remove())

  test('three rounds of chance find nothing that must never be', async () => {
    const { rounds, violations, counts } = await campaign({ bundles: bundles.folder, seed: 7, rounds: 3 })
    expect(violations).toEqual([])
    expect(rounds).toBe(3)
    // a campaign in which nothing moves proves nothing
    for (const name of ['moves', 'invocations', 'tips lost', 'secrets', 'relays overtaken'])
      expect(counts[name]).toBeGreaterThan(0)
  }, 300_000)
})
