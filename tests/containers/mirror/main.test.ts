// Past 300 lines: what the program does, told by exit codes and refs, on one world whose helpers all blocks share.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { startTable, type TestTable } from '../../support/table.ts'
import { buildPrograms, keys, newWorld, REPLICA, type Run, SOURCE, type World } from './harness.ts'

let programs: Awaited<ReturnType<typeof buildPrograms>>
let world: World
beforeAll(async () => {
  programs = await buildPrograms()
})
afterAll(() => programs.remove())

/** One world for a block whose tests change nothing but what is taken back here: a world costs more than some of them. */
const allInOneWorld = (prepare: () => void = () => undefined) => {
  beforeAll(async () => {
    world = await newWorld(programs.folder)
    prepare()
  })
  afterEach(() => {
    world.before = () => undefined
    world.trusted = true
    for (const operation of ['GetRepository', 'CreateRepository']) world.api.fail(operation, undefined)
  })
  afterAll(() => world.close())
}

/** A world for each test of the block that calls this. */
const eachInAWorldOfItsOwn = () => {
  beforeEach(async () => {
    world = await newWorld(programs.folder)
  })
  afterEach(() => world.close())
}

const equal = () => expect(world.refs(REPLICA)).toBe(world.refs(SOURCE))
const set = (ref: string, oid: string) => world.set(ref, oid)
const main = () => tipOf(world.refs(SOURCE))
const tipOf = (refs: string) => /^(\S+) refs\/heads\/main$/m.exec(refs)?.[1] ?? ''

const mirrored = async (environment?: Record<string, string>): Promise<Run> => {
  const run = await world.run(environment)
  expect([run.code, run.code === 0 ? '' : run.output]).toEqual([0, ''])
  clean(run)
  return run
}

/** Whatever happened: nothing left behind, nothing given away. */
const clean = (run: Run) => {
  expect(readdirSync(world.work)).toEqual([])
  givesNothingAway(run.output)
}

const givesNothingAway = (text: string): void => {
  for (const form of [keys.secretAccessKey, keys.sessionToken].flatMap((key) => [
    key,
    encodeURIComponent(key),
  ]))
    expect(text).not.toContain(form)
  expect(text).not.toMatch(SIGNED)
}
const SIGNED = /\d{8}T\d{6}Z[0-9a-f]{64}/

const refused = async (code: number, name: string, environment?: Record<string, string>): Promise<Run> => {
  const run = await world.run(environment)
  expect([
    run.code,
    run.lines.filter(({ level }) => level === 'ERROR').map((line) => line.code),
    run.output,
  ]).toEqual([code, [name], run.output])
  clean(run)
  return run
}

