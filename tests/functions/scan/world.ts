import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunTaskCommandInput } from '@aws-sdk/client-ecs'
import { createScan, type ScanHandlerParts } from '../../../functions/scan/handler.ts'
import { basicAuthorization, signGitPassword } from '../../../shared/codecommit/git-password.ts'
import { createEmitter } from '../../../shared/events/emit.ts'
import { scanRequested } from '../../../shared/events/request.ts'
import { createGitClient } from '../../../shared/git/client.ts'
import { openPack } from '../../../shared/git/pack/open.ts'
import type { PackLimits } from '../../../shared/git/pack/types.ts'
import type { GitClient } from '../../../shared/git/types.ts'
import type { Run } from '../../../shared/runtime/entry.ts'
import type { BatchResponse } from '../../../shared/runtime/sqs-batch.ts'
import type { RunEnd } from '../../../shared/runtime/task-end.ts'
import { compileRules } from '../../../shared/scanning/engine/compile.ts'
import { scanInPortions } from '../../../shared/scanning/push/portions.ts'
import type { Contents, FingerprintKeys } from '../../../shared/scanning/push/ports.ts'
import { scanRepository } from '../../../shared/scanning/push/scan.ts'
import { scanRunOf, taskEnded } from '../../../shared/scanning/push/task-ended.ts'
import type { Rule } from '../../../shared/scanning/types.ts'
import { enginesOf } from '../../../shared/scanning/walk/engines.ts'
import { createJudged } from '../../../shared/scanning/walk/judged.ts'
import { walk } from '../../../shared/scanning/walk/walk.ts'
import { openFindings } from '../../../shared/store/findings.ts'
import { openOnce } from '../../../shared/store/idempotency.ts'
import { openScanMarks } from '../../../shared/store/scan-marks.ts'
import { type Bare, bareAt } from '../../support/bare.ts'
import { type CatFile, openCatFile } from '../../support/cat-file.ts'
import { startGitServer } from '../../support/git-server.ts'
import { initBare, setRef, writeCommit, writeFiles } from '../../support/loose.ts'
import { type MemoryTable, memoryTable } from '../../support/memory-table.ts'

// Real git and a real server; the API's answers are git's own; table, bus and queue in memory.

const ACCOUNT = '1'.repeat(12)
const REGION = 'us-east-1'
const KEY_ID = 'user'
const KEY = 'no secret'
const QUEUE = 'https://sqs.us-east-1.amazonaws.com/111111111111/scan'

/** Twenty characters that no rule but the test's knows. */
export const tokenOf = (seed: string): string =>
  ['to', 'k_', Buffer.from(seed.padEnd(12, seed)).toString('hex').slice(0, 20)].join('')

const rule = (id: string, regex: string, keyword: string, action: Rule['action']): Rule => ({
  id,
  description: `a ${id}`,
  regex,
  keywords: [keyword],
  entropy: 0,
  secretGroup: 0,
  tags: [],
  allowlists: [],
  required: [],
  skipReport: false,
  action,
  vetted: true,
})

export const RULES: readonly Rule[] = [
  rule('test-token', '\\b(tok_[0-9a-f]{20})\\b', 'tok_', 'block'),
  rule('test-hint', '\\bhint=([a-z]{12})\\b', 'hint=', 'advise'),
]

export interface ScanWorld {
  readonly table: MemoryTable
  readonly emitted: { type: string; detail: Record<string, unknown> }[]
  /** lines of the log */
  readonly lines: string[]
  readonly sent: string[]
  /** dead letters */
  readonly buried: string[]
  /** environments of the tasks that were started */
  readonly launched: Record<string, string>[]
  /** hooks of failures */
  readonly fail: {
    emit?: () => Error | undefined
    note?: () => Error | undefined
    runTask?: () => Error | undefined
    /** until the claim is extended */
    rest?: () => Promise<unknown>
    /** of packs in the function */
    readonly limits: { -readonly [K in keyof PackLimits]?: number }
    remainingMs?: number
    rotated?: FingerprintKeys
    /** what becomes of a piece of a pack on its way */
    spoil?: ((piece: Uint8Array) => Uint8Array) | undefined
  }
  repository(name: string): Promise<ScanRepository>
  /** hands these bodies to the function */
  run(bodies: readonly object[], receives?: number): Promise<BatchResponse>
  /** what the task does that was started last: its program's core on the same repository */
  work(limits?: Partial<PackLimits>): Promise<void>
  /** tells that the task that was started last has ended */
  end(end: RunEnd): Promise<string>
  /** moves the clock */
  pass(ms: number): void
  close(): Promise<void>
}

export interface ScanRepository {
  readonly name: string
  readonly bare: Bare
  /** @param files path → content, all that the commit has */
  commit(
    files: Readonly<Record<string, string>>,
    parents?: readonly string[],
    message?: string,
  ): Promise<string>
  /** moves a branch, and gives the event that tells of it */
  push(branch: string, oid: string | undefined): Promise<object>
  /** deletes it, of which no event tells */
  remove(): Promise<void>
}

