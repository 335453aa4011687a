import { randomUUID } from 'node:crypto'
import type { LookupEventsCommandInput } from '@aws-sdk/client-cloudtrail'
import type { Happening, Parts, Trail } from '../contracts.ts'
import type { Call } from '../gateway/service.ts'
import { isDataEvent } from './data-events.ts'
import { lookup } from './lookup.ts'
import { recordOf, type TrailRecord } from './record.ts'

/** Records kept of one account and region, more or less; the oldest go. On AWS it is 90 days. */
const KEPT = 5_000
/** Records reach the store together: one write each would cost more than many of the calls they tell of. */
const FLUSH_MS = 500
const MOST_WAITING = 500

export interface LocalTrail extends Trail {
  /** what waits goes to the store */
  stop(): void
}

/** CloudTrail: what happened, for LookupEvents. What a killed cloud had not written yet, half a second at most, is lost. */
export const createTrail = ({ parts }: { readonly parts: Parts }): LocalTrail => {
  const { store, now, log } = parts
  const stored = store.collection<TrailRecord>('cloudtrail.records')
  let waiting: { key: string; happening: Happening; at: number }[] = []
  let timer: NodeJS.Timeout | undefined
  let order = 0
  let added = 0
  let stopped = false

  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    const batch = waiting
    waiting = []
    if (batch.length === 0) return
    store.transaction(() => {
      for (const { key, happening, at } of batch)
        stored.put(key, recordOf(happening, { id: randomUUID(), at }))
    })
    added += batch.length
    if (added >= MOST_WAITING) trim()
  }
  /** Nobody waits for it who could be told. */
  const flushLater = () => {
    try {
      flush()
    } catch (error) {
      log('cloudtrail', 'what happened could not be written down', { error: String(error) })
    }
  }
  /** reading all keys costs milliseconds: not at every flush */
  const trim = () => {
    added = 0
    const kept = new Map<string, number>()
    for (const [key] of stored.entries()) {
      const place = key.split('|', 2).join('|')
      const count = (kept.get(place) ?? 0) + 1
      kept.set(place, count)
      if (count > KEPT) stored.delete(key)
    }
  }
  return {
    record: (happening) => {
      // a request may end after the cloud that it came to
      if (stopped || isDataEvent(happening.eventSource, happening.eventName)) return
      order += 1
      const at = now()
      // newest first in order of key
      const age = `${String(1e15 - at).padStart(16, '0')}|${String(1e9 - order).padStart(10, '0')}`
      waiting.push({ key: `${placeOf(happening)}${age}`, happening, at })
      if (waiting.length >= MOST_WAITING) flushLater()
      else timer ??= setTimeout(flushLater, FLUSH_MS).unref()
    },
    service: {
      name: 'cloudtrail',
      operations: {
        LookupEvents: (input: LookupEventsCommandInput, call: Call) => {
          flush()
          const records = stored.entries(placeOf(call)).map(([, record]) => record)
          return lookup(records, input)
        },
      },
    },
    stop: () => {
      flush()
      stopped = true
    },
  }
}

/** IAM is global: its calls are told in us-east-1 (CloudTrail user guide, "Global service events"). */
const placeOf = (of: { account: string; region: string; eventSource?: string }): string =>
  `${of.account}|${of.eventSource === 'iam.amazonaws.com' ? 'us-east-1' : of.region}|`
