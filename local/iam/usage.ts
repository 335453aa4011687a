import type { Parts } from '../contracts.ts'
import type { Caller, Permission } from '../gateway/service.ts'
import { nameOfArn } from './find.ts'
import { keyOf, type Records, type UsageRecord } from './records.ts'

/** When keys and roles were last used: GetAccessKeyLastUsed, RoleLastUsed. */
export interface Usage {
  note(caller: Caller, permission: Pick<Permission, 'action' | 'context'>): void
  /** @param id of an access key or a role */
  last(id: string): UsageRecord | undefined
}

/** Written down at most this often for each key, so that no call waits for it: on AWS it lags behind by hours. */
const WRITE_EVERY_MS = 60_000

export const createUsage = ({ now, log }: Parts, records: Records): Usage => {
  const latest = new Map<string, UsageRecord>()
  return {
    note: (caller, { action, context }) => {
      const id = idOf(records, caller)
      if (id === undefined) return
      const at = now()
      const region = String(context?.['aws:RequestedRegion'] ?? 'us-east-1')
      const usage = { at, region, service: action.slice(0, action.indexOf(':')) }
      latest.set(id, usage)
      const written = records.usage.get(id)
      if (written && at - written.at < WRITE_EVERY_MS) return
      try {
        records.usage.put(id, usage)
      } catch (error) {
        // nobody is refused because it cannot be noted that he came
        log('iam', 'the use of a key or role could not be noted', { id, error: String(error) })
      }
    },
    last: (id) => latest.get(id) ?? records.usage.get(id),
  }
}

const idOf = (records: Records, caller: Caller): string | undefined => {
  if (caller.kind === 'role')
    return records.roles.get(keyOf(caller.account, nameOfArn(caller.roleArn ?? '')))?.id
  // a session's key is nobody's to ask about
  return caller.issued === undefined ? caller.accessKeyId : undefined
}
