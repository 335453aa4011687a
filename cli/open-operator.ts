import { resolve } from 'node:path'
import { STSClient } from '@aws-sdk/client-sts'
import { type CodeCommitAccess, createCodeCommit } from '../shared/codecommit/access.ts'
import { isParkingName, type RepositoryAddress } from '../shared/codecommit/address.ts'
import { createDiscover } from '../shared/config/discover.ts'
import { chooses } from '../shared/config/glob.ts'
import type { Config } from '../shared/config/types.ts'
import { directed } from '../shared/replication/direction.ts'
import type { Target } from '../shared/replication/prove.ts'
import { awsName } from '../shared/runtime/aws-failures.ts'
import type { Direction } from '../shared/store/directions.ts'
import { BadConfig, readConfig } from '../stack/config.ts'
import type { Consumer } from '../stack/consumers.ts'
import { named } from '../stack/resources.ts'
import { UserError } from './errors.ts'
import { enterLocalCloud } from './local-terminal.ts'
import type { Caller, Choice, Operator, OperatorOptions } from './operator.ts'
import { inParallel } from './pool.ts'

/** stage under which serverless.yml deploys when nothing else is said */
const STAGE = 'dev'
/** as Serverless takes it for a deployment; anything else could not name a table */
const STAGE_NAME = /^[A-Za-z0-9-]+$/
/** EventBridge's bus of every account, on which the stack's rules listen */
const BUS = 'default'
const TAGS_AT_ONCE = 8
const PATIENCE = { connectionTimeout: 3_000, requestTimeout: 10_000 }

/**
 * Reads relay.yml and finds out the region; asks nothing of AWS yet.
 * @throws UserError for mistakes in relay.yml, what is no stage, an unknown region, a local cloud that is not there
 */
export const openOperator = async (options: OperatorOptions): Promise<Operator> => {
  const { local } = options
  if (local !== undefined) enterLocalCloud(local === true ? '.relay' : local, process.env)
  const config = configOf(options.config ?? process.env.RELAY_CONFIG ?? 'relay.yml')
  const stage = options.stage ?? (process.env.RELAY_STAGE || STAGE)
  if (!STAGE_NAME.test(stage))
    throw new UserError(
      `${stage} is not the name of a stage.`,
      'It has letters, digits and hyphens: --stage prod.',
    )
  const region = options.region ?? (await regionOfProcess())
  // for every client that is made without a region, as the functions make theirs
  process.env.AWS_REGION = region
  return operatorOf({ config, stage, region })
}

const configOf = (file: string): Config => {
  try {
    return readConfig(resolve(file))
  } catch (error) {
    if (!(error instanceof BadConfig)) throw error
    throw new UserError(error.message, 'Mend what is named above, then run this again.', { cause: error })
  }
}

/** AWS_REGION, or that of the profile. */
const regionOfProcess = async (): Promise<string> => {
  try {
    return await new STSClient({}).config.region()
  } catch (cause) {
    throw new UserError('It is not known in which region the stack is.', 'Give --region, or AWS_REGION.', {
      cause,
    })
  }
}

const operatorOf = (where: Pick<Operator, 'config' | 'stage' | 'region'>): Operator => {
  const { config, stage, region } = where
  const own = once(() => callerIn(region))
  const codecommit = once(async () =>
    createCodeCommit({ gitEndpoint: process.env.RELAY_GIT_ENDPOINT || undefined, region, now: Date.now }),
  )
  const table = once(async () => {
    const [{ DynamoDBClient }, { openTable }] = await Promise.all([
      import('@aws-sdk/client-dynamodb'),
      import('../shared/store/table.ts'),
    ])
    return openTable({
      client: new DynamoDBClient({ region, requestHandler: PATIENCE }),
      name: named({ stage }, 'table'),
    })
  })
  const directions = once(async () =>
    (await import('../shared/store/directions.ts')).openDirections(await table()),
  )
  return {
    ...where,
    own,
    codecommit,
    table,
    store: once(async () => (await import('../shared/store/replicas.ts')).openReplicas(await table())),
    git: once(async () => (await import('../shared/git/client.ts')).createGitClient()),
    queue: (consumer) => queueOf(where, consumer),
    emit: once(async () => {
      const [{ createEmitter }, { lazyBus }] = await Promise.all([
        import('../shared/events/emit.ts'),
        import('../shared/runtime/aws-clients.ts'),
      ])
      return createEmitter({ client: lazyBus(), bus: BUS }).emit
    }),
    directions,
    targets: async (choice = {}) =>
      targetsOf(
        {
          config,
          own: await own(),
          codecommit: await codecommit(),
          directions: await (await directions()).list(),
        },
        choice,
      ),
  }
}

/** What is made once, at the first call; a failure is not kept. */
const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}

const callerIn = async (region: string): Promise<Caller> => {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts')
  const sts = new STSClient({ region, requestHandler: PATIENCE })
  const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({}))
  return { account, region, arn }
}

const queueOf = async ({ stage, region }: Pick<Operator, 'stage' | 'region'>, consumer: Consumer) => {
  const [{ GetQueueUrlCommand, SQSClient }, { createQueue }, { lazyQueues }] = await Promise.all([
    import('@aws-sdk/client-sqs'),
    import('../shared/runtime/queue.ts'),
    import('../shared/runtime/aws-clients.ts'),
  ])
  const name = named({ stage }, consumer)
  try {
    const client = new SQSClient({ region, requestHandler: PATIENCE })
    const { QueueUrl = '' } = await client.send(new GetQueueUrlCommand({ QueueName: name }))
    return createQueue({ queues: lazyQueues(), url: QueueUrl })
  } catch (cause) {
    // the name is that of the wire's query protocol or of its JSON protocol
    if (!/NonExistentQueue|QueueDoesNotExist/.test(awsName(cause))) throw cause
    throw new UserError(
      `There is no queue ${name} in ${region}.`,
      `Is the stack deployed there under stage ${stage}? --stage and --region name others.`,
      { cause },
    )
  }
}

/**
 * As the sweep finds them: the repositories that there are in each source region, and what relay.yml wants of them; turned round where
 * they were failed over.
 */
const targetsOf = async (
  { config, own, codecommit, directions }: Finding,
  { repositories: globs = [], to }: Choice,
): Promise<readonly Target[]> => {
  const tagsOf = (repository: RepositoryAddress) => codecommit.tagsOf(repository)
  const discover = createDiscover({ config, own, tagsOf, now: Date.now })
  const regions = [...new Set(config.replicate.map(({ from }) => from ?? own.region))]
  const chosen: RepositoryAddress[] = []
  for (const region of regions) {
    for (const name of (await codecommit.listRepositories(region)).sort()) {
      if (!isParkingName(name) && (globs.length === 0 || chooses(globs, name)))
        chosen.push({ account: own.account, region, name })
    }
  }
  // a rule that looks for a tag costs a call for each
  const found = await inParallel(chosen, TAGS_AT_ONCE, async (repository) =>
    (await discover(repository, SILENT)).map((replica) => directed({ ...replica, repository }, directions)),
  )
  return found.flat().filter(({ replica }) => to === undefined || replica.region === to)
}

interface Finding {
  readonly config: Config
  readonly own: Caller
  readonly codecommit: CodeCommitAccess
  readonly directions: readonly Direction[]
}

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined }
