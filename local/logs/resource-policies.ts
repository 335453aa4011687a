import type { Parts, PolicyDocument } from '../contracts.ts'
import { AwsError, type Operation } from '../gateway/service.ts'
import { invalidParameter } from './errors.ts'
import type { Place } from './groups.ts'

interface PolicyRecord {
  readonly name: string
  readonly document: string
  readonly updatedAt: number
}

/** CloudWatch Logs quotas: resource policies of an account in a region. */
const MAX_POLICIES = 10

/** Who besides this account's own may write to its log groups: EventBridge, by a policy of the region. */
export const openResourcePolicies = ({ store, now }: Parts) => {
  const records = store.collection<PolicyRecord>('logs.policies')
  const keyOf = ({ account, region }: Place, name: string) => `${account}/${region}/${name}`
  const list = (place: Place) => records.entries(keyOf(place, '')).map(([, record]) => record)
  const describe = ({ name, document, updatedAt }: PolicyRecord) => ({
    policyName: name,
    policyDocument: document,
    lastUpdatedTime: updatedAt,
    policyScope: 'ACCOUNT',
  })
  const operations: Record<string, Operation> = {
    PutResourcePolicy: (input, call) => {
      const name: string = input.policyName ?? ''
      if (statementsOf(input.policyDocument) === undefined) throw invalidParameter('Invalid policy document.')
      if (!records.get(keyOf(call, name)) && list(call).length >= MAX_POLICIES)
        throw new AwsError('LimitExceededException', 'Resource limit exceeded.')
      const record = { name, document: input.policyDocument, updatedAt: now() }
      records.put(keyOf(call, name), record)
      return { resourcePolicy: describe(record) }
    },
    DescribeResourcePolicies: (_input, call) => ({ resourcePolicies: list(call).map(describe) }),
    DeleteResourcePolicy: (input, call) => {
      if (!records.delete(keyOf(call, input.policyName)))
        throw new AwsError(
          'ResourceNotFoundException',
          `Policy with name [${input.policyName}] does not exist.`,
        )
      return {}
    },
  }
  return {
    operations,
    /** all of them as one document; undefined where there is none */
    of: (place: Place): PolicyDocument | undefined => {
      const statements = list(place).flatMap(({ document }) => statementsOf(document) ?? [])
      return statements.length === 0 ? undefined : { Version: '2012-10-17', Statement: statements }
    },
  }
}

const statementsOf = (text: string | undefined): object[] | undefined => {
  try {
    const { Statement } = JSON.parse(text ?? '') as { Statement?: object | object[] }
    if (typeof Statement !== 'object' || Statement === null) return undefined
    return Array.isArray(Statement) ? Statement : [Statement]
  } catch {
    return undefined
  }
}
