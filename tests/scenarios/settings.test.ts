import { setTimeout as sleep } from 'node:timers/promises'
import {
  CodeCommitClient,
  GetRepositoryCommand,
  UpdateDefaultBranchCommand,
} from '@aws-sdk/client-codecommit'
import {
  type AttributeValue,
  DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Decision } from '../../local/contracts.ts'
import { AwsError } from '../../local/gateway/service.ts'
import { type Developer, developerOf } from '../support/developer.ts'
import { fsckOf } from '../support/fsck.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'
import { treeOf } from '../support/processes.ts'

// What is no push to a ref: the default branch, and the end of a parking repository. Under the roles of the template.

const ACCOUNT = '111111111111'
const CONFIG = `version: 1
replicate:
  - repositories: ['orchard', 'unheard']
    to: [{ region: eu-west-1 }]
  - repositories: ['mirrored']
    to: [{ region: eu-west-1 }]
    way: mirror
`

let live: LiveCloud
const deletions: Decision[] = []
/** mirrors that are to be killed before they set a default branch */
let doomed = 0
const developers: Developer[] = []

beforeAll(async () => {
  live = await raiseCloud({
    config: CONFIG,
    faults: {
      // nobody hears of what is pushed there
      event: (envelope) =>
        (envelope.detail as { repositoryName?: string }).repositoryName === 'unheard'
          ? []
          : [{ envelope, delayMs: 0 }],
      call: ({ operation, region }) => {
        const dies = operation === 'UpdateDefaultBranch' && region === 'eu-west-1' && killMirror()
        return dies ? { error: new AwsError('InternalFailure', 'whoever asked is dead', 500) } : {}
      },
    },
  })
  live.cloud.watchDecisions((decision) => {
    if (decision.action === 'codecommit:DeleteRepository') deletions.push(decision)
  })
}, 60_000)
afterAll(async () => {
  for (const one of developers) one.leave()
  await live.stop()
})

const killMirror = (): boolean => {
  const mirror = treeOf(process.pid).find(
    ({ command }) => /\bmain\.mjs\b/.test(command) && !/supervisor/.test(command),
  )
  if (doomed === 0 || !mirror) return false
  doomed -= 1
  process.kill(mirror.pid, 'SIGKILL')
  return true
}

const codecommit = (region = 'us-east-1') => new CodeCommitClient({ ...live.aws, region })

const begin = async (name: string): Promise<Developer> => {
  await live.createRepository(name)
  const nina = await developerOf(live, name)
  developers.push(nina)
  await nina.commit('first')
  await nina.git('push', '--quiet', 'origin', 'main')
  return nina
}

const setDefault = (repositoryName: string, defaultBranchName: string) =>
  codecommit().send(new UpdateDefaultBranchCommand({ repositoryName, defaultBranchName }))

const replicaDefault = async (repositoryName: string): Promise<string | undefined> => {
  const { repositoryMetadata } = await codecommit('eu-west-1').send(
    new GetRepositoryCommand({ repositoryName }),
  )
  return repositoryMetadata?.defaultBranch
}

const untilTrue = async (what: string, test: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await test()) return
    await sleep(100)
  }
  throw new Error(`not within a minute: ${what}`)
}

test.each(['orchard', 'unheard'])(
  '%s: the default branch gets another name and the old one goes; the replica follows in both',
  async (name) => {
    const nina = await begin(name)
    if (name === 'unheard') await live.sweep()
    await live.untilEqual(name)
    await nina.git('push', '--quiet', 'origin', 'main:trunk')
    await setDefault(name, 'trunk')
    await nina.git('push', '--quiet', 'origin', ':main')
    if (name === 'unheard') await live.sweep()
    await live.untilEqual(name)
    expect([...(await live.refs(live.replicaUrl(name))).keys()].filter((ref) => ref !== 'HEAD')).toEqual([
      'refs/heads/trunk',
    ])
    expect(await replicaDefault(name)).toBe('trunk')
    expect(await fsckOf(live, live.replicaUrl(name))).toBe('')
  },
)

test('the only branch becomes a folder between two sweeps: the replica follows', async () => {
  const name = 'unheard'
  const nina = developers[1]!
  await nina.git('push', '--quiet', 'origin', 'main:between')
  await setDefault(name, 'between')
  await nina.git('push', '--quiet', 'origin', ':trunk')
  await nina.git('push', '--quiet', 'origin', 'main:trunk/x')
  await setDefault(name, 'trunk/x')
  await nina.git('push', '--quiet', 'origin', ':between')
  await live.sweep()
  await live.untilEqual(name)
  expect([...(await live.refs(live.replicaUrl(name))).keys()].filter((ref) => ref !== 'HEAD')).toEqual([
    'refs/heads/trunk/x',
  ])
  expect(await replicaDefault(name)).toBe('trunk/x')
})

