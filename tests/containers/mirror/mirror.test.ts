import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { startCredentialServer } from '../../../containers/mirror/credential-server.ts'
import { createGit } from '../../../containers/mirror/git.ts'
import { type MirrorTools, mirror } from '../../../containers/mirror/mirror.ts'
import { createRepository, pushArguments } from '../../../containers/mirror/repository.ts'
import { createCodeCommit } from '../../../shared/codecommit/access.ts'
import { createGitClient } from '../../../shared/git/client.ts'
import { argumentBytes } from '../../../shared/replication/batches.ts'
import type { RefUpdate } from '../../../shared/replication/plan.ts'
import type { Draft } from '../../../shared/replication/relay/types.ts'
import { CODES, RelayError } from '../../../shared/runtime/errors.ts'
import { EXIT, exitCodeOf } from '../../../shared/runtime/task-end.ts'
import { keys, newWorld, REPLICA, SOURCE, type World } from './harness.ts'

let world: World
let folder: string
const before = { ...process.env }

beforeEach(async () => {
  world = await newWorld('unused')
  folder = mkdtempSync(join(tmpdir(), 'mirror-'))
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${world.server.port}`,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  })
})
afterEach(async () => {
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
    if (before[name] === undefined) delete process.env[name]
    else process.env[name] = before[name]
  }
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The mirror by the git program, in this process; gives what it logged. */
const mirrorHere = async ({
  mostHalves,
  ...more
}: Pick<MirrorTools, 'limits' | 'watch'> & { readonly mostHalves?: number }) => {
  const logged: { message: string; facts: Record<string, unknown> }[] = []
  const note = (message: string, facts: object = {}) => void logged.push({ message, facts: { ...facts } })
  const own = mkdtempSync(join(folder, 'run-'))
  const access = createCodeCommit({
    gitEndpoint: world.server.endpoint,
    now: Date.now,
    region: SOURCE.region,
  })
  const credentials = await startCredentialServer(own, [
    process.execPath,
    resolve('containers/mirror/credential.ts'),
  ])
  const git = createGit({
    path: process.env.PATH,
    home: own,
    credentialHelper: credentials.helper,
    redact: credentials.redact,
  })
  const log = { info: note, warn: note, error: note }
  try {
    await mirror(
      { source: SOURCE, replica: REPLICA, deletes: 'mirror' },
      {
        access,
        git: createGitClient(),
        repository: createRepository({
          git,
          credentials,
          access,
          folder: own,
          ...(mostHalves !== undefined && { mostHalves }),
          now: Date.now,
          log,
        }),
        log,
        now: Date.now,
        ...more,
      },
    )
  } finally {
    await git.stop()
    await credentials.close()
  }
  return logged
}

test('more than a thousand refs go in batches, the default branch in the first', async () => {
  const tip = world.git(SOURCE, 'rev-parse', 'main')
  const lines = Array.from({ length: 1_200 }, (_, n) => `create refs/heads/b/${n} ${tip}\n`)
  world.update(SOURCE, lines.join(''))
  const logged = await mirrorHere({ limits: { refs: 500, argumentBytes: 512 * 1024 } })
  expect(world.refs(REPLICA)).toBe(world.refs(SOURCE))
  const pushed = logged.filter(({ message }) => message === 'batch pushed').map(({ facts }) => facts.created)
  expect(pushed).toEqual([500, 500, 201])
  // the first push made it the default; to see that takes one look at each side
  const operations = world.api.calls.map(({ operation }) => operation)
  expect(operations).toEqual(['GetRepository', 'CreateRepository', 'GetRepository', 'GetRepository'])
})

test('what the guard leaves is told, with what stands in its way, and all else is pushed and remembered', async () => {
  world.makeReplica()
  await mirrorHere({})
  const main = world.git(SOURCE, 'rev-parse', 'main')
  world.git(REPLICA, 'update-ref', 'refs/heads/theirs', main)
  world.update(SOURCE, `create refs/heads/theirs/too ${main}\ncreate refs/heads/ours ${main}\n`)
  const told: { kept?: readonly RefUpdate[]; refs?: ReadonlyMap<string, string> } = {}
  await mirrorHere({
    watch: {
      guard: async ({ updates }) => ({
        kind: 'go',
        updates: updates.filter(({ kind }) => kind !== 'delete'),
      }),
      announce: async () => undefined,
      confirm: async () => undefined,
      remember: async (refs) => {
        told.refs = refs
      },
      noteKept: async (kept) => {
        told.kept = kept
      },
    },
  })
  expect(told.kept).toEqual([
    { kind: 'create', ref: 'refs/heads/theirs/too', to: main },
    { kind: 'delete', ref: 'refs/heads/theirs', from: main },
  ])
  expect([...told.refs!.keys()].toSorted()).toEqual(['refs/heads/main', 'refs/heads/ours'])
  expect(world.refs(REPLICA).match(/refs\/heads\/.*/g)).toEqual([
    'refs/heads/main',
    'refs/heads/ours',
    'refs/heads/theirs',
  ])
})

const NOTHING_KEPT = {
  announce: async () => undefined,
  confirm: async () => undefined,
  remember: async () => undefined,
  noteKept: async () => undefined,
}

/** A guard that lets everything pass; gives what it was asked. */
const asked = () => {
  const drafts: Draft[] = []
  const guard = async (draft: Draft) => {
    drafts.push(draft)
    return { kind: 'go', updates: draft.updates } as const
  }
  return { drafts, watch: { ...NOTHING_KEPT, guard } }
}
const names = (updates: readonly RefUpdate[] = []) => updates.map(({ ref }) => ref)

test('branches that exchange their tips are at risk; a rewound one whose tip stays is overwritten; all is known before the push', async () => {
  const one = world.git(SOURCE, 'rev-parse', 'main')
  const [a, b] = [world.commit('a', one), world.commit('b', one)]
  world.update(SOURCE, `create refs/heads/a ${a}\ncreate refs/heads/b ${b}\ncreate refs/heads/c ${a}\n`)
  world.update(SOURCE, `create refs/heads/d ${a}\n`)
  await mirrorHere({})
  world.update(SOURCE, `update refs/heads/a ${b}\nupdate refs/heads/b ${a}\nupdate refs/heads/c ${one}\n`)
  const { drafts, watch } = asked()
  await mirrorHere({ watch })
  expect(drafts.map(({ losing, overwritten, atRisk }) => [losing, overwritten, atRisk].map(names))).toEqual([
    [[], ['refs/heads/a', 'refs/heads/b', 'refs/heads/c'], ['refs/heads/b']],
  ])
  expect(world.refs(REPLICA)).toBe(world.refs(SOURCE))
})

test('a branch that becomes a folder is at risk, for its deletion goes before the creation; not so where another holds its tip', async () => {
  const one = world.git(SOURCE, 'rev-parse', 'main')
  const two = world.commit('two', one)
  world.update(SOURCE, `create refs/heads/topic ${two}\ncreate refs/heads/merged ${one}\n`)
  await mirrorHere({})
  world.update(SOURCE, 'delete refs/heads/topic\ndelete refs/heads/merged\n')
  world.update(SOURCE, `create refs/heads/topic/1 ${two}\ncreate refs/heads/merged/1 ${one}\n`)
  const { drafts, watch } = asked()
  await mirrorHere({ watch })
  expect(drafts.map(({ losing, atRisk }) => [losing, atRisk].map(names))).toEqual([
    [[], ['refs/heads/topic']],
  ])
  expect(world.refs(REPLICA)).toBe(world.refs(SOURCE))
})

test('a deletion behind a merge that the replica refuses is asked about as a loss before it is pushed', async () => {
  const one = world.git(SOURCE, 'rev-parse', 'main')
  const two = world.commit('two', one)
  world.update(SOURCE, `create refs/heads/merged ${two}\n`)
  await mirrorHere({})
  world.update(SOURCE, `update refs/heads/main ${two}\ndelete refs/heads/merged\n`)
  const lock = `${world.git(REPLICA, 'rev-parse', '--absolute-git-dir')}/refs/heads/main.lock`
  writeFileSync(lock, '')
  const { drafts, watch } = asked()
  await expect(mirrorHere({ watch })).rejects.toMatchObject({ code: 'REPLICA_MOVED' })
  expect(drafts.map(({ losing }) => names(losing))).toEqual([[], ['refs/heads/merged']])
})

test('a ref whose objects the source lacks is named, and stays as it is on the replica; all others are copied', async () => {
  const one = world.git(SOURCE, 'rev-parse', 'main')
  world.update(SOURCE, `create refs/heads/broken ${one}\n`)
  await mirrorHere({})
  const lost = world.commit('lost', one)
  const last = world.commit('last', lost)
  world.update(
    SOURCE,
    `update refs/heads/broken ${last}\ncreate refs/heads/new ${world.commit('new', one)}\n`,
  )
  const objects = `${world.git(SOURCE, 'rev-parse', '--absolute-git-dir')}/objects`
  rmSync(`${objects}/${lost.slice(0, 2)}/${lost.slice(2)}`)
  await expect(mirrorHere({})).rejects.toMatchObject({
    code: 'PUSH_REJECTED',
    data: { refs: 1, first: 'refs/heads/broken' },
  })
  const found = world.refs(REPLICA)
  expect(found).toContain('refs/heads/new')
  expect(found).toContain(`${one} refs/heads/broken`)
})

test('where one lost object is behind many refs, halving ends at its bound: what it found whole is copied, the rest is named', async () => {
  const one = world.git(SOURCE, 'rev-parse', 'main')
  const lost = world.commit('lost', one)
  const last = world.commit('last', lost)
  const names = Array.from(
    { length: 16 },
    (_, index) => `refs/heads/broken/${String(index).padStart(2, '0')}`,
  )
  world.update(SOURCE, names.map((ref) => `create ${ref} ${last}\n`).join(''))
  world.update(SOURCE, `create refs/heads/a-whole ${one}\n`)
  const objects = `${world.git(SOURCE, 'rev-parse', '--absolute-git-dir')}/objects`
  rmSync(`${objects}/${lost.slice(0, 2)}/${lost.slice(2)}`)
  await expect(mirrorHere({ mostHalves: 10 })).rejects.toMatchObject({
    code: 'PUSH_REJECTED',
    data: { refs: 17, first: names[0] },
  })
  expect(world.refs(REPLICA)).toContain(`${one} refs/heads/a-whole`)
  expect(world.refs(REPLICA)).not.toContain('broken')
})

test('a source that never ends to name refs is given up before git, which knows no bound, is sent there', async () => {
  const empty = ['# service=git-receive-pack\n', `${'0'.repeat(40)} capabilities^{}\0report-status\n`]
  const pkt = (text: string) => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`
  let sent = 0
  const endless = createServer((request, response) => {
    const service = request.url?.endsWith('git-upload-pack') ? 'git-upload-pack' : 'git-receive-pack'
    response.setHeader('content-type', `application/x-${service}-advertisement`)
    if (service === 'git-receive-pack') {
      response.end(`${pkt(empty[0]!)}0000${pkt(empty[1]!)}0000`)
      return
    }
    response.write(
      `${pkt(`# service=${service}\n`)}0000${pkt(`${'a'.repeat(40)} refs/heads/main\0agent=git/2\n`)}`,
    )
    const more = () => {
      while (!response.destroyed && response.write(pkt(`${'a'.repeat(40)} refs/heads/b${sent}\n`))) sent += 1
      sent += 1
    }
    response.on('drain', more)
    more()
  })
  await new Promise<void>((ready) => endless.listen(0, '127.0.0.1', ready))
  const { port } = endless.address() as AddressInfo
  const gitEndpoint = `http://git-codecommit.{region}.amazonaws.com.localhost:${port}`
  const access = createCodeCommit({ gitEndpoint, now: Date.now, region: SOURCE.region })
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const never = () => Promise.reject(new Error('git was started'))
  try {
    const attempt = mirror(
      { source: SOURCE, replica: REPLICA, deletes: 'mirror' },
      {
        access,
        git: { advertise: never, push: never },
        repository: { clone: never, lacking: never, unreached: never, isForward: never, push: never },
        log,
        now: Date.now,
      },
    )
    await expect(attempt).rejects.toMatchObject({ code: 'GIT_LIMIT' })
    expect(sent).toBeLessThan(400_000)
  } finally {
    endless.closeAllConnections()
    endless.close()
  }
})

