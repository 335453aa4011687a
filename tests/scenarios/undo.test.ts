import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import {
  CodeCommitClient,
  GetRepositoryCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-codecommit'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Developer, developerOf } from '../support/developer.ts'
import { fsckOf } from '../support/fsck.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'

const root = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)

let live: LiveCloud
let nina: Developer
beforeAll(async () => {
  live = await raiseCloud()
  await live.createRepository('orchard')
  nina = await developerOf(live, 'orchard')
}, 60_000)
afterAll(async () => {
  nina.leave()
  await live.stop()
})

/** `relay undo …` as somebody at a second terminal runs it, with own credentials. */
const undo = async (...args: string[]) => {
  const { endpoint, credentials, region } = live.aws
  const { stdout, stderr } = await run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'cli/relay.mjs'), 'undo', 'orchard', ...args],
    {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        RELAY_STAGE: 'local',
        RELAY_GIT_ENDPOINT: `http://git-codecommit.{region}.amazonaws.com.localhost:${new URL(endpoint).port}`,
      },
    },
  ).catch((error: unknown) => error as { stdout: string; stderr: string })
  return `${stdout}${stderr}`
}

const both = async (ref: string) => [
  (await live.refs(live.url('orchard'))).get(ref),
  (await live.refs(live.replicaUrl('orchard'))).get(ref),
]

test('a bad force-push and a deleted tag are undone by one command each, under the roles of the template', async () => {
  const first = await nina.commit('first')
  const good = await nina.commit('good')
  await nina.git('push', '--quiet', 'origin', 'main')
  await nina.git('tag', '-a', 'v1', '-m', 'one', first)
  await nina.git('push', '--quiet', 'origin', 'v1')
  const tag = await nina.git('rev-parse', 'v1')
  await live.untilEqual('orchard')

  await nina.git('reset', '--quiet', '--hard', first)
  const bad = await nina.commit('bad')
  await nina.git('push', '--quiet', '--force', 'origin', 'main')
  await nina.git('push', '--quiet', 'origin', ':refs/tags/v1')
  await live.untilEqual('orchard')
  expect(await both('refs/heads/main')).toEqual([bad, bad])

  const parking = 'orchard.relay-parking'
  const places = [...(await live.refs(live.replicaUrl(parking)))]
  expect(places.map(([, oid]) => oid)).toEqual(expect.arrayContaining([good, tag]))
  const codecommit = new CodeCommitClient({ ...live.aws, region: 'eu-west-1' })
  const made = await codecommit.send(new GetRepositoryCommand({ repositoryName: parking }))
  const resourceArn = made.repositoryMetadata?.Arn
  expect((await codecommit.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({
    'relay:parking': 'orchard',
  })

  expect(await undo('main', '--list')).toMatch(
    new RegExp(`${good.slice(0, 12)}  rewound by ${bad.slice(0, 12)}`),
  )
  expect(await undo('main', '--dry-run')).toContain('Nothing was done')
  expect(await undo('main')).toContain('nobody to ask')
  expect(await both('refs/heads/main')).toEqual([bad, bad])

  const said = await undo('main', '--yes')
  expect(said).toContain(`Proof: source and replica hold ${good} at refs/heads/main`)
  expect(await both('refs/heads/main')).toEqual([good, good])
  expect(
    JSON.parse((await undo('tags/v1', '--yes', '--json')).split('\n').find((line) => line[0] === '{')!),
  ).toMatchObject({ ref: 'refs/tags/v1', done: true, after: { source: tag, replica: tag } })
  await live.untilEqual('orchard')
  expect(await both('refs/heads/main')).toEqual([good, good])
  for (const url of [live.url('orchard'), live.replicaUrl('orchard'), live.replicaUrl(parking)]) {
    expect(await fsckOf(live, url)).not.toMatch(/missing|broken|error|fatal/)
  }
  expect(await undo('mian')).toContain('is known of mian')
  // the function itself parked and pushed, under its own role: no task was needed
  const ways = live.events.flatMap(({ detail }) => (detail as { way?: string }).way ?? [])
  expect(ways).toContain('relay')
  expect(ways).not.toContain('mirror')
  // nobody is told of what Relay parks, and no replica is made of it
  expect(
    live.events.filter(({ detail }) => (detail as { outcome?: string }).outcome === 'overwritten'),
  ).toEqual([])
  await expect(live.refs(live.url(parking))).rejects.toThrow(/not found/i)
}, 120_000)
