import { execFile } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Developer, developerOf, refusal } from '../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'
import { needTool } from '../support/tools.ts'

const run = promisify(execFile)
const withAws = needTool('aws') ? test : test.skip

let live: LiveCloud
let nina: Developer

beforeAll(async () => {
  live = await raiseCloud()
  for (const name of ['orders', 'other']) await live.createRepository(name)
  nina = await developerOf(live, 'orders')
  await nina.commit('Begin')
  await nina.git('push', 'origin', 'main')
})

afterAll(async () => {
  nina?.leave()
  await live?.stop()
})

/** Signs a Git password by the algorithm that AWS CLI's helper uses; each part can be made wrong. */
const signedUrl = (part: { at?: Date; path?: string; secret?: string; repository?: string } = {}): string => {
  const url = new URL(live.url(part.repository ?? 'orders'))
  const { accessKeyId, secretAccessKey } = live.aws.credentials
  const stamp = (part.at ?? new Date()).toISOString().replace(/[-:]|\.\d+Z/g, '')
  const day = stamp.slice(0, 8)
  const canonical = `GIT\n${part.path ?? url.pathname}\n\nhost:${url.hostname}\n\nhost\n`
  const hash = createHash('sha256').update(canonical).digest('hex')
  const toSign = `AWS4-HMAC-SHA256\n${stamp}\n${day}/us-east-1/codecommit/aws4_request\n${hash}`
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const key = [day, 'us-east-1', 'codecommit', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${part.secret ?? secretAccessKey}`,
  )
  url.username = accessKeyId
  url.password = `${stamp}Z${createHmac('sha256', key).update(toSign).digest('hex')}`
  return url.href
}

/** git with nothing but what the URL carries. */
const bare = (...args: string[]) =>
  run('git', ['-C', nina.folder, ...args], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' },
  })

const wrong: readonly [name: string, url: () => string][] = [
  ['a wrong secret', () => signedUrl({ secret: 'not the secret' })],
  ['a password of twenty minutes ago', () => signedUrl({ at: new Date(Date.now() - 20 * 60_000) })],
  ['a password of tomorrow', () => signedUrl({ at: new Date(Date.now() + 24 * 3_600_000) })],
  ['the signature of another repository', () => signedUrl({ path: '/v1/repos/other' })],
  [
    'a wrong static password',
    () => {
      const url = new URL(live.url('orders'))
      url.username = live.cloud.access[0]!.gitUserName!
      url.password = 'wrong'
      return url.href
    },
  ],
]

describe('a second terminal', () => {
  test('clones and pushes with static Git credentials', async () => {
    await nina.commit('From the second terminal')
    await nina.git('push', 'origin', 'main')
    await live.untilEqual('orders')
  })

  test('clones with a signed password', async () => {
    expect((await bare('ls-remote', signedUrl())).stdout).toMatch(/refs\/heads\/main/)
  })

  test.each(wrong)('is refused with 403 for %s, and nothing changes', async (_name, url) => {
    const before = await live.refs(live.url('orders'))
    await nina.commit('Not to be taken')
    expect(await refusal(bare('push', url(), 'HEAD:refs/heads/main'))).toMatch(/403/)
    expect(await refusal(bare('ls-remote', url()))).toMatch(/403/)
    expect(await live.refs(live.url('orders'))).toEqual(before)
  })

  test('is told which regions there are', async () => {
    await expect(live.createRepository('orders', 'ap-southeast-2')).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
      message: expect.stringMatching(/ap-southeast-2.*us-east-1 and eu-west-1/),
    })
  })

  withAws('uses the AWS CLI and its unmodified credential helper', async () => {
    const env = {
      PATH: process.env.PATH,
      HOME: live.folder,
      AWS_CONFIG_FILE: join(live.cloud.folder, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(live.cloud.folder, 'credentials'),
      AWS_PROFILE: 'relay',
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
    }
    const { stdout } = await run(
      'aws',
      ['codecommit', 'get-repository', '--repository-name', 'orders', '--region', 'eu-west-1'],
      { env },
    )
    expect(JSON.parse(stdout)).toMatchObject({
      repositoryMetadata: { repositoryName: 'orders', defaultBranch: 'main' },
    })
    const helper = [
      '-c',
      'credential.helper=!aws codecommit credential-helper $@',
      '-c',
      'credential.UseHttpPath=true',
    ]
    await nina.commit('By the helper')
    await run('git', ['-C', nina.folder, ...helper, 'push', live.url('orders'), 'HEAD:refs/heads/main'], {
      env,
    })
    await live.untilEqual('orders')
  })
})
