import { type Context, type Former, type Handler, type Handlers, unless } from '../handler.ts'
import { defined, flag, needText, number, object, objects, text } from '../properties.ts'
import type { JsonObject } from '../values.ts'

const throughput = (properties: JsonObject) => {
  const given = object(properties, 'ProvisionedThroughput')
  return (
    given && {
      ReadCapacityUnits: number(given, 'ReadCapacityUnits'),
      WriteCapacityUnits: number(given, 'WriteCapacityUnits'),
    }
  )
}

/** What is under no key of the account's any more must say so: the API takes silence for "as it is". */
const encryptionOf = (properties: JsonObject) => {
  const given = object(properties, 'SSESpecification')
  return (
    given &&
    defined({
      Enabled: flag(given, 'SSEEnabled'),
      SSEType: text(given, 'SSEType'),
      KMSMasterKeyId: text(given, 'KMSMasterKeyId'),
    })
  )
}

const tableInput = (TableName: string, properties: JsonObject) => {
  const indexes = objects(properties, 'GlobalSecondaryIndexes').map((index) =>
    defined({ ...index, ProvisionedThroughput: throughput(index) }),
  )
  return defined({
    TableName,
    AttributeDefinitions: properties.AttributeDefinitions,
    KeySchema: properties.KeySchema,
    BillingMode: text(properties, 'BillingMode'),
    ProvisionedThroughput: throughput(properties),
    GlobalSecondaryIndexes: indexes.length > 0 ? indexes : undefined,
    LocalSecondaryIndexes: properties.LocalSecondaryIndexes,
    StreamSpecification: properties.StreamSpecification,
    SSESpecification: encryptionOf(properties),
    Tags: properties.Tags,
  })
}

/** A table keeps its items through every deployment; what its key is cannot change. */
const table: Handler = {
  apply: async ({ logicalId, properties, former }, context) => {
    const TableName = text(properties, 'TableName') ?? context.generatedName(logicalId, 255)
    if (former?.physicalId === TableName)
      for (const name of ['KeySchema', 'LocalSecondaryIndexes', 'GlobalSecondaryIndexes'])
        if (JSON.stringify(former.properties[name]) !== JSON.stringify(properties[name]))
          throw new Error(
            `property ${name} of table ${TableName} cannot change here: give the table another name`,
          )
    const input = tableInput(TableName, properties)
    const timeToLive = timeToLiveOf(properties)
    const there = await unless(['ResourceNotFound'], context.call('dynamodb', 'DescribeTable', { TableName }))
    if (!there) await context.call('dynamodb', 'CreateTable', input)
    else await encrypt(context, TableName, properties, former, there.Table.SSEDescription !== undefined)
    await setTimeToLive(context, TableName, timeToLive)
    return { physicalId: TableName, attributes: { Arn: context.arn('dynamodb', `table/${TableName}`) } }
  },
  remove: async ({ physicalId }, context) => {
    await unless(['ResourceNotFound'], context.call('dynamodb', 'DeleteTable', { TableName: physicalId }))
  },
}

/** A table that was there, under the key that the template names now. */
const encrypt = async (
  context: Context,
  TableName: string,
  properties: JsonObject,
  former: Former | undefined,
  isOurs: boolean,
) => {
  const wanted = encryptionOf(properties)
  const same = JSON.stringify(wanted) === JSON.stringify(former ? encryptionOf(former.properties) : undefined)
  if ((wanted?.Enabled ?? false) === isOurs && (same || !isOurs)) return
  await context.call('dynamodb', 'UpdateTable', {
    TableName,
    SSESpecification: wanted ?? { Enabled: false },
  })
}

const timeToLiveOf = (properties: JsonObject) => {
  const given = object(properties, 'TimeToLiveSpecification')
  return given && { AttributeName: needText(given, 'AttributeName'), Enabled: flag(given, 'Enabled') ?? true }
}

/** DynamoDB refuses to be told what it knows already ("TimeToLive is already enabled"). */
const setTimeToLive = async (
  context: Context,
  TableName: string,
  timeToLive: ReturnType<typeof timeToLiveOf>,
) => {
  if (timeToLive)
    await unless(
      ['ValidationException'],
      context.call('dynamodb', 'UpdateTimeToLive', { TableName, TimeToLiveSpecification: timeToLive }),
    )
}

export const dynamodbHandlers: Handlers = { 'AWS::DynamoDB::Table': table }