describe('a replica becomes equal', () => {
  eachInAWorldOfItsOwn()

  test('that was not there: created with description and default branch', async () => {
    const tip = main()
    set('refs/heads/größe/日本', tip)
    set("refs/heads/it's;$(odd)/-x", world.commit('odd', tip))
    set('refs/heads/v1', tip)
    set('refs/tags/v1', world.commit('other'))
    world.git(SOURCE, 'tag', '-a', 'annotated', '-m', 'a tag', tip)
    world.git(SOURCE, '-c', 'advice.nestedTag=false', 'tag', '-a', 'of-a-tag', '-m', 'a tag', 'annotated')
    set('refs/notes/private', tip)
    const run = await mirrored()
    equal()
    expect(world.git(REPLICA, 'for-each-ref', 'refs/notes')).toBe('')
    expect(world.git(REPLICA, 'fsck', '--full', '--strict')).toBe('')
    expect(world.api.calls.find(({ operation }) => operation === 'CreateRepository')?.input).toEqual({
      repositoryName: 'orchard',
      repositoryDescription: 'apples and pears',
    })
    expect(run.lines.map(({ message }) => message)).toEqual([
      'mirror started',
      'nothing is guarded: the stack names no rules',
      'replica missing',
      'source cloned',
      'batch pushed',
      'mirror done',
    ])
    expect(run.lines.at(-1)).toMatchObject({
      created: 7,
      updated: 0,
      deleted: 0,
      refs: 7,
      claim: 'claim-1',
      attempt: 0,
    })
  })

  test('after a rewind, a moved tag, a deleted branch and a new one; a second run has nothing to do', async () => {
    const first = main()
    const second = world.commit('second', first)
    set('refs/heads/main', second)
    set('refs/heads/old', second)
    set('refs/tags/moving', first)
    await mirrored()
    set('refs/heads/main', first)
    set('refs/tags/moving', second)
    world.git(SOURCE, 'update-ref', '-d', 'refs/heads/old')
    set('refs/heads/new', world.commit('third', second))
    const run = await mirrored()
    equal()
    expect(run.lines.at(-1)).toMatchObject({ created: 1, updated: 2, deleted: 1 })
    expect((await mirrored()).lines.at(-1)).toMatchObject({ created: 0, updated: 0, deleted: 0 })
  })

  test('with deletions kept', async () => {
    set('refs/heads/old', main())
    await mirrored()
    world.git(SOURCE, 'update-ref', '-d', 'refs/heads/old')
    await mirrored({ RELAY_DELETES: 'keep' })
    expect(world.refs(REPLICA)).toContain('refs/heads/old')
  })

  test('when the default branch was renamed: it moves before the old one is deleted', async () => {
    await mirrored()
    set('refs/heads/trunk', main())
    world.git(SOURCE, 'symbolic-ref', 'HEAD', 'refs/heads/trunk')
    world.git(SOURCE, 'update-ref', '-d', 'refs/heads/main')
    await mirrored()
    equal()
    expect(world.git(REPLICA, 'symbolic-ref', 'HEAD')).toBe('refs/heads/trunk')
  })

  test('when the default branch became a folder', async () => {
    set('refs/heads/stays', main())
    await mirrored()
    const tip = main()
    world.git(SOURCE, 'update-ref', '-d', 'refs/heads/main')
    set('refs/heads/main/2', tip)
    world.git(SOURCE, 'symbolic-ref', 'HEAD', 'refs/heads/main/2')
    await mirrored()
    equal()
    expect(world.git(REPLICA, 'symbolic-ref', 'HEAD')).toBe('refs/heads/main/2')
  })

  test('with an octopus merge, a submodule, long and nested names', async () => {
    const first = main()
    world.git(SOURCE, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},lib`)
    const tree = world.git(SOURCE, 'write-tree')
    const parents = ['a', 'b', 'c'].map((name) => world.commit(name, first))
    const octopus = ['commit-tree', '-m', 'octopus', ...parents.flatMap((one) => ['-p', one]), tree]
    set('refs/heads/main', world.git(SOURCE, ...octopus))
    set(`refs/heads/${'x'.repeat(200)}`, first)
    set('refs/heads/a/b/c/d/e/f/g/h', first)
    await mirrored()
    equal()
    expect(world.git(REPLICA, 'ls-tree', 'main')).toContain('160000 commit')
    expect(world.git(REPLICA, 'rev-list', '--parents', '-1', 'main').split(' ')).toHaveLength(4)
    expect(world.git(REPLICA, 'fsck', '--full', '--strict')).toBe('')
  })

  test('that has another history, that is ahead, that others write to in turn', async () => {
    world.makeReplica()
    const put = (where: typeof REPLICA, message: string, parent?: string) => {
      const tree = world.git(where, 'hash-object', '-t', 'tree', '-w', '/dev/null')
      const oid = world.git(where, 'commit-tree', ...(parent ? ['-p', parent] : []), '-m', message, tree)
      world.git(where, 'update-ref', 'refs/heads/main', oid)
    }
    put(REPLICA, 'unrelated')
    await mirrored()
    equal()
    put(REPLICA, 'ahead', main())
    await mirrored()
    equal()
    put(SOURCE, 'one side', main())
    put(REPLICA, 'the other', world.git(REPLICA, 'rev-parse', 'main'))
    await mirrored()
    equal()
    expect(world.git(REPLICA, 'fsck', '--full', '--strict', '--no-dangling')).toBe('')
  })

  test('by the programs unbundled as well', async () => {
    const run = await world.run({}, resolve('containers/mirror/main.ts'))
    expect([run.code, run.code === 0 ? '' : run.output]).toEqual([0, ''])
    equal()
    clean(run)
  })
})

describe('an empty source', () => {
  eachInAWorldOfItsOwn()

  test('leaves a replica alone, and rings', async () => {
    await mirrored()
    const before = world.refs(REPLICA)
    world.git(SOURCE, 'update-ref', '-d', 'refs/heads/main')
    await refused(78, 'SOURCE_EMPTIED')
    expect(world.refs(REPLICA)).toBe(before)
    await mirrored({ RELAY_DELETES: 'keep' })
    expect(world.refs(REPLICA)).toBe(before)
  })

  test('makes an empty replica', async () => {
    world.git(SOURCE, 'update-ref', '-d', 'refs/heads/main')
    await mirrored()
    expect(world.refs(REPLICA)).toBe('')
  })
})

describe('somebody else moves the replica', () => {
  eachInAWorldOfItsOwn()

  const moveMainWhen = (service: string, step: string, region: string) => {
    const other = world.git(REPLICA, 'commit-tree', '-m', 'foreign', EMPTY_TREE)
    world.before = (request) => {
      if (request.service !== service || request.step !== step || request.region !== region) return undefined
      world.git(REPLICA, 'update-ref', 'refs/heads/main', other)
      return undefined
    }
    return other
  }
  const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

  test.each([
    ['between plan and push', 'git-upload-pack', 'exchange', SOURCE.region],
    ['between the push’s look and its pack', 'git-receive-pack', 'exchange', REPLICA.region],
  ])('%s: that ref is left as it is, the others go on', async (_, service, step, region) => {
    await mirrored()
    set('refs/heads/main', world.commit('second', main()))
    set('refs/heads/free', main())
    const other = moveMainWhen(service, step, region)
    const run = await refused(75, 'REPLICA_MOVED')
    expect(run.lines.find(({ message }) => message === 'ref refused')).toMatchObject({
      ref: 'refs/heads/main',
      moved: true,
    })
    expect(world.git(REPLICA, 'rev-parse', 'refs/heads/main')).toBe(other)
    expect(world.git(REPLICA, 'rev-parse', 'refs/heads/free')).toBe(main())
    world.before = () => undefined
    await mirrored()
    equal()
  })

  test('to the very value that was wanted: that is no refusal', async () => {
    await mirrored()
    const tip = main()
    world.before = ({ service, step }) => {
      if (service === 'git-upload-pack' && step === 'exchange')
        world.git(REPLICA, 'update-ref', 'refs/heads/new', tip)
      return undefined
    }
    set('refs/heads/new', tip)
    set('refs/heads/newer', world.commit('more', tip))
    await mirrored()
    equal()
  })

  test('a ref that the replica refuses for good is named, and tried again', async () => {
    await mirrored()
    world.git(REPLICA, 'config', 'receive.denyDeletes', 'true')
    set('refs/heads/main', world.commit('second', main()))
    world.git(REPLICA, 'update-ref', 'refs/heads/foreign', world.git(REPLICA, 'rev-parse', 'refs/heads/main'))
    const run = await refused(75, 'PUSH_REJECTED')
    expect(run.lines.find(({ message }) => message === 'ref refused')).toMatchObject({
      ref: 'refs/heads/foreign',
    })
    expect(world.git(REPLICA, 'rev-parse', 'refs/heads/main')).toBe(main())
  })
})

describe('what keeps it from making a replica', () => {
  allInOneWorld()

  test.each([
    ['GetRepository', 'AccessDeniedException', 77, 'REMOTE_DENIED'],
    ['GetRepository', 'RepositoryDoesNotExistException', 78, 'SOURCE_MISSING'],
    ['CreateRepository', 'OperationNotAllowedException', 77, 'REMOTE_DENIED'],
    ['CreateRepository', 'ThrottlingException', 75, 'REMOTE_THROTTLED'],
    ['CreateRepository', 'InvalidRepositoryNameException', 78, 'NAME_INVALID'],
  ])('%s answers %s', async (operation, answer, code, name) => {
    world.api.fail(operation, answer)
    await refused(code, name)
    expect(() => world.refs(REPLICA)).toThrow(/not a git repository/)
  })
})

describe('what keeps it from working', () => {
  allInOneWorld(() => world.makeReplica())

  type Hook = World['before']
  const answer =
    (status: number, service: string, step: string, region: string): Hook =>
    (request) =>
      request.service === service && request.step === step && request.region === region ? status : undefined
  const clone = (status: number) => answer(status, 'git-upload-pack', 'refs', SOURCE.region)
  const push = (status: number) => answer(status, 'git-receive-pack', 'exchange', REPLICA.region)
  const look = (status: number) => answer(status, 'git-receive-pack', 'refs', REPLICA.region)

  test.each<[string, number, string, Hook]>([
    ['the look at the replica: denied', 77, 'REMOTE_DENIED', look(403)],
    ['the look at the replica: throttled', 75, 'REMOTE_THROTTLED', look(429)],
    ['the clone: denied', 77, 'REMOTE_DENIED', clone(403)],
    ['the clone: not authenticated', 77, 'REMOTE_DENIED', clone(401)],
    ['the clone: throttled', 75, 'REMOTE_THROTTLED', clone(429)],
    ['the clone: broken', 75, 'REMOTE_FAILED', clone(500)],
    ['the clone: gone', 78, 'SOURCE_MISSING', clone(404)],
    ['the push: denied', 77, 'REMOTE_DENIED', push(403)],
    ['the push: throttled', 75, 'REMOTE_THROTTLED', push(503)],
    ['the push: broken', 75, 'REMOTE_FAILED', push(500)],
    ['a redirect', 75, 'REMOTE_FAILED', look(302)],
    ['the clone: a page that is no Git protocol', 75, 'GIT_PROTOCOL', clone(200)],
  ])('%s', async (_, code, name, hook) => {
    world.before = hook
    await refused(code, name)
    expect(world.refs(REPLICA)).toBe('')
  })

  test('a source that is shallow', async () => {
    const mark = join(world.git(SOURCE, 'rev-parse', '--absolute-git-dir'), 'shallow')
    writeFileSync(mark, `${main()}\n`)
    try {
      await refused(75, 'GIT_PROTOCOL')
    } finally {
      rmSync(mark)
    }
    expect(world.refs(REPLICA)).toBe('')
  })

  test('credentials that nobody knows', async () => {
    world.trusted = false
    await refused(77, 'REMOTE_DENIED')
  })

  // what else an environment may lack: settings.test.ts
  test.each([
    ['JSON that is none', { RELAY_REPOSITORY: '{' }, 'ENVIRONMENT_INVALID'],
    ['a Git endpoint that is none', { RELAY_GIT_ENDPOINT: 'ext::sh -c x' }, 'ENVIRONMENT_INVALID'],
    [
      'a region that is a host',
      { RELAY_REPLICA: JSON.stringify({ ...REPLICA, region: 'x.example' }) },
      'ENVIRONMENT_INVALID',
    ],
  ])('%s', async (_, environment, name) => {
    const run = await refused(78, name, environment as Record<string, string>)
    expect(run.output).not.toContain(keys.accessKeyId)
  })

  test('a server that is not there', async () => {
    await refused(75, 'REMOTE_UNREACHABLE', {
      RELAY_GIT_ENDPOINT: 'http://git-codecommit.{region}.amazonaws.com.localhost:1',
    })
  })

  test('a git that is not there', async () => {
    await refused(75, 'GIT_FAILED', { PATH: '/nonexistent' })
  })
})

// What other processes are called, and their environment, is read from /proc.
const onLinux = process.platform === 'linux' ? test : test.skip

describe('in the middle of a push', () => {
  eachInAWorldOfItsOwn()

  /** The push's pack is held until the test is over. */
  const hold = (urls: string[] = []) => {
    const reached = Promise.withResolvers<void>()
    world.before = ({ service, step, url }) => {
      urls.push(url)
      if (service !== 'git-receive-pack' || step !== 'exchange') return undefined
      reached.resolve()
      return new Promise(() => undefined)
    }
    return (ended: Promise<Run>) =>
      Promise.race([reached.promise, ended.then(({ output }) => Promise.reject(new Error(output)))])
  }

  onLinux('a SIGTERM ends git, clears the work folder and asks for another try', async () => {
    const held = hold()
    const { child, ended } = world.start()
    await held(ended)
    expect(gitsOf(world.work)).not.toEqual([])
    child.kill('SIGTERM')
    const run = await ended
    expect(run.code).toBe(75)
    expect(run.lines.map(({ message }) => message)).toContain('mirror stopped')
    clean(run)
    expect(gitsOf(world.work)).toEqual([])
  })

  onLinux('a SIGKILL leaves no git behind, and the next run converges', async () => {
    const held = hold()
    const { child, ended } = world.start()
    await held(ended)
    child.kill('SIGKILL')
    await ended
    while (gitsOf(world.work).length > 0) await new Promise((done) => setTimeout(done, 20))
    for (const name of readdirSync(world.work)) rmSync(join(world.work, name), { recursive: true })
    world.before = () => undefined
    await mirrored()
    equal()
  })

  onLinux.each(['git', 'relay'])(
    'by %s, no credential is in any process’s arguments, git’s environment, a URL, or a file of the work folder',
    async (RELAY_WAY) => {
      const urls: string[] = []
      const held = hold(urls)
      const { child, ended } = world.start({ RELAY_WAY })
      await held(ended)
      const gits = gitsOf(world.work)
      const seen = processes().map(({ pid, arguments: words }) =>
        gits.includes(pid) ? words + environ(pid) : words,
      )
      const files = filesBelow(world.work)
      child.kill('SIGTERM')
      await ended
      // the one has a clone that names its remote, the other none
      expect([gits.length > 1, [...files.values()].some((text) => text.includes('url = http'))]).toEqual(
        RELAY_WAY === 'git' ? [true, true] : [false, false],
      )
      expect(urls.length).toBeGreaterThanOrEqual(4)
      for (const text of [...seen, ...urls, ...files.values()]) givesNothingAway(text)
    },
  )
})

const processes = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid, arguments: read(`/proc/${pid}/cmdline`) }))

/** Processes that have git's home in the mirror's work folder. */
const gitsOf = (work: string): string[] =>
  processes()
    .map(({ pid }) => pid)
    .filter((pid) => environ(pid).includes(`HOME=${work}/`))

const filesBelow = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, read(path)]),
  )

const environ = (pid: string): string => read(`/proc/${pid}/environ`)

/** A process may end while we look. */
const read = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

describe('with the rules of a stack', () => {
  eachInAWorldOfItsOwn()

  let table: TestTable
  beforeAll(async () => {
    table = await startTable()
  })
  afterAll(() => table.close())

  const rules = { safety: { refs: 1, percent: 50 }, parking: { days: 30 }, replicate: [] }
  const guarded = (more: Record<string, string>) => ({
    RELAY_TABLE: 'relay',
    RELAY_BUS: 'default',
    RELAY_RULES: JSON.stringify(rules),
    AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
    ...more,
  })
  const PARKING = { region: REPLICA.region, name: `${REPLICA.name}.relay-parking` }

  test.each(['git', 'relay'])('by %s, what is overwritten is parked before', async (RELAY_WAY) => {
    const ours = guarded({ RELAY_WAY })
    const first = main()
    const lost = world.commit('to be lost', first)
    set('refs/heads/main', lost)
    await mirrored(ours)
    set('refs/heads/main', world.commit('instead', first))
    const run = await mirrored(ours)
    equal()
    expect(run.lines.map(({ message }) => message)).toContain('tips parked')
    const places = world.git(PARKING, 'for-each-ref', '--format=%(objectname)', 'refs/tags/parked')
    expect(places).toBe(lost)
    expect(world.git(PARKING, 'fsck', '--full', '--strict')).not.toMatch(/missing|broken|error/)
    const { Items = [] } = await table.client.send(new ScanCommand({ TableName: 'relay' }))
    expect(Items.length).toBeGreaterThan(0)
    givesNothingAway(JSON.stringify(Items))
  })

  test.each(['git', 'relay'])(
    'by %s, a plan that takes too much away is refused, unless meant',
    async (RELAY_WAY) => {
      const ours = guarded({ RELAY_WAY })
      for (const name of ['a', 'b']) set(`refs/heads/${name}`, main())
      await mirrored(ours)
      const before = world.refs(REPLICA)
      for (const name of ['a', 'b']) world.git(SOURCE, 'update-ref', '-d', `refs/heads/${name}`)
      const run = await world.run(ours)
      expect(run.code).toBe(79)
      expect(run.lines.find(({ code }) => code === 'PLAN_REFUSED')?.reason).toContain('deletions=2')
      expect(world.refs(REPLICA)).toBe(before)
      await mirrored({ ...ours, RELAY_FORCE: 'yes' })
      equal()
    },
  )
})

describe('the relay first', () => {
  eachInAWorldOfItsOwn()

  /** unless the environment says otherwise */
  const first = { RELAY_WAY: '' }

  test('makes a replica and brings it up to date without any git program', async () => {
    const alone = { ...first, PATH: '/nonexistent' }
    const tip = main()
    set('refs/heads/größe/日本', world.commit('odd', tip))
    world.git(SOURCE, 'tag', '-a', 'annotated', '-m', 'a tag', tip)
    const run = await mirrored(alone)
    equal()
    expect(world.git(REPLICA, 'fsck', '--full', '--strict')).toBe('')
    expect(world.git(REPLICA, 'symbolic-ref', 'HEAD')).toBe('refs/heads/main')
    expect(world.api.calls.find(({ operation }) => operation === 'CreateRepository')?.input).toEqual({
      repositoryName: 'orchard',
      repositoryDescription: 'apples and pears',
    })
    expect(run.lines.at(-1)).toMatchObject({ message: 'relay done', created: 3, refs: 3, claim: 'claim-1' })
    set('refs/heads/main', world.commit('second', tip))
    world.git(SOURCE, 'update-ref', '-d', 'refs/tags/annotated')
    expect((await mirrored(alone)).lines.at(-1)).toMatchObject({ updated: 1, deleted: 1 })
    equal()
  })

  test('hands over to git what it cannot read', async () => {
    // an answer without a byte is no Git protocol; git, which comes when there is a folder for its clone, gets better ones
    const cloning = () => readdirSync(world.work, { recursive: true, encoding: 'utf8' }).some(isClone)
    world.before = ({ service, step }) =>
      service === 'git-upload-pack' && step === 'exchange' && !cloning() ? 200 : undefined
    const run = await mirrored(first)
    equal()
    const messages = run.lines.map(({ message }) => message)
    expect(messages.filter((message) => /^(relay handed over|mirror done)$/.test(`${message}`))).toEqual([
      'relay handed over',
      'mirror done',
    ])
    expect(run.lines.find(({ message }) => message === 'relay handed over')?.reason).toBe('protocol')
  })
  const isClone = (name: string) => name.endsWith('source.git')

  test.each<[string, number, string, World['before']]>([
    ['denied', 77, 'REMOTE_DENIED', ({ step }) => (step === 'refs' ? 403 : undefined)],
    [
      'a source that is gone',
      78,
      'SOURCE_MISSING',
      ({ service }) => (service === 'git-upload-pack' ? 404 : undefined),
    ],
  ])('%s', async (_, code, name, hook) => {
    world.makeReplica()
    world.before = hook
    await refused(code, name, first)
  })

  test('leaves a replica alone whose source is empty, and rings', async () => {
    await mirrored(first)
    const before = world.refs(REPLICA)
    world.git(SOURCE, 'update-ref', '-d', 'refs/heads/main')
    await refused(78, 'SOURCE_EMPTIED', first)
    expect(world.refs(REPLICA)).toBe(before)
  })

  test('a SIGTERM in the middle of its push leaves every ref as it was, and asks for another try', async () => {
    await mirrored(first)
    const before = world.refs(REPLICA)
    set('refs/heads/main', world.commit('second', main()))
    const reached = Promise.withResolvers<void>()
    world.before = ({ service, step }) => {
      if (service !== 'git-receive-pack' || step !== 'exchange') return undefined
      reached.resolve()
      return new Promise(() => undefined)
    }
    const { child, ended } = world.start(first)
    await Promise.race([reached.promise, ended.then(({ output }) => Promise.reject(new Error(output)))])
    child.kill('SIGTERM')
    const run = await ended
    expect([run.code, run.lines.at(-1)?.message]).toEqual([75, 'mirror stopped'])
    clean(run)
    expect(world.refs(REPLICA)).toBe(before)
    world.before = () => undefined
    await mirrored(first)
    equal()
  })
})
