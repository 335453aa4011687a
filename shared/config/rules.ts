import { nearest } from '../runtime/nearest.ts'
import { FARGATE_SIZES, memoryText } from './fargate.ts'
import { partitionOf } from './regions.ts'
import type { Path } from './yaml-source.ts'

/** Something wrong that the form alone cannot say. */
export interface RuleBreach {
  readonly path: Path
  readonly expected: string
  readonly found: string
  readonly nearest?: string
  /** the key is wrong, not its value */
  readonly atKey?: boolean
}

/**
 * What must hold between the values of relay.yml. Takes the value as it was read, whose form may be wrong elsewhere, so that
 * one look shows every mistake: a part that has not the right form is passed over here.
 */
export const breaches = (value: unknown): readonly RuleBreach[] => {
  const config = mapping(value)
  return [
    ...list(config.replicate).flatMap((rule, index) => ruleBreaches(mapping(rule), ['replicate', index])),
    ...Object.entries(mapping(config.topics)).flatMap(([name, topic]) =>
      topicBreaches(mapping(topic), ['topics', name]),
    ),
    ...topicNameBreaches(Object.keys(mapping(config.topics))),
    ...list(config.notify).flatMap((route, index) => routeBreaches(mapping(route), index, config.topics)),
    ...list(config.scan).flatMap((rule, index) =>
      globBreaches(mapping(rule).repositories, ['scan', index, 'repositories']),
    ),
    ...sizeBreaches(mapping(config.mirror)),
  ]
}

const ruleBreaches = (rule: Mapping, path: Path): RuleBreach[] => {
  const targets = list(rule.to).map(mapping)
  return [
    ...globBreaches(rule.repositories, [...path, 'repositories']),
    ...targets.flatMap((target, index) => [
      ...targetBreaches(target, [...path, 'to', index]),
      ...againstSource(text(rule.from), target, [...path, 'to', index]),
      ...againstEarlier(targets, index, [...path, 'to', index]),
    ]),
  ]
}

const globBreaches = (value: unknown, path: Path): RuleBreach[] => {
  const globs = list(value)
  const all = globs.length > 0 && globs.every((glob) => text(glob)?.startsWith('!'))
  return all
    ? [{ path, expected: 'at least one glob that includes something', found: 'only globs that exclude' }]
    : []
}

const targetBreaches = (target: Mapping, path: Path): RuleBreach[] => {
  const account = text(target.account)
  const role = text(target.role)
  const roleAccount = role?.split(':')[4]
  const region = text(target.region)
  const partition = region && partitionOf(region)
  const broken: RuleBreach[] = []
  if (account !== undefined && target.role === undefined) {
    broken.push({
      path: [...path, 'role'],
      expected: `the ARN of a role in account ${account} for Relay to assume (without "account", the replica is in Relay’s own)`,
      found: NOTHING,
    })
  }
  if (role !== undefined && target.account === undefined) {
    broken.push({
      path: [...path, 'account'],
      expected: 'the account of the role, in quotes',
      found: NOTHING,
    })
  }
  if (role !== undefined && account !== undefined && roleAccount !== account && /^\d{12}$/.test(account)) {
    broken.push({ path: [...path, 'role'], expected: `a role of account ${account}`, found: quote(role) })
  }
  if (role !== undefined && partition !== undefined && role.split(':')[1] !== partition) {
    broken.push({
      path: [...path, 'role'],
      expected: `a role of partition ${partition}, in which ${region} is`,
      found: quote(role),
    })
  }
  if (target.externalId !== undefined && target.role === undefined) {
    broken.push({ path: [...path, 'externalId'], expected: 'a role that asks for it', found: 'no role' })
  }
  return broken
}

const againstSource = (from: string | undefined, target: Mapping, path: Path): RuleBreach[] => {
  const region = text(target.region)
  if (from === undefined || region === undefined) return []
  if (from === region && target.account === undefined) {
    return [
      {
        path: [...path, 'region'],
        expected: 'another region than that of the source, or another account',
        found: quote(region),
      },
    ]
  }
  const [there, here] = [partitionOf(region), partitionOf(from)]
  return there !== undefined && here !== undefined && there !== here
    ? [
        {
          path: [...path, 'region'],
          expected: `a region of partition ${here}, like the source’s`,
          found: quote(region),
        },
      ]
    : []
}

