import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type CodeCommitAccess, createCodeCommit } from '../../../shared/codecommit/access.ts'
import { codeOf } from '../../../shared/runtime/errors.ts'
import { type CodeCommitApi, codeCommitApi, makeRepository } from '../../support/codecommit-api.ts'
import { type GitServer, startGitServer } from '../../support/git-server.ts'

const REGION = 'eu-west-1'
const own = { accessKeyId: 'AKIDORCHARD01', secretAccessKey: ['not-a-real', 'secret+0001'].join('/') }
const role = 'arn:aws:iam::222222222222:role/relay-replica'
const ofRole = { accessKeyId: 'ASIDORCHARD02', secretAccessKey: ['another', 'secret+0002'].join('/') }
const orchard = { account: '111111111111', region: REGION, name: 'orchard' }
const theirs = { ...orchard, account: '222222222222', role, externalId: 'relay-42' }

let root: string
let api: CodeCommitApi
let server: GitServer
let clock = Date.UTC(2031, 4, 17, 9)
let assumed = 0
const environment = { ...process.env }

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'access-'))
  api = codeCommitApi(root, () => {
    assumed += 1
    const expiration = new Date(clock + 3_600_000).toISOString()
    return { ...ofRole, sessionToken: `session-${assumed}`, expiration }
  })
  const secrets = new Map([own, ofRole].map((keys) => [keys.accessKeyId, keys.secretAccessKey]))
  server = await startGitServer({ root, secretOf: (id) => secrets.get(id), otherwise: api.handle })
  const folder = makeRepository(root, REGION, 'orchard')
  const git = (...args: string[]) =>
    execFileSync('git', [`--git-dir=${folder}`, ...args])
      .toString()
      .trim()
  const tree = git('hash-object', '-t', 'tree', '-w', '/dev/null')
  const commit = git('-c', 'user.name=n', '-c', 'user.email=n@example.org', 'commit-tree', '-m', 'x', tree)
  git('update-ref', 'refs/heads/main', commit)
  git('update-ref', 'refs/heads/next', commit)
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${server.port}`,
    AWS_ACCESS_KEY_ID: own.accessKeyId,
    AWS_SECRET_ACCESS_KEY: own.secretAccessKey,
    AWS_MAX_ATTEMPTS: '1',
  })
  delete process.env.AWS_PROFILE
  delete process.env.AWS_SESSION_TOKEN
})
afterAll(async () => {
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_MAX_ATTEMPTS']) {
    if (environment[name] === undefined) delete process.env[name]
    else process.env[name] = environment[name]
  }
  await server.close()
  rmSync(root, { recursive: true, force: true })
})
afterEach(() => {
  for (const operation of [
    'GetRepository',
    'CreateRepository',
    'AssumeRole',
    'ListRepositories',
    'UpdateDefaultBranch',
  ])
    api.fail(operation, undefined)
  api.calls.length = 0
  server.requests.length = 0
})

const newAccess = (): CodeCommitAccess =>
  createCodeCommit({ gitEndpoint: server.endpoint, now: () => clock, region: REGION })

const codeThrown = (promise: Promise<unknown>) => promise.then(() => undefined, codeOf)

describe('refs', () => {
  test('are read with the right of the side', async () => {
    const access = newAccess()
    const refs = await access.readRefs(orchard, 'source')
    expect([...(refs ?? [])].map(([name]) => name)).toEqual(['refs/heads/main', 'refs/heads/next'])
    expect(await access.readRefs(orchard, 'replica')).toEqual(refs)
    expect(server.requests.map(({ service, user }) => [service, user])).toEqual([
      ['git-upload-pack', own.accessKeyId],
      ['git-receive-pack', own.accessKeyId],
    ])
  })

  test('of a repository that is not there are undefined', async () => {
    expect(await newAccess().readRefs({ ...orchard, name: 'none' }, 'source')).toBeUndefined()
  })

  test('of an impossible repository are not asked for', async () => {
    expect(await codeThrown(newAccess().readRefs({ ...orchard, name: '../x' }, 'source'))).toBe(
      'NAME_INVALID',
    )
    expect(server.requests).toEqual([])
  })
})

describe('the API', () => {
  test('lists every page', async () => {
    for (const name of ['b', 'c', 'd', 'e']) makeRepository(root, 'us-east-1', name)
    expect(await newAccess().listRepositories('us-east-1')).toEqual(['b', 'c', 'd', 'e'])
    expect(api.calls.map(({ operation }) => operation)).toEqual(['ListRepositories', 'ListRepositories'])
  })

  test('creates, finds, describes, and moves the default branch', async () => {
    const access = newAccess()
    const fresh = { ...orchard, name: 'fresh' }
    expect(await access.describe(fresh)).toBeUndefined()
    expect(await access.ensureRepository(fresh, { description: 'apples' })).toBe('created')
    expect(await access.ensureRepository(fresh, { description: 'pears' })).toBe('present')
    expect(await access.describe(fresh)).toEqual({ description: 'apples' })
    expect(await access.describe(orchard)).toEqual({ defaultBranch: 'main' })
    await access.setDefaultBranch(orchard, 'next')
    expect(await access.describe(orchard)).toEqual({ defaultBranch: 'next' })
    await access.setDefaultBranch(orchard, 'main')
    expect(await access.deleteRepository(fresh)).toBe('deleted')
    expect(await access.deleteRepository(fresh)).toBe('absent')
    expect(await access.describe(fresh)).toBeUndefined()
  })

  test('failures are ours', async () => {
    const access = newAccess()
    api.fail('GetRepository', 'AccessDeniedException')
    expect(await codeThrown(access.describe(orchard))).toBe('REMOTE_DENIED')
    api.fail('CreateRepository', 'ThrottlingException')
    expect(await codeThrown(access.ensureRepository(orchard, {}))).toBe('REMOTE_THROTTLED')
    api.fail('ListRepositories', 500)
    expect(await codeThrown(access.listRepositories(REGION))).toBe('REMOTE_FAILED')
    expect(await codeThrown(access.setDefaultBranch({ ...orchard, name: 'none' }, 'main'))).toBe(
      'REPLICA_MISSING',
    )
    expect(await access.setDefaultBranch(orchard, 'none')).toBe(false)
    expect(await codeThrown(access.setDefaultBranch(orchard, 'a..b'))).toBe('NAME_INVALID')
  })
})

describe('a role', () => {
  test('is assumed once with its external id, for Git and API, and again shortly before it ends', async () => {
    const access = newAccess()
    const before = assumed
    const answers = await Promise.all([
      access.readRefs(theirs, 'replica'),
      access.describe(theirs),
      access.gitPassword(theirs),
    ])
    expect(answers[0]?.size).toBe(2)
    expect(answers[2].username).toBe(`${ofRole.accessKeyId}%session-${assumed}`)
    expect(assumed).toBe(before + 1)
    const call = api.calls.find(({ operation }) => operation === 'AssumeRole')
    expect(call).toMatchObject({
      region: REGION,
      user: own.accessKeyId,
      input: { RoleArn: role, ExternalId: 'relay-42' },
    })
    expect(server.requests[0]?.user).toBe(ofRole.accessKeyId)

    clock += 54 * 60_000
    await access.gitPassword(theirs)
    expect(assumed).toBe(before + 1)
    clock += 2 * 60_000
    await Promise.all([access.gitPassword(theirs), access.gitPassword(theirs)])
    expect(assumed).toBe(before + 2)
  })

  test('that is refused is asked for again the next time', async () => {
    const access = newAccess()
    api.fail('AssumeRole', 'AccessDenied')
    expect(await codeThrown(access.readRefs(theirs, 'replica'))).toBe('REMOTE_DENIED')
    expect(await codeThrown(access.describe(theirs))).toBe('REMOTE_DENIED')
    api.fail('AssumeRole', undefined)
    expect(await access.describe(theirs)).toEqual({ defaultBranch: 'main' })
  })
})

test('every password is signed anew', async () => {
  const access = newAccess()
  const first = await access.gitPassword(orchard)
  clock += 1_000
  expect(await access.gitPassword(orchard)).not.toEqual(first)
})

test('reading refs loads no API client', () => {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
    const { createCodeCommit } = await import('./shared/codecommit/access.ts')
    const access = createCodeCommit({ gitEndpoint: 'http://127.0.0.1:1', now: () => 0 })
    await access.readRefs(${JSON.stringify(orchard)}, 'source').catch(() => undefined)
    console.log(loaded.filter((url) => /client-(codecommit|sts)/.test(url)).length, loaded.length > 5)`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect(output.trim()).toBe('0 true')
})
