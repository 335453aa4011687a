import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEcs, type EcsOptions } from '../../../local/ecs/ecs.ts'
import type { Call } from '../../../local/gateway/service.ts'
import type { Envelope } from '../../../local/gateway/wires.ts'
import { createLogs } from '../../../local/logs/logs.ts'
import { openStore } from '../../../local/state/store.ts'
import { ACCOUNT, REGION, smallIam } from '../lambda/bench.ts'

export const call: Call = {
  service: 'ecs',
  operation: '',
  region: REGION,
  account: ACCOUNT,
  caller: { account: ACCOUNT, arn: 'cloudformation.amazonaws.com', userId: '-', kind: 'service' },
  requestId: '-',
}
const IMAGE = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/mirror:latest`
export const TASK_ROLE = `arn:aws:iam::${ACCOUNT}:role/task`
export const EXECUTION_ROLE = `arn:aws:iam::${ACCOUNT}:role/execution`

interface Detail {
  readonly lastStatus: string
  readonly desiredStatus: string
  readonly version: number
  readonly taskArn: string
  readonly stopCode?: string
  readonly stoppedReason?: string
  readonly containers: readonly { exitCode?: number; reason?: string }[]
}

/** ECS with real processes; its image is a folder with the given files. */
export const bench = (
  files: Record<string, string>,
  options: Partial<EcsOptions> & { root?: string } = {},
) => {
  const root = options.root ?? mkdtempSync(join(tmpdir(), 'ecs-'))
  const image = join(root, 'image')
  mkdirSync(image, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(image, name), text)
  const store = openStore(join(root, 'state.db'))
  const said: string[] = []
  const parts = {
    store,
    now: Date.now,
    log: (_service: string, text: string, facts?: object) =>
      said.push(`${text} ${JSON.stringify(facts ?? {})}`),
  }
  const logs = createLogs({ parts, folder: join(root, 'logs') })
  const lines: string[] = []
  logs.tail(({ line }) => lines.push(line))
  const events: Envelope[] = []
  const identity = smallIam()
  const ecs = createEcs({
    parts,
    iam: identity.iam,
    emit: (envelope) => events.push(envelope),
    folder: join(root, 'ecs'),
    environment: { EXTRA: 'given' },
    logs,
    images: (name) => (name === IMAGE ? { folder: image } : undefined),
    ...options,
  })
  // biome-ignore lint/suspicious/noExplicitAny: outputs are read as each test knows them
  const run = (operation: string, input: object): Promise<any> =>
    Promise.resolve().then(() => ecs.service.operations[operation]!(input, { ...call, operation }))
  const details = () => events.map(({ detail }) => detail as Detail)
  return {
    ...{ ecs, logs, run, events, details, lines, said, identity, root, image, store },
    define: async (container: object = {}, more: object = {}) => {
      await run('CreateCluster', { clusterName: 'relay' })
      await logs.service.operations.CreateLogGroup?.({ logGroupName: '/relay/mirror' }, call)
      return run('RegisterTaskDefinition', {
        family: 'mirror',
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        cpu: '256',
        memory: '512',
        taskRoleArn: TASK_ROLE,
        executionRoleArn: EXECUTION_ROLE,
        containerDefinitions: [
          {
            name: 'mirror',
            image: IMAGE,
            command: ['node', '/app/main.mjs'],
            logConfiguration: {
              logDriver: 'awslogs',
              options: {
                'awslogs-group': '/relay/mirror',
                'awslogs-region': REGION,
                'awslogs-stream-prefix': 'm',
              },
            },
            ...container,
          },
        ],
        ...more,
      })
    },
    runTask: (more: object = {}) =>
      run('RunTask', {
        cluster: 'relay',
        taskDefinition: 'mirror',
        launchType: 'FARGATE',
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
        ...more,
      }),
    stopped: () => details().filter(({ lastStatus }) => lastStatus === 'STOPPED'),
    close: async () => {
      await ecs.stop()
      await logs.close()
      store.close()
    },
    end: async () => {
      await ecs.stop()
      await logs.close()
      store.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
