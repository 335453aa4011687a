import type { Caller } from '../gateway/service.ts'
import { remembered } from '../state/remembered.ts'
import type { Store } from '../state/store.ts'
import { OWNED, type TableKeys, type TableRequest } from './encryption.ts'
import type { Engine, Outcome } from './engine.ts'

/** What DynamoDB has and dynalite has not, remembered per table. */
interface TableExtras {
  /** attribute that holds the expiry */
  readonly ttl?: string
  /** ARN of the KMS key that it lies under; absent: DynamoDB's own */
  readonly key?: string
  readonly pointInTimeRecovery?: boolean
}

interface Request {
  readonly account: string
  readonly region: string
  readonly operation: string
  readonly input: Record<string, unknown>
  readonly caller?: Caller | undefined
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

/** What reads or writes items: with a table's key, in the caller's name. */
const ON_ITEMS = new Set([
  ...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan'],
  ...['BatchGetItem', 'BatchWriteItem'],
])

/**
 * Keys, time to live, point-in-time recovery (its switch alone) and tags at creation, around an engine that does the rest.
 * What it throws as AwsError is an answer.
 */
export const createExtras = (store: Store, keys: TableKeys): Extras => {
  const tables = remembered(store.collection<TableExtras>('dynamodb.tables'))
  const named = ({ account, region }: Request, table: unknown) => `${account}/${region}/${String(table)}`
  const keyOf = (request: Request) => named(request, request.input.TableName)
  const of = (request: Request, table = request.input.TableName): TableRequest => ({
    account: request.account,
    region: request.region,
    table: String(table),
    caller: request.caller,
  })
  const openAll = (request: Request): void => {
    const { TableName, RequestItems } = request.input
    const several = typeof RequestItems === 'object' && RequestItems !== null ? Object.keys(RequestItems) : []
    for (const table of TableName === undefined ? several : [TableName]) {
      const key = tables.get(named(request, table))?.key
      if (key !== undefined) keys.open(of(request, table), key)
    }
  }
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
    const key = keys.choose(of(request), request.input.SSESpecification)
    const created = await engine.run('CreateTable', request.input)
    if (created.status !== 200) return created
    if (key === undefined || key === OWNED) tables.delete(keyOf(request))
    else tables.put(keyOf(request), { key })
    const { TableArn } = (created.value as { TableDescription: { TableArn: string } }).TableDescription
    if (Array.isArray(tags) && tags.length > 0)
      await engine.run('TagResource', { ResourceArn: TableArn, Tags: tags })
    return created
  }
  const update = async (request: Request, engine: Engine): Promise<Outcome> => {
    const former = tables.get(keyOf(request)) ?? {}
    const key = keys.choose(of(request), request.input.SSESpecification)
    const changes = key !== undefined && key !== (former.key ?? OWNED)
    // everything is encrypted anew: what lies there must be read once more
    if (changes && former.key !== undefined) keys.open(of(request), former.key)
    const updated = await runUpdate(request.input, engine)
    if (updated.status !== 200 || !changes) return updated
    const { key: _, ...rest } = former
    tables.put(keyOf(request), key === OWNED ? rest : { ...rest, key })
    return updated
  }
  /** Of tables under a key of the account; while it changes, the answer of the change itself says so. */
  const described = (request: Request, outcome: Outcome): Outcome => {
    const { Table, TableDescription } = (outcome.value ?? {}) as Record<string, object | undefined>
    const description = Table ?? TableDescription
    const key = tables.get(keyOf(request))?.key
    if (outcome.status !== 200 || !description || key === undefined) return outcome
    const changing = request.operation === 'UpdateTable' && request.input.SSESpecification !== undefined
    const SSEDescription = {
      Status: changing ? 'UPDATING' : 'ENABLED',
      SSEType: 'KMS',
      KMSMasterKeyArn: key,
    }
    const value = { ...description, SSEDescription }
    return { ...outcome, value: Table ? { Table: value } : { TableDescription: value } }
  }
  return {
    serves: (operation) => OWN.has(operation),
    run: async (request, engine) => {
      if (OWN.has(request.operation)) return own(request, engine)
      if (ON_ITEMS.has(request.operation)) openAll(request)
      if (request.operation === 'CreateTable') return described(request, await create(request, engine))
      if (request.operation === 'UpdateTable') return described(request, await update(request, engine))
      const key = keyOf(request)
      const outcome = described(request, await engine.run(request.operation, request.input))
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

/** The engine knows no keys: an update of nothing else is none to it. */
const runUpdate = async (input: Request['input'], engine: Engine): Promise<Outcome> => {
  const { TableName, SSESpecification, ...others } = input
  if (SSESpecification === undefined || Object.keys(others).length > 0)
    return engine.run('UpdateTable', input)
  const found = await engine.run('DescribeTable', { TableName })
  if (found.status !== 200) return found
  const { Table } = found.value as { Table: object }
  return ok({ TableDescription: { ...Table, TableStatus: 'UPDATING' } })
}

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
