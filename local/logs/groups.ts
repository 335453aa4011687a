import { join } from 'node:path'
import type { LogGroupClass } from '@aws-sdk/client-cloudwatch-logs'
import type { Parts } from '../contracts.ts'
import { type EventFile, openEventFile } from './file.ts'
import type { StoredEvent } from './line.ts'

export interface Place {
  readonly account: string
  readonly region: string
}

export interface GroupRecord extends Place {
  readonly name: string
  /** milliseconds since the epoch, as everywhere here */
  readonly createdAt: number
  readonly retentionDays?: number
  readonly kmsKeyId?: string
  readonly class?: LogGroupClass
  readonly deletionProtection?: boolean
  readonly tags?: Readonly<Record<string, string>>
}

export interface StreamRecord {
  readonly name: string
  readonly createdAt: number
  /** events before this position belong to an earlier stream of that name */
  readonly from: number
  readonly first?: number
  readonly last?: number
  readonly lastIngested?: number
}

/** A group with its streams and the file of its events. */
export interface Group {
  record: GroupRecord
  readonly streams: Map<string, StreamRecord>
  readonly file: EventFile
}

export interface Groups {
  find(place: Place, name: string): Group | undefined
  list(place: Place): Group[]
  create(record: GroupRecord): Group
  change(group: Group, change: Partial<GroupRecord>): void
  remove(group: Group): Promise<void>
  putStream(group: Group, stream: StreamRecord): void
  removeStream(group: Group, name: string): void
  /** takes an event for a stream that exists; false when the disk is too slow */
  add(group: Group, event: Omit<StoredEvent, 'position'>): boolean
  /** writes down what is only in memory: the newest times of streams, and events that wait */
  flush(): Promise<void>
}

export interface GroupsOptions {
  readonly parts: Parts
  readonly folder: string
  readonly maxBytes: number
  readonly maxWaiting: number
  readonly failed: (error: unknown) => void
  readonly full: () => boolean
}

/** Times of streams reach the store this much later than the events that they tell of. */
const REMEMBER_MS = 500
const DAY_MS = 86_400_000

/** Oldest time of which a group still tells. */
export const keptSince = ({ retentionDays }: GroupRecord, now: number): number =>
  retentionDays === undefined ? Number.NEGATIVE_INFINITY : now - retentionDays * DAY_MS

/** Groups and streams in the store, events in files: what functions say is too much for a database that syncs. */
export const openGroups = ({ parts, folder, ...limits }: GroupsOptions): Groups => {
  const records = parts.store.collection<GroupRecord>('logs.groups')
  const streamRecords = parts.store.collection<StreamRecord>('logs.streams')
  const open = new Map<string, Group>()
  const dirty = new Map<string, StreamRecord>()
  let timer: NodeJS.Timeout | undefined

  const keyOf = ({ account, region }: Place, name: string) => `${account}/${region}/${name}`
  const streamKey = (group: Group, name: string) => `${keyOf(group.record, group.record.name)}\n${name}`

  const remember = () => {
    clearTimeout(timer)
    timer = undefined
    if (dirty.size === 0) return
    parts.store.transaction(() => {
      for (const [key, stream] of dirty) streamRecords.put(key, stream)
    })
    dirty.clear()
  }

  /** What the disk does not take now, it may take later. */
  const rememberLater = () => {
    try {
      remember()
    } catch (error) {
      limits.failed(error)
      timer ??= setTimeout(rememberLater, 2 * REMEMBER_MS).unref()
    }
  }

  const openGroup = (record: GroupRecord): Group => {
    const key = keyOf(record, record.name)
    const group: Group = {
      record,
      streams: new Map(streamRecords.entries(`${key}\n`).map(([, stream]) => [stream.name, stream])),
      file: openEventFile({
        ...limits,
        path: join(folder, record.account, record.region, `${encodeURIComponent(record.name)}.log`),
        now: parts.now,
        rotated: (oldest) => forgetEmpty(group, oldest),
      }),
    }
    open.set(key, group)
    return group
  }

  /** Streams whose every event has gone with its file: AWS keeps their names, a laptop need not. */
  const forgetEmpty = (group: Group, oldest: number) => {
    const since = parts.now() - DAY_MS
    for (const stream of [...group.streams.values()])
      if (stream.from < oldest && (stream.lastIngested ?? stream.createdAt) < since)
        removeStream(group, stream.name)
  }

  const removeStream = (group: Group, name: string) => {
    streamRecords.delete(streamKey(group, name))
    group.streams.delete(name)
    dirty.delete(streamKey(group, name))
  }

  return {
    find: (place, name) => {
      const known = open.get(keyOf(place, name))
      if (known) return known
      const record = records.get(keyOf(place, name))
      return record && openGroup(record)
    },
    list: (place) =>
      records.entries(keyOf(place, '')).map(([key, record]) => open.get(key) ?? openGroup(record)),
    create: (record) => {
      records.put(keyOf(record, record.name), record)
      return openGroup(record)
    },
    change: (group, change) => {
      const record = { ...group.record, ...change }
      records.put(keyOf(record, record.name), record)
      group.record = record
    },
    remove: async (group) => {
      const key = keyOf(group.record, group.record.name)
      parts.store.transaction(() => {
        for (const name of [...group.streams.keys()]) removeStream(group, name)
        records.delete(key)
      })
      open.delete(key)
      await group.file.remove()
    },
    putStream: (group, stream) => {
      streamRecords.put(streamKey(group, stream.name), stream)
      group.streams.set(stream.name, stream)
    },
    removeStream,
    add: (group, event) => {
      const stream = group.streams.get(event.stream)
      if (stream) {
        const { first = event.timestamp, last = event.timestamp } = stream
        const next = {
          ...stream,
          first: Math.min(first, event.timestamp),
          last: Math.max(last, event.timestamp),
          lastIngested: event.ingested,
        }
        group.streams.set(stream.name, next)
        dirty.set(streamKey(group, stream.name), next)
        timer ??= setTimeout(rememberLater, REMEMBER_MS).unref()
      }
      return group.file.add(event)
    },
    flush: async () => {
      rememberLater()
      clearTimeout(timer)
      // a disk that refuses was told of where it refused
      for (const group of open.values()) await group.file.flush().catch(() => undefined)
    },
  }
}
