import type { Iam, Parts } from '../contracts.ts'
import type { Service } from '../gateway/service.ts'
import type { Wires } from '../gateway/wires.ts'
import { groupNameOf, streamArn } from './arn.ts'
import { missingGroup } from './errors.ts'
import { eventOperations, type PutEvent } from './event-operations.ts'
import { groupOperations } from './group-operations.ts'
import { type Group, openGroups, type Place } from './groups.ts'
import { permissionsOf, whyNotWritten } from './permissions.ts'
import { openResourcePolicies } from './resource-policies.ts'
import { streamOperations } from './stream-operations.ts'

interface LogLine {
  readonly account: string
  readonly region: string
  readonly group: string
  readonly stream: string
  readonly line: string
  /** milliseconds since the epoch */
  readonly at: number
}

/** CloudWatch Logs: where functions and tasks write; events lie in files that a person can read. */
export interface Logs {
  readonly service: Service
  /** one event from another service, which the region's resource policies must let in */
  putLogEvent: NonNullable<Wires['putLogEvent']>
  /** takes a line and returns at once; it reaches the disk soon after. Group and stream are made if missing */
  write(account: string, region: string, group: string, stream: string, line: string): void

  /** whether this group is there */
  has(place: Place, group: string): boolean
  /** why a role may not write there; undefined when it may */
  whyNotWritten(
    iam: Pick<Iam, 'authorize' | 'callerOfRole'>,
    role: { readonly roleArn: string; readonly session: string },
    target: Place & { readonly group: string; readonly stream: string },
  ): string | undefined
  /** called with every line as it is written. @returns ends it */
  tail(listener: (line: LogLine) => void): () => void
  /** resolves when everything is on disk; what dying processes still say afterwards is not kept */
  close(): Promise<void>
}

/**
 * @param options.folder holds `<account>/<region>/<group, percent-encoded>.log` and, once that is full, the one before as
 *   `.log.1`: see local/logs/line.ts
 * @param options.maxBytes size at which a group's file is put aside: a group takes at most about twice that
 * @param options.maxWaiting characters that may wait for a slow disk; beyond it lines are dropped and counted in the file
 * @param options.full asked before each write: true refuses it as a full disk would
 * @param options.failed told of a disk that does not take the lines (they are dropped)
 */
export const createLogs = ({
  parts,
  iam,
  folder,
  maxBytes = 5_000_000,
  maxWaiting = 4_000_000,
  full = () => false,
  failed = (error) => process.emitWarning(`a log could not be written: ${error}`),
}: {
  parts: Parts
  /** absent: no other service is let in */
  iam?: Pick<Iam, 'authorizeSender'>
  folder: string
  maxBytes?: number
  maxWaiting?: number
  full?: () => boolean
  failed?: (error: unknown) => void
}): Logs => {
  const groups = openGroups({ parts, folder, maxBytes, maxWaiting, full, failed })
  const policies = openResourcePolicies(parts)
  const listeners = new Set<(line: LogLine) => void>()
  let closed = false

  const tell = (group: Group, stream: string, line: string, at: number) => {
    const { account, region, name } = group.record
    for (const listener of listeners) listener({ account, region, group: name, stream, line, at })
  }
  const put: PutEvent = (group, event) => {
    tell(group, event.stream, event.message, event.timestamp)
    return groups.add(group, event)
  }

  const write = (group: Group, stream: string, message: string) => {
    const at = parts.now()
    if (!group.streams.has(stream)) groups.putStream(group, { name: stream, createdAt: at, from: 0 })
    put(group, { stream, timestamp: at, ingested: at, message })
  }

  return {
    service: {
      name: 'logs',
      operations: {
        ...groupOperations(parts, groups),
        ...streamOperations(parts, groups),
        ...eventOperations(parts, groups, put),
        ...policies.operations,
      },
      permissions: permissionsOf,
    },
    write: (account, region, name, stream, line) => {
      if (closed) return
      const place = { account, region }
      try {
        const group = groups.find(place, name) ?? groups.create({ ...place, name, createdAt: parts.now() })
        write(group, stream, line)
      } catch (error) {
        // whoever speaks cannot help it that nobody takes it down
        failed(error)
      }
    },
    putLogEvent: async (logGroupArn, message, sender) => {
      const [, , , region = '', account = ''] = logGroupArn.split(':')
      const place = { account, region }
      const name = groupNameOf(logGroupArn)
      const group = groups.find(place, name)
      if (!group) throw missingGroup()
      // one stream for each day and sender
      const stream = `${sender.service}/${new Date(parts.now()).toISOString().slice(0, 10)}`
      for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents'])
        iam?.authorizeSender(policies.of(place), sender, {
          action,
          resource: streamArn(place, name, stream),
        })
      write(group, stream, message)
      await group.file.flush()
    },
    has: (place, name) => groups.find(place, name) !== undefined,
    whyNotWritten: (iam, role, target) =>
      whyNotWritten(iam, role, target, groups.find(target, target.group) !== undefined),
    tail: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => {
      closed = true
      await groups.flush()
    },
  }
}
