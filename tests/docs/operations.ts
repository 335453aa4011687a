import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPERATIONS } from '../../local/dynamodb/engine.ts'
import { OWN } from '../../local/dynamodb/extras.ts'
import { createFaults } from '../../local/faults/faults.ts'
import { MODELS } from '../../local/gateway/models.ts'
import { openLife } from '../../local/life.ts'

const NAMES: Readonly<Record<string, string>> = {
  cloudtrail: 'CloudTrail',
  codecommit: 'CodeCommit',
  dynamodb: 'DynamoDB',
  ecs: 'ECS',
  events: 'EventBridge',
  iam: 'IAM',
  kms: 'KMS',
  lambda: 'Lambda',
  logs: 'CloudWatch Logs',
  scheduler: 'EventBridge Scheduler',
  sns: 'SNS',
  sqs: 'SQS',
  sts: 'STS',
}

/** docs/local-operations.md: every operation that the local cloud serves, from the code itself. */
export const operationsPage = async (): Promise<string> => {
  const served = await servedOperations()
  const sections = await Promise.all(
    [...served].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, operations]) => section(name, operations)),
  )
  return `${HEAD}\n${sections.join('\n')}`
}

const HEAD = `# What the local cloud serves

Made by \`npm run docs\` from the code; a test holds it to that. Every other operation of these services answers
UnknownOperationException (InvalidAction in XML), and names itself.
`

const section = async (name: string, operations: readonly string[]): Promise<string> => {
  const known = await operationsOfModel(name)
  const count = known === undefined ? `${operations.length}` : `${operations.length} of ${known}`
  return `## ${NAMES[name] ?? name}\n\n${wrapped(`${count} operations: ${[...operations].sort().join(', ')}.`)}\n`
}

const wrapped = (text: string): string => text.replace(/(.{1,130})( |$)/g, '$1\n').trimEnd()

const servedOperations = async (): Promise<Map<string, readonly string[]>> => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-operations-'))
  const life = await openLife({
    folder,
    accounts: ['111111111111'],
    regions: ['us-east-1'],
    faults: createFaults(),
    port: () => 0,
    gitHost: () => '',
    onEvent: () => undefined,
    onDecision: () => undefined,
  })
  try {
    const all = life.services.all.map(({ name, operations }) => [name, Object.keys(operations)] as const)
    return new Map([...all, ['dynamodb', [...new Set([...OPERATIONS, ...OWN])]]])
  } finally {
    await life.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** How many operations the SDK's client has. */
const operationsOfModel = async (name: string): Promise<number | undefined> => {
  const model = MODELS.find(({ service }) => service === name)
  if (!model) return undefined
  return Object.keys(await model.load()).filter((key) => /^[A-Z].*Command$/.test(key) && key !== '$Command')
    .length
}