test('a mirror that dies between its push and the default branch: it is set later', async () => {
  const nina = await begin('mirrored')
  await live.untilEqual('mirrored')
  await nina.git('push', '--quiet', 'origin', 'main:trunk')
  await live.untilEqual('mirrored')
  doomed = 1
  await setDefault('mirrored', 'trunk')
  await nina.commit('second')
  await nina.git('push', '--quiet', 'origin', 'main:trunk', 'main:another')
  await untilTrue('a mirror died', async () => doomed === 0)
  await live.untilEqual('mirrored')
  await live.sweep()
  await untilTrue(
    'the replica’s default is trunk',
    async () => (await replicaDefault('mirrored')) === 'trunk',
  )
  expect(await fsckOf(live, live.replicaUrl('mirrored'))).toBe('')
})

test('a parking repository whose time is over is deleted by the sweep; its role may delete no other', async () => {
  const parking = 'orchard.relay-parking'
  const nina = developers[0]!
  await nina.git('commit', '--quiet', '--amend', '-m', 'another first')
  await nina.git('push', '--quiet', '--force', 'origin', 'main:trunk')
  await live.untilEqual('orchard')
  const parked = [...(await live.refs(live.replicaUrl(parking))).keys()]
  expect(parked).toEqual(expect.arrayContaining([expect.stringMatching(/^refs\/tags\/parked\//)]))
  // it is empty, and what is written of it says so: as if its days had passed
  await nina.git('push', '--quiet', live.replicaUrl(parking), ...parked.map((ref) => `:${ref}`))
  await daysPass('orchard')
  await live.sweep()
  await untilTrue('the parking repository is gone', async () =>
    live.refs(live.replicaUrl(parking)).then(
      () => false,
      () => true,
    ),
  )
  expect(await live.refs(live.replicaUrl('orchard'))).toEqual(await live.refs(live.url('orchard')))
  const [deletion, ...others] = deletions
  expect(others).toEqual([])
  expect(deletion?.roleArn).toMatch(/sweep/)
  expect(deletion?.resource).toBe(arnOf('eu-west-1', parking))
  expect(
    await mayDelete(deletion?.roleArn, [
      arnOf('eu-west-1', parking),
      arnOf('eu-west-1', 'orchard'),
      arnOf('us-east-1', 'orchard'),
      arnOf('us-east-1', parking),
      arnOf('eu-west-1', 'unrelated.relay-parking'),
    ]),
  ).toEqual(['allowed', 'implicitDeny', 'implicitDeny', 'implicitDeny', 'implicitDeny'])
})

const arnOf = (region: string, name: string) => `arn:aws:codecommit:${region}:${ACCOUNT}:${name}`

/** What is written of parked tips of a replica, as it is when they have expired. */
const daysPass = async (name: string): Promise<void> => {
  const table = new DynamoDBClient(live.aws)
  const TableName = String(live.outputs.TableName)
  const replica = `${ACCOUNT}/eu-west-1/${name}`
  const set = (Key: Record<string, AttributeValue>, attribute: string, value: AttributeValue) =>
    table.send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: 'SET #it = :it',
        ConditionExpression: 'attribute_exists(#it)',
        ExpressionAttributeNames: { '#it': attribute },
        ExpressionAttributeValues: { ':it': value },
      }),
    )
  const { Items = [] } = await table.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `parked#${replica}` } },
    }),
  )
  expect(Items.length).toBeGreaterThan(0)
  for (const { pk, sk } of Items) await set({ pk: pk!, sk: sk! }, 'until', { S: '2020-01-01T00:00:00.000Z' })
  await set({ pk: { S: 'parking' }, sk: { S: replica } }, 'due', { N: '0' })
}

const mayDelete = async (PolicySourceArn: string | undefined, ResourceArns: string[]) => {
  const { EvaluationResults = [] } = await new IAMClient(live.aws).send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn,
      ResourceArns,
      ActionNames: ['codecommit:DeleteRepository'],
    }),
  )
  return EvaluationResults.flatMap(({ EvalDecision, ResourceSpecificResults = [] }) =>
    ResourceSpecificResults.length > 0
      ? ResourceSpecificResults.map(({ EvalResourceDecision }) => EvalResourceDecision)
      : [EvalDecision],
  )
}
