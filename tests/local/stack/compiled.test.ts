import { resolve } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import { type Package, packageStack } from '../../../cli/package.ts'
import { createKms } from '../../../local/kms/kms.ts'
import { type Deployment, deployTemplate } from '../../../local/stack/deploy.ts'
import { bench as ecsBench } from '../ecs/bench.ts'
import { ACCOUNT, bench as lambdaBench } from '../lambda/bench.ts'
import { doubles } from './doubles.ts'

// The template that a deployment would send to AWS, on small neighbours and on the real Lambda and ECS of the local cloud.
const region = 'us-east-1'
const root = resolve(import.meta.dirname, '../../..')
let packed: Package

beforeAll(async () => {
  packed = await packageStack({ root, stage: 'local', region })
})

test('the compiled template boots twice, and nothing changes the second time', async () => {
  const others = doubles()
  const lambda = lambdaBench()
  const ecs = ecsBench({})
  const parts = { store: lambda.store, now: Date.now, log: () => {} }
  const kms = createKms({ parts, iam: { authorize: () => {}, authorizeSender: () => {} } })
  const deploy = (): Promise<Deployment> =>
    deployTemplate({
      template: packed.template,
      artifacts: packed.artifact,
      account: ACCOUNT,
      region,
      stackName: 'codecommit-relay-local',
      services: [
        ...others.services,
        lambda.lambda.service,
        lambda.logs.service,
        ecs.ecs.service,
        kms.service,
      ],
      parts,
    })
  try {
    const first = await deploy()
    const ofType = (type: string) =>
      Object.values(first.resources).filter((resource) => resource.type === type)
    expect(Object.keys(first.resources).sort()).toEqual(
      Object.keys((packed.template as { Resources: object }).Resources).sort(),
    )
    for (const rule of others.rules.values()) expect(rule.targets.length).toBeGreaterThan(0)
    const functions = ofType('AWS::Lambda::Function')
    expect(functions).toHaveLength(6)
    for (const { attributes } of functions) {
      const answer = await lambda.lambda.invoke(String(attributes.Arn), '{"Records":[]}')
      expect(answer.payload).not.toMatch(/"errorType":"Runtime\./)
    }
    expect(await deploy()).toEqual(first)
    expect(others.calls.filter((name) => /Delete|Remove|Unsubscribe|Detach/.test(name))).toEqual([])
  } finally {
    await lambda.end()
    await ecs.end()
  }
})
