import type { Parts } from '../contracts.ts'
import type { Call } from '../gateway/service.ts'
import type { Envelope } from '../gateway/wires.ts'
import type { Place } from './places.ts'
import type { Rules } from './rules.ts'

type Home = Pick<Call, 'account' | 'region'>

/** An archive of what comes over a bus. Times are milliseconds since the epoch. */
export interface Archive {
  readonly name: string
  readonly place: Place
  readonly description?: string
  readonly pattern?: string
  /** 0: for ever */
  readonly retentionDays: number
  readonly createdAt: number
  readonly events: number
  readonly bytes: number
}

export interface Archives {
  get(home: Home, name: string): Archive | undefined
  /** sorted by name */
  list(home: Home): readonly Archive[]
  save(archive: Archive): void
  delete(archive: Archive): void
  /** keeps an event; part of the transaction that routes it */
  keep(home: Home, name: string, envelope: Envelope): void
  /** events of that time, in their order; `from` belongs to it, `to` does not */
  between(archive: Archive, from: number, to: number): readonly Envelope[]
}

/** The rule by which EventBridge fills an archive; what is replayed is not archived again. */
export const archiveRuleName = (name: string): string => `Events-Archive-${name}`

/** The target of that rule: no resource of the account. */
export const archiveTargetArn = (region: string): string => `arn:aws:events:${region}:::`

export const archiveArn = ({ account, region }: Home, name: string): string =>
  `arn:aws:events:${region}:${account}:archive/${name}`

const DAY_MS = 86_400_000
const MANAGER = 'prod.vhs.events.aws.internal'

export const openArchives = ({ store, now }: Pick<Parts, 'store' | 'now'>, rules: Rules): Archives => {
  const archives = store.collection<Archive>('events.archives')
  const kept = store.collection<Envelope>('events.archived')
  const keyOf = ({ account, region }: Home, name: string) => `${account}|${region}|${name}`
  const eventsOf = (archive: Archive) => `${keyOf(archive.place, archive.name)}|`
  const timeKey = (time: number) => String(Math.max(time, 0)).padStart(16, '0')
  /** what is older than the archive keeps goes: looked at when something is added or read */
  const forgetOld = (archive: Archive): Archive => {
    if (archive.retentionDays === 0) return archive
    const oldest = `${eventsOf(archive)}${timeKey(now() - archive.retentionDays * DAY_MS)}`
    let { events, bytes } = archive
    for (const [key, envelope] of kept.entries(eventsOf(archive))) {
      if (key >= oldest) break
      kept.delete(key)
      events -= 1
      bytes -= sizeOf(envelope)
    }
    return { ...archive, events, bytes }
  }
  return {
    get: (home, name) => archives.get(keyOf(home, name)),
    list: (home) => archives.entries(keyOf(home, '')).map(([, archive]) => archive),
    save: (archive) =>
      store.transaction(() => {
        archives.put(keyOf(archive.place, archive.name), archive)
        rules.save({ ...ruleOf(archive), createdAt: archive.createdAt })
      }),
    delete: (archive) =>
      store.transaction(() => {
        archives.delete(keyOf(archive.place, archive.name))
        for (const [key] of kept.entries(eventsOf(archive))) kept.delete(key)
        rules.delete(archive.place, archiveRuleName(archive.name))
      }),
    keep: (home, name, envelope) => {
      const archive = archives.get(keyOf(home, name))
      if (!archive) return
      kept.put(`${eventsOf(archive)}${timeKey(Date.parse(envelope.time))}|${envelope.id}`, envelope)
      const grown = {
        ...archive,
        events: archive.events + 1,
        bytes: archive.bytes + sizeOf(envelope),
      }
      archives.put(keyOf(home, name), forgetOld(grown))
    },
    between: (archive, from, to) =>
      kept
        .entries(eventsOf(archive))
        .map(([, envelope]) => envelope)
        .filter(({ time }) => Date.parse(time) >= from && Date.parse(time) < to),
  }
}

const sizeOf = (envelope: Envelope): number => Buffer.byteLength(JSON.stringify(envelope))

const ruleOf = ({ name, place, pattern }: Archive) => ({
  ...place,
  name: archiveRuleName(name),
  arn: `arn:aws:events:${place.region}:${place.account}:rule/${place.bus === 'default' ? '' : `${place.bus}/`}${archiveRuleName(name)}`,
  pattern: JSON.stringify({ ...JSON.parse(pattern ?? '{}'), 'replay-name': [{ exists: false }] }),
  state: 'ENABLED' as const,
  managedBy: MANAGER,
  targets: [{ Id: archiveRuleName(name), Arn: archiveTargetArn(place.region) }],
})