test('the command line is as long as it was counted to be', () => {
  const oid = 'a'.repeat(40)
  const updates: RefUpdate[] = [
    { kind: 'create', ref: 'refs/heads/größe', to: oid },
    { kind: 'update', ref: 'refs/heads/b', from: oid, to: oid },
    { kind: 'delete', ref: 'refs/tags/c', from: oid },
  ]
  const size = (words: readonly string[]) =>
    words.reduce((sum, word) => sum + Buffer.byteLength(word) + 1 + 8, 0)
  const fixed =
    size(pushArguments('url', 'room', [])) + size(['room/heads/*:refs/heads/*', 'room/tags/*:refs/tags/*'])
  const counted = updates.reduce((sum, update) => sum + argumentBytes(update), 0)
  expect(size(pushArguments('url', 'room', updates))).toBeLessThanOrEqual(fixed + counted)
  expect(counted - size(pushArguments('url', 'room', updates))).toBeLessThan(fixed)
})

test('a branch whose name may mean another one stops only itself, where git cannot tell them apart', async () => {
  const nested = 'refs/heads/refs/heads/main'
  // each time other words: two commits of one second and the same words are one
  const move = (words: string) => {
    for (const name of ['refs/heads/main', nested, 'refs/heads/other'])
      world.git(SOURCE, 'update-ref', name, world.commit(`${words} ${name}`))
  }
  move('first')
  await mirrorHere({})
  expect(world.refs(REPLICA)).toBe(world.refs(SOURCE))
  const old = world.git(REPLICA, 'rev-parse', 'refs/heads/main^0')
  move('second')
  const facts = { refs: 1, first: 'refs/heads/main' }
  await expect(mirrorHere({})).rejects.toMatchObject({ code: 'PUSH_REJECTED', data: facts })
  expect(world.refs(REPLICA)).toBe(world.refs(SOURCE).replace(/^\w+(?= refs\/heads\/main$)/m, old))
  world.git(SOURCE, 'update-ref', '-d', nested)
  await expect(mirrorHere({})).rejects.toMatchObject({ data: facts })
  await mirrorHere({})
  expect(world.refs(REPLICA)).toBe(world.refs(SOURCE))
})

test('no refspec is forced: a plus would outweigh the lease', () => {
  const update = { kind: 'update', ref: 'refs/heads/b', from: 'a'.repeat(40), to: 'b'.repeat(40) } as const
  expect(pushArguments('url', 'room', [update]).filter((word) => /^\+|^--force$|^-f$/.test(word))).toEqual([])
})

test('every failure has its exit code', () => {
  for (const code of Object.keys(CODES) as (keyof typeof CODES)[]) {
    const exit = exitCodeOf(new RelayError(code))
    if (code === 'REMOTE_DENIED') expect(exit).toBe(EXIT.denied)
    else if (code === 'PLAN_REFUSED') expect(exit).toBe(EXIT.refused)
    else expect([code, exit]).toEqual([code, CODES[code].retry === 'never' ? EXIT.wrong : EXIT.again])
  }
  expect(exitCodeOf(new TypeError('a bug'))).toBe(EXIT.again)
  expect(exitCodeOf(undefined)).toBe(EXIT.again)
})
