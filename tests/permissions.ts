import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  ListRolesCommand,
} from '@aws-sdk/client-iam'
import { raiseCloud } from './support/live-cloud.ts'

// npm run check:permissions: runs the scenarios and lists what the roles of the stack may do and never did. A permission that is
// missing fails the scenarios themselves. Exit status 1 when the scenarios fail; what is listed is for a person to judge.
const folder = mkdtempSync(join(tmpdir(), 'relay-permissions-'))

const runScenarios = (): boolean => {
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', 'tests/scenarios']
  const { status } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...jest], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, RELAY_DECISIONS: folder },
  })
  return status === 0
}

/** `<role name> <action>` of everything that a role was allowed to do. */
const used = (): ReadonlySet<string> =>
  new Set(readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n')))

interface Grant {
  readonly role: string
  readonly action: string
  readonly resources: string
}

/** What is not wanted grants nothing. */
const EVERYTHING = `
version: 1
replicate: [{ repositories: ['*'], to: [{ region: eu-west-1 }] }]
scan: [{ repositories: ['*'] }]
topics: { security: {} }
notify: [{ topic: security, events: [secret] }]
`

/** Every action that a role of the stack is allowed, as deployed. */
const granted = async (): Promise<readonly Grant[]> => {
  const live = await raiseCloud({ config: EVERYTHING })
  try {
    const iam = new IAMClient(live.aws)
    const { Roles = [] } = await iam.send(new ListRolesCommand({}))
    const grants: Grant[] = []
    for (const { RoleName = '' } of Roles) {
      const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
      for (const PolicyName of PolicyNames) {
        const policy = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
        grants.push(...grantsOf(RoleName, JSON.parse(decodeURIComponent(policy.PolicyDocument ?? ''))))
      }
    }
    return grants
  } finally {
    await live.stop()
  }
}

const list = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value as T]

const grantsOf = (role: string, document: { Statement: unknown }): Grant[] =>
  list(document.Statement as { Effect: string; Action: string | string[]; Resource: string | string[] })
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource }) =>
      list<string>(Action).map((action) => ({ role, action, resources: list<string>(Resource).join(' ') })),
    )

const fits = (pattern: string, action: string): boolean =>
  new RegExp(
    `^${pattern.replace(/[.*+?]/g, (c) => (c === '*' ? '.*' : c === '?' ? '.' : `\\${c}`))}$`,
    'i',
  ).test(action)

try {
  const ok = runScenarios()
  const seen = [...used()].map((line) => line.split(' '))
  const grants = await granted()
  const idle = grants.filter(
    ({ role, action }) => !seen.some(([who, what = '']) => who === role && fits(action, what)),
  )
  process.stdout.write(
    `\n${grants.length} permissions of ${new Set(grants.map(({ role }) => role)).size} roles; `,
  )
  process.stdout.write(idle.length === 0 ? 'each was used.\n' : `${idle.length} never used:\n`)
  for (const { role, action, resources } of idle)
    process.stdout.write(`  ${role}  ${action}  on ${resources}\n`)
  process.exitCode = ok ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