const againstEarlier = (targets: readonly Mapping[], index: number, path: Path): RuleBreach[] => {
  const keyOf = ({ region, account }: Mapping) => JSON.stringify([region, account])
  const target = targets[index] ?? {}
  const first = targets.findIndex((other) => keyOf(other) === keyOf(target))
  return text(target.region) !== undefined && first < index
    ? [{ path, expected: 'each replica once', found: `the same region and account as to[${first}]` }]
    : []
}

const topicBreaches = (topic: Mapping, path: Path): RuleBreach[] => {
  const chat = ['slack', 'teams'].filter((key) => topic[key] !== undefined)
  if (chat.length > 1) {
    return [
      {
        path: [...path, 'teams'],
        expected: 'one chat channel per topic, since Slack and Teams read different markdown',
        found: 'slack and teams together',
      },
    ]
  }
  return chat.length === 1 && list(topic.email).length > 0
    ? [
        {
          path: [...path, 'email'],
          expected: 'a topic of its own for mail, since a chat topic carries cards only',
          found: `${chat[0]} on the same topic`,
        },
      ]
    : []
}

/** Topic names become part of SNS topic names and of CloudFormation's logical ids; the latter have no hyphens. */
const TOPIC_NAME = /^(?=.{1,40}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/

const topicNameBreaches = (names: readonly string[]): RuleBreach[] => {
  const bare = (name: string) => name.replaceAll('-', '')
  return names.flatMap((name, index) => {
    const path = ['topics', name]
    const twin = names.slice(0, index).find((other) => bare(other) === bare(name))
    if (!TOPIC_NAME.test(name)) {
      const expected = 'a topic name of at most 40 lower-case letters, digits and single hyphens'
      return [{ path, expected, found: quote(name), atKey: true }]
    }
    const expected = 'topic names that differ in more than hyphens'
    return twin === undefined ? [] : [{ path, expected, found: `${name} beside ${twin}`, atKey: true }]
  })
}

const routeBreaches = (route: Mapping, index: number, topics: unknown): RuleBreach[] => {
  const path = ['notify', index]
  const known = topics === undefined ? [DEFAULT_TOPIC] : Object.keys(mapping(topics))
  const name = text(route.topic)
  const close = name === undefined ? undefined : nearest(name, known)
  return [
    ...(name === undefined || known.includes(name)
      ? []
      : [
          {
            path: [...path, 'topic'],
            expected: `a topic of "topics" (${known.length === 0 ? 'there is none' : known.join(', ')})`,
            found: quote(name),
            ...(close === undefined ? {} : { nearest: close }),
          },
        ]),
    ...globBreaches(route.repositories, [...path, 'repositories']),
  ]
}

const sizeBreaches = (mirror: Mapping): RuleBreach[] => {
  const cpu = mirror.cpu ?? DEFAULT_MIRROR.cpu
  const memory = mirror.memoryMiB ?? DEFAULT_MIRROR.memoryMiB
  const sizes = typeof cpu === 'number' ? FARGATE_SIZES.get(cpu) : undefined
  if (sizes === undefined || typeof memory !== 'number' || sizes.includes(memory)) return []
  const given = mirror.memoryMiB === undefined ? `the default, ${memory}` : String(memory)
  return [
    {
      path: ['mirror', 'memoryMiB'],
      expected: `a memory size that Fargate has for ${cpu} CPU units: ${memoryText(sizes)}`,
      found: given,
    },
  ]
}

export const DEFAULT_TOPIC = 'team'
export const DEFAULT_MIRROR = { cpu: 1024, memoryMiB: 2048, ephemeralStorageGiB: 40, attempts: 5 }

export const NOTHING = 'nothing'

const MAX_QUOTED = 80

/** A found text as people should see it: in quotes, on one line, cut. */
export const quote = (value: string): string =>
  JSON.stringify(value.length > MAX_QUOTED ? `${value.slice(0, MAX_QUOTED)}…` : value)

type Mapping = Readonly<Record<string, unknown>>

const mapping = (value: unknown): Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
