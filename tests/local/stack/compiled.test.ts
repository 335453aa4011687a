import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createKms } from '../../../local/kms/kms.ts'
import { type Deployment, deployTemplate } from '../../../local/stack/deploy.ts'
import { bench as ecsBench } from '../ecs/bench.ts'
import { ACCOUNT, bench as lambdaBench } from '../lambda/bench.ts'
import { doubles } from './doubles.ts'

// The template that a deployment would send to AWS, on small neighbours and on the real Lambda and ECS of the local cloud.
const region = 'us-east-1'
const root = resolve(import.meta.dirname, '../../..')
const sources = ['functions', 'containers', 'shared', 'stack', 'serverless.yml', 'package.json', 'relay.yml']
let project = ''
let template: { Resources: object }
const artifact = async (key: string) => readFileSync(join(project, '.serverless', basename(key)))

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'compiled-'))
  for (const name of sources) cpSync(join(root, name), join(project, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
  const serverless = join(root, 'node_modules/serverless/bin/serverless.js')
  execFileSync(process.execPath, [serverless, 'package', '--stage', 'local', '--region', region], {
    cwd: project,
    env: { PATH: process.env.PATH, HOME: project, SLS_NOTIFICATIONS_MODE: 'off' },
    stdio: 'pipe',
  })
  const file = join(project, '.serverless/cloudformation-template-update-stack.json')
  template = JSON.parse(readFileSync(file, 'utf8')) as { Resources: object }
})
afterAll(() => rmSync(project, { recursive: true, force: true }))

test('the compiled template boots twice, and nothing changes the second time', async () => {
  const others = doubles()
  const lambda = lambdaBench()
  const ecs = ecsBench({})
  const parts = { store: lambda.store, now: Date.now, log: () => {} }
  const kms = createKms({ parts, iam: { authorize: () => {}, authorizeSender: () => {} } })
  const deploy = (): Promise<Deployment> =>
    deployTemplate({
      template,
      artifacts: artifact,
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
    expect(Object.keys(first.resources).sort()).toEqual(Object.keys(template.Resources).sort())
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
