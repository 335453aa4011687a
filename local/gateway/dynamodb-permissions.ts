import type { Permission } from './service.ts'

/**
 * What IAM must allow before DynamoDB sees a request: `dynamodb:<Operation>` on each table or index that it names
 * (Service Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB").
 * @param body the request, not yet checked by anybody
 */
export const dynamoPermissions = (
  operation: string,
  body: Readonly<Record<string, unknown>>,
  region: string,
  account: string,
): readonly Permission[] => {
  const action = `dynamodb:${operation}`
  const arnOf = (table: string) =>
    table.startsWith('arn:') ? table : `arn:aws:dynamodb:${region}:${account}:table/${table}`
  const resources: string[] = []
  if (typeof body.TableName === 'string') {
    const index = body.IndexName
    resources.push(arnOf(body.TableName) + (typeof index === 'string' ? `/index/${index}` : ''))
  }
  if (typeof body.ResourceArn === 'string') resources.push(body.ResourceArn)
  const items = body.RequestItems
  if (typeof items === 'object' && items !== null) resources.push(...Object.keys(items).map(arnOf))
  if (resources.length === 0) resources.push('*')
  return resources.map((resource) => ({ action, resource }))
}
