import type { Store } from '../state/store.ts'
import type { Engine, Outcome } from './engine.ts'

/** What DynamoDB has and dynalite has not, remembered per table. */
interface TableExtras {
  /** attribute that holds the expiry */
  readonly ttl?: string
  readonly pointInTimeRecovery?: boolean
}

interface Request {
  readonly account: string
  readonly region: string
  readonly operation: string
  readonly input: Record<string, unknown>
}

export interface Extras {
  serves(operation: string): boolean
  run(request: Request, engine: Engine): Promise<Outcome>
  /** tables whose items expire */
  expiring(): { account: string; region: string; table: string; attribute: string }[]
}

export const OWN = new Set([
  'UpdateTimeToLive',
  'DescribeTimeToLive',
  'DescribeContinuousBackups',
  'UpdateContinuousBackups',
])

/** Time to live, point-in-time recovery (its switch alone) and tags at creation, around an engine that does the rest. */
export const createExtras = (store: Store): Extras => {
  const tables = store.collection<TableExtras>('dynamodb.tables')
  const keyOf = ({ account, region, input }: Request) => `${account}/${region}/${String(input.TableName)}`
  const own = async (request: Request, engine: Engine): Promise<Outcome> => {
    const { operation, input } = request
    const described = await engine.run('DescribeTable', { TableName: input.TableName })
    if (described.status !== 200) return described
    const extras = tables.get(keyOf(request)) ?? {}
    if (operation === 'DescribeTimeToLive') return ok({ TimeToLiveDescription: describeTtl(extras.ttl) })
    if (operation === 'DescribeContinuousBackups') return ok(describeBackups(extras))
    if (operation === 'UpdateContinuousBackups') {
      const wanted = input.PointInTimeRecoverySpecification as
        | { PointInTimeRecoveryEnabled?: unknown }
        | undefined
      const next = { ...extras, pointInTimeRecovery: wanted?.PointInTimeRecoveryEnabled === true }
      tables.put(keyOf(request), next)
      return ok(describeBackups(next))
    }
    const wanted = input.TimeToLiveSpecification as { Enabled?: unknown; AttributeName?: unknown } | undefined
    const attribute = wanted?.AttributeName
    if (typeof attribute !== 'string' || attribute === '' || typeof wanted?.Enabled !== 'boolean')
      return invalid('TimeToLiveSpecification needs Enabled and AttributeName')
    if (wanted.Enabled === (extras.ttl !== undefined))
      return invalid(`TimeToLive is already ${wanted.Enabled ? 'enabled' : 'disabled'}`)
    const { ttl: _, ...rest } = extras
    tables.put(keyOf(request), wanted.Enabled ? { ...rest, ttl: attribute } : rest)
    return ok({ TimeToLiveSpecification: { AttributeName: attribute, Enabled: wanted.Enabled } })
  }
  const create = async (request: Request, engine: Engine): Promise<Outcome> => {
    const { Tags: tags } = request.input
    const created = await engine.run('CreateTable', request.input)
    if (created.status !== 200) return created
    tables.delete(keyOf(request))
    const { TableArn } = (created.value as { TableDescription: { TableArn: string } }).TableDescription
    if (Array.isArray(tags) && tags.length > 0)
      await engine.run('TagResource', { ResourceArn: TableArn, Tags: tags })
    return created
  }
  return {
    serves: (operation) => OWN.has(operation),
    run: async (request, engine) => {
      // dynalite would name a user of its own
      const { ResourceArn: arn } = request.input
      if (
        /^(?:Tag|Untag|ListTagsOf)/.test(request.operation) &&
        arn !== undefined &&
        !TABLE_ARN.test(String(arn))
      )
        return invalid(`Invalid TableArn: Invalid ResourceArn provided as input ${arn}`)
      if (OWN.has(request.operation)) return own(request, engine)
      if (request.operation === 'CreateTable') return create(request, engine)
      const key = keyOf(request)
      const outcome = await engine.run(request.operation, request.input)
      if (request.operation === 'DeleteTable' && outcome.status === 200) tables.delete(key)
      return outcome
    },
    expiring: () =>
      tables.entries().flatMap(([key, { ttl }]) => {
        const [account = '', region = '', table = ''] = key.split('/')
        return ttl === undefined ? [] : [{ account, region, table, attribute: ttl }]
      }),
  }
}

const TABLE_ARN = /^arn:[^:]+:dynamodb:[^:]+:\d{12}:table\/.+$/

const ok = (value: object): Outcome => ({ status: 200, value })

const invalid = (message: string): Outcome => ({
  status: 400,
  value: { __type: 'com.amazon.coral.validate#ValidationException', message },
})

const describeTtl = (attribute: string | undefined) =>
  attribute === undefined
    ? { TimeToLiveStatus: 'DISABLED' }
    : { TimeToLiveStatus: 'ENABLED', AttributeName: attribute }

const describeBackups = ({ pointInTimeRecovery }: TableExtras) => ({
  ContinuousBackupsDescription: {
    ContinuousBackupsStatus: 'ENABLED',
    PointInTimeRecoveryDescription: {
      PointInTimeRecoveryStatus: pointInTimeRecovery ? 'ENABLED' : 'DISABLED',
    },
  },
})
