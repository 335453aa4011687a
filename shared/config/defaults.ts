import { DEFAULT_MIRROR, DEFAULT_TOPIC } from './rules.ts'
import { type ConfigInput, EVENT_KINDS } from './schema.ts'
import type { Config, MirrorSettings, NotifyRoute, ReplicaTarget, Topic } from './types.ts'

const EVERYTHING = ['*']
const SWEEP_MINUTES = 5
/** Topic on which the stack's alarms ring; it hears other things only where `notify` says so. */
const ALARMS = 'alarms'

/** Fills in what relay.yml left out. With neither `topics` nor `notify` there is one topic that hears everything. */
export const withDefaults = (input: ConfigInput): Config => {
  const topics: Record<string, Topic> = Object.fromEntries(
    Object.entries(input.topics ?? { [DEFAULT_TOPIC]: {} }).map(([name, topic]) => [name, topicOf(topic)]),
  )
  const routes: NonNullable<ConfigInput['notify']> =
    input.notify ??
    Object.keys(topics)
      .filter((topic) => topic !== ALARMS)
      .map((topic) => ({ topic }))
  return {
    version: 1,
    replicate: input.replicate.map((rule) => ({
      ...(rule.from === undefined ? {} : { from: rule.from }),
      repositories: rule.repositories,
      to: rule.to.map(targetOf),
      deletes: rule.deletes ?? 'mirror',
      divergence: rule.divergence ?? 'report',
      way: rule.way ?? 'auto',
      ...(rule.tag === undefined ? {} : { tag: rule.tag }),
    })),
    topics,
    notify: routes.map(
      ({ topic, events, repositories }): NotifyRoute => ({
        topic,
        events: events ?? EVENT_KINDS,
        repositories: repositories ?? EVERYTHING,
      }),
    ),
    scan: (input.scan ?? []).map(({ repositories }) => ({ repositories })),
    sweep: { everyMinutes: input.sweep?.everyMinutes ?? SWEEP_MINUTES },
    mirror: mirrorOf(input.mirror),
    safety: { refs: input.safety?.refs ?? 10, percent: input.safety?.percent ?? 30 },
    parking: { days: input.parking?.days ?? 30 },
    ...(input.failover === undefined
      ? {}
      : {
          failover: {
            freeze: {
              groups: input.failover.freeze?.groups ?? [],
              roles: input.failover.freeze?.roles ?? [],
              users: input.failover.freeze?.users ?? [],
            },
          },
        }),
  }
}

const topicOf = ({ email, slack, teams }: NonNullable<ConfigInput['topics']>[string]): Topic => ({
  email: email ?? [],
  ...(slack === undefined ? {} : { slack }),
  ...(teams === undefined ? {} : { teams }),
})

const targetOf = ({
  region,
  account,
  role,
  externalId,
  kmsKey,
}: ConfigInput['replicate'][number]['to'][number]): ReplicaTarget => ({
  region,
  ...(account === undefined ? {} : { account }),
  ...(role === undefined ? {} : { role }),
  ...(externalId === undefined ? {} : { externalId }),
  ...(kmsKey === undefined ? {} : { kmsKey }),
})

const mirrorOf = (mirror: ConfigInput['mirror']): MirrorSettings => ({
  cpu: mirror?.cpu ?? DEFAULT_MIRROR.cpu,
  memoryMiB: mirror?.memoryMiB ?? DEFAULT_MIRROR.memoryMiB,
  ephemeralStorageGiB: mirror?.ephemeralStorageGiB ?? DEFAULT_MIRROR.ephemeralStorageGiB,
  attempts: mirror?.attempts ?? DEFAULT_MIRROR.attempts,
  ...(mirror?.network === undefined
    ? {}
    : {
        network: {
          subnets: mirror.network.subnets,
          securityGroups: mirror.network.securityGroups,
          assignPublicIp: mirror.network.assignPublicIp ?? false,
        },
      }),
})
