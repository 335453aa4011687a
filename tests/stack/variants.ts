import { parseConfig } from '../../shared/config/parse.ts'
import type { Plan, Value } from '../../stack/resources.ts'
import { type Stack, stackOf } from '../../stack/template.ts'

const other = { account: '2'.repeat(12), role: `arn:aws:iam::${'2'.repeat(12)}:role/relay-replica` }

/** relay.yml as different teams write it. */
export const VARIANTS: Readonly<Record<string, string>> = {
  'the least': `
version: 1
replicate:
  - repositories: ['*']
    to: [{ region: eu-central-1 }]
`,
  'a given network, short sweeps': `
version: 1
replicate:
  - repositories: ['team-*', '!team-private']
    to: [{ region: eu-west-2 }, { region: ap-southeast-2 }]
    deletes: keep
sweep: { everyMinutes: 1 }
mirror:
  cpu: 2048
  memoryMiB: 8192
  ephemeralStorageGiB: 120
  network: { subnets: [subnet-0a1b2c3d, subnet-0a1b2c3e], securityGroups: [sg-0a1b2c3d], assignPublicIp: false }
`,
  'another account': `
version: 1
replicate:
  - repositories: [orchard-api]
    to:
      - { region: us-west-2, account: '${other.account}', role: '${other.role}', externalId: apples }
`,
  'by tag, under keys': `
version: 1
replicate:
  - repositories: ['*']
    tag: relay:replicate-to
    to:
      - { region: eu-west-1, kmsKey: alias/replicas }
      - { region: eu-central-1, kmsKey: 'arn:aws:kms:eu-central-1:${'1'.repeat(12)}:key/0a1b2c3d' }
      - { region: eu-north-1, kmsKey: 0a1b2c3e }
      - { region: us-west-2, kmsKey: alias/theirs, account: '${other.account}', role: '${other.role}' }
`,
  'scanning, told to a topic of its own': `
version: 1
replicate:
  - repositories: ['team-*']
    to: [{ region: eu-central-1 }]
scan:
  - repositories: ['team-*', '!team-diary']
  - repositories: [orchard]
topics: { team: {}, security: { email: [security@example.com] } }
notify:
  - { topic: team, events: [push, branch, tag, replica] }
  - { topic: security, events: [secret] }
`,
  'Slack, mail and the alarms': `
version: 1
replicate:
  - from: us-east-1
    repositories: ['*']
    to: [{ region: eu-central-1 }]
  - from: eu-west-1
    repositories: ['back-?', 'front']
    to: [{ region: us-east-1 }]
topics:
  dev: { slack: { workspace: T0ORCHARD, channel: C0APPLES } }
  ops: { slack: { workspace: T0ORCHARD, channel: C0APPLES } }
  alarms: { email: [on-call@example.com, second@example.com] }
notify:
  - { topic: dev, events: [push] }
  - { topic: ops, events: [replica] }
`,
  'Teams, sources elsewhere': `
version: 1
replicate:
  - from: sa-east-1
    repositories: ['*']
    to: [{ region: us-east-1 }]
topics:
  dev-team:
    teams:
      tenant: ${['1b2c3d4e', '0000', '4000', '8000', '00000000000a'].join('-')}
      team: ${['1b2c3d4e', '0000', '4000', '8000', '00000000000b'].join('-')}
      channel: 19%3aapples%40thread.tacv2
sweep: { everyMinutes: 1440 }
`,
}

export const PLACES = [
  { region: 'us-east-1', stage: 'dev' },
  { region: 'eu-west-1', stage: 'prod' },
] as const

export const planOf = (text: string, place: { region: string; stage: string } = PLACES[0]): Plan => ({
  config: parseConfig(text),
  ...place,
})

export const stackFrom = (text: string, place?: { region: string; stage: string }): Stack =>
  stackOf(planOf(text, place))

/** Every variant at every place, for `test.each`. */
export const CASES = Object.entries(VARIANTS).flatMap(([name, text]) =>
  PLACES.map((place) => [`${name}, ${place.region}, ${place.stage}`, planOf(text, place)] as const),
)

export interface PolicyStatement {
  readonly Sid?: string
  readonly Effect: string
  readonly Principal?: { readonly Service?: string; readonly AWS?: Value }
  readonly Action: readonly string[]
  readonly Resource: readonly Value[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Value>>>>
}

/** What a template holds, with properties that a test may look into. */
export interface Made {
  readonly Type: string
  // biome-ignore lint/suspicious/noExplicitAny: each type of resource has properties of its own
  readonly Properties: Readonly<Record<string, any>>
  readonly DependsOn?: string | readonly string[]
}

export const ofType = (resources: object, type: string): [string, Made][] =>
  Object.entries(resources as Record<string, Made>).filter(([, { Type }]) => Type === type)

/** The statements of a role's inline policy. */
export const statementsOf = (role: Made): readonly PolicyStatement[] =>
  (role.Properties.Policies ?? []).flatMap(
    (policy: { PolicyDocument: { Statement: PolicyStatement[] } }) => policy.PolicyDocument.Statement,
  )

/** Logical ids that a value speaks of, by Ref, GetAtt or Sub; without the pseudo parameters. */
export const idsIn = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(idsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref' && typeof inner === 'string') return inner.startsWith('AWS::') ? [] : [inner]
    if (key === 'Fn::GetAtt') return [String(Array.isArray(inner) ? inner[0] : String(inner).split('.')[0])]
    if (key === 'Fn::Sub' && typeof inner === 'string')
      return [...inner.matchAll(/\$\{([^}:!]+)\}/g)].map((match) => String(match[1]).split('.')[0] ?? '')
    return idsIn(inner)
  })
}