export const keyOf = (id: string): FingerprintKeys['current'] => ({ id, key: Buffer.alloc(32, id) })

export const openScanWorld = async (): Promise<ScanWorld> => {
  const root = mkdtempSync(join(tmpdir(), 'relay-scan-'))
  mkdirSync(join(root, REGION), { recursive: true })
  const server = await startGitServer({ root, secretOf: (id) => (id === KEY_ID ? KEY : undefined) })
  const table = memoryTable()
  const emitted: ScanWorld['emitted'] = []
  const lines: string[] = []
  const sent: string[] = []
  const buried: string[] = []
  const launched: ScanWorld['launched'] = []
  const fail: ScanWorld['fail'] = { limits: {} }
  let time = Date.parse('2031-05-17T09:05:00Z')
  const now = () => time
  const bareOf = (name: string) => bareAt(join(root, REGION, name))
  const readers = new Map<string, CatFile>()
  const readerOf = (name: string): CatFile => {
    const reader = readers.get(name) ?? openCatFile(bareOf(name).folder)
    readers.set(name, reader)
    return reader
  }
  const log =
    (level: string) =>
    (message: string, facts: object = {}) => {
      lines.push(JSON.stringify({ level, message, ...facts }))
    }
  const git = createGitClient()
  const judged = new Map<string, ReturnType<typeof createJudged>>()
  const parts: ScanHandlerParts = {
    config: { scan: [{ repositories: ['*', '!private-*'] }] },
    own: { account: ACCOUNT, region: REGION },
    listRepositories: async () => readdirSync(join(root, REGION)),
    bus: 'default',
    scanQueue: QUEUE,
    maxReceives: 3,
    contents: contentsOf(bareOf, readerOf),
    git: { ...git, fetch: async (...asked) => spoilt(await git.fetch(...asked), fail.spoil) },
    remote: ({ name }) => {
      const url = `${server.endpoint.replace('{region}', REGION)}/v1/repos/${name}`
      const { host, pathname: path } = new URL(url)
      const credentials = { accessKeyId: KEY_ID, secretAccessKey: KEY }
      const at = { region: REGION, host, path, now: Date.now() }
      return { url, authorization: async () => basicAuthorization(signGitPassword(credentials, at)) }
    },
    openPack,
    walk,
    shipped: async () => compileRules({ rules: RULES, allowlists: [] }),
    enginesOf: (compiled) => enginesOf(compiled),
    keys: async () => fail.rotated ?? { current: keyOf('a') },
    judgedOf: ({ name }) => {
      const known = judged.get(name) ?? createJudged()
      judged.set(name, known)
      return known
    },
    folder: root,
    limits: fail.limits,
    table: {
      ...table,
      put: async (key, item, condition) => {
        const error = key.sk.startsWith('tip ') ? fail.note?.() : undefined
        if (error) throw error
        return table.put(key, item, condition)
      },
    },
    events: {
      putEvents: async ({ Entries = [] }) => {
        const error = fail.emit?.()
        if (error) throw error
        for (const { DetailType = '', Detail = '' } of Entries)
          emitted.push({ type: DetailType, detail: JSON.parse(Detail) })
        return { FailedEntryCount: 0 }
      },
    },
    queues: {
      sendMessage: async ({ MessageBody = '' }) => {
        sent.push(MessageBody)
      },
      sendMessageBatch: async ({ Entries = [] }) => {
        sent.push(...Entries.map(({ MessageBody = '' }) => MessageBody))
        return {}
      },
      changeMessageVisibility: async () => undefined,
    },
    tasks: {
      runTask: async (input) => {
        const error = fail.runTask?.()
        if (error) throw error
        launched.push(environmentOf(input))
        return { tasks: [{ taskArn: `arn:task/${launched.length}` }], failures: [] }
      },
    },
    place: {
      cluster: 'c',
      taskDefinition: 'scan:1',
      subnets: ['s'],
      securityGroups: ['g'],
      assignPublicIp: 'ENABLED',
    },
    // with a signal: between two extensions of the claim
    pause: async (ms, signal) => {
      if (!signal) {
        time += ms
        return
      }
      if (fail.rest) return fail.rest()
      if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
    },
    now,
    random: () => 0.5,
    id: randomUUID,
  }
  const handle = createScan(parts)
  const run: Run = {
    requestId: 'r',
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    remainingMs: () => fail.remainingMs ?? 300_000,
    note: () => undefined,
  }
  const stores = {
    marks: openScanMarks(parts.table),
    findings: openFindings(parts.table),
    emit: createEmitter({ client: parts.events, bus: 'default' }).emit,
    once: (name: string, work: () => Promise<void>) => openOnce(parts).once(name, 60, 60, work),
  }
  type Asked = Parameters<typeof scanRequested>[0]
  const letter = (request: Asked) =>
    scanRequested(request, { id: randomUUID(), now: time, account: ACCOUNT, region: REGION })
  const ask = async (request: Asked) => {
    sent.push(letter(request))
  }
  const bury = async (request: Asked) => {
    buried.push(letter(request))
  }
  return {
    table,
    emitted,
    lines,
    sent,
    buried,
    launched,
    fail,
    repository: async (name) => ({
      ...openRepository(name, bareOf(name), now),
      remove: async () => {
        await readers.get(name)?.close()
        readers.delete(name)
        rmSync(bareOf(name).folder, { recursive: true })
      },
    }),
    run: (bodies, receives = 1) =>
      handle(
        {
          Records: bodies.map((body, index) => ({
            messageId: `m${index}`,
            body: JSON.stringify(body),
            attributes: { ApproximateReceiveCount: String(receives) },
          })),
        },
        run,
      ),
    work: (limits = {}) => {
      const { RELAY_SCAN = '', RELAY_SCAN_CLAIM: claim = '' } = launched.at(-1) ?? {}
      const scan = scanRepository({ ...parts, ...stores, limits, way: 'task', log: run.log })
      const deadline = time + 86_400_000
      const order = { repository: JSON.parse(RELAY_SCAN), claim, deadline }
      return scanInPortions({ ...stores, scan, log: run.log }, order)
    },
    end: (end) => {
      const ended = scanRunOf(launched.at(-1) ?? {})
      if (!ended) throw new Error('no task was started')
      const tasks = { ask, bury, random: () => 0.5, limit: 2, now, log: run.log, ...stores }
      return taskEnded(tasks, ended, end)
    },
    pass: (ms) => {
      time += ms
    },
    close: async () => {
      await Promise.all([server.close(), ...[...readers.values()].map((reader) => reader.close())])
      rmSync(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

type Fetched = Awaited<ReturnType<GitClient['fetch']>>

const spoilt = (answer: Fetched, spoil: ScanWorld['fail']['spoil']): Fetched => {
  async function* pieces() {
    for await (const piece of answer.pack) yield spoil ? spoil(piece) : piece
  }
  return { ...answer, pack: pieces() }
}

const environmentOf = ({ overrides }: RunTaskCommandInput): Record<string, string> =>
  Object.fromEntries(
    (overrides?.containerOverrides?.[0]?.environment ?? []).map(({ name = '', value = '' }) => [name, value]),
  )

const openRepository = (name: string, bare: Bare, now: () => number): Omit<ScanRepository, 'remove'> => {
  initBare(bare.folder)
  return {
    name,
    bare,
    commit: async (files, parents = [], message = 'work') =>
      writeCommit(bare.folder, writeFiles(bare.folder, files), message, parents),
    push: async (branch, oid) => {
      const ref = `refs/heads/${branch}`
      const old = (await bare.refs()).get(ref)
      if (oid === undefined) await bare.git(['update-ref', '-d', ref])
      else setRef(bare.folder, ref, oid)
      const event = old === undefined ? 'Created' : oid === undefined ? 'Deleted' : 'Updated'
      return {
        version: '0',
        id: randomUUID(),
        'detail-type': 'CodeCommit Repository State Change',
        source: 'aws.codecommit',
        account: ACCOUNT,
        time: new Date(now()).toISOString(),
        region: REGION,
        resources: [],
        detail: {
          event: `reference${event}`,
          repositoryName: name,
          referenceFullName: ref,
          ...(oid === undefined ? {} : { commitId: oid }),
          ...(old === undefined ? {} : { oldCommitId: old }),
        },
      }
    },
  }
}

const contentsOf = (bareOf: (name: string) => Bare, readerOf: (name: string) => CatFile): Contents => ({
  describe: async ({ name }) => {
    const head = join(bareOf(name).folder, 'HEAD')
    return existsSync(head)
      ? { defaultBranch: readFileSync(head, 'utf8').replace('ref: refs/heads/', '').trim() }
      : undefined
  },
  fileAt: async ({ name }, commit, path) => {
    const found = await readerOf(name).read(`${commit}:${path}`)
    return found && { blob: found.oid, content: found.content }
  },
  commit: async ({ name }, oid) => {
    const found = await readerOf(name).read(oid)
    if (found === undefined) return undefined
    const [head = '', ...message] = found.content.toString().split('\n\n')
    const [, author = '', email = '', at] = /^author (.*) <(.*)> (\d+) /m.exec(head) ?? []
    return {
      parents: [...head.matchAll(/^parent (.+)$/gm)].map(([, parent = '']) => parent),
      author: { name: author, email },
      at: Number(at),
      message: message.join('\n\n').trim(),
    }
  },
  addedFiles: async ({ name }, before, after, most) => {
    const from = before ?? '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
    const text = await bareOf(name)
      .git(['diff-tree', '-r', '--no-renames', '--diff-filter=AM', from, after])
      .catch(() => undefined)
    if (text === undefined) return undefined
    const files = text.split('\n').flatMap((line) => {
      const [, blob = '', path = ''] = /^:\S+ \S+ \S+ (\S+) \S\t(.+)$/.exec(line) ?? []
      return path === '' ? [] : [{ blob, path }]
    })
    return { files: files.slice(0, most), more: files.length > most }
  },
  blob: async ({ name }, oid) => (await readerOf(name).read(oid))?.content ?? Buffer.alloc(0),
})
