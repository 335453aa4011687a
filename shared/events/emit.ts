import type { Bus } from '../runtime/aws-clients.ts'
import { asFailure } from '../runtime/aws-failures.ts'
import { RelayError } from '../runtime/errors.ts'
import { type DetailOf, RELAY_SOURCE, type RelayDetailType } from './types.ts'

/** PutEvents' limit for one entry that every region and every target keeps (EventBridge user guide, "Calculating PutEvents event entry size"). */
export const MAX_ENTRY_BYTES = 262_144

export interface Emitter {
  /**
   * Returns once the bus took the event.
   * @throws RelayError PUBLISH_FAILED when it did not, or when the event is larger than {@link MAX_ENTRY_BYTES}
   */
  emit<T extends RelayDetailType>(detailType: T, detail: DetailOf<T>): Promise<void>
}

/** @param bus name or ARN of the event bus */
export const createEmitter = ({ client, bus }: { client: Bus; bus: string }): Emitter => ({
  emit: async (detailType, detail) => {
    const entry = {
      EventBusName: bus,
      Source: RELAY_SOURCE,
      DetailType: detailType,
      Detail: JSON.stringify(detail),
    }
    // size as the user guide counts it: without the bus name
    const bytes = Buffer.byteLength(entry.Source + entry.DetailType + entry.Detail)
    if (bytes > MAX_ENTRY_BYTES) {
      throw new RelayError('PUBLISH_FAILED', { detailType, bytes, limit: MAX_ENTRY_BYTES })
    }
    const answer = await client.putEvents({ Entries: [entry] }).catch((error: unknown) => {
      throw asFailure('PUBLISH_FAILED', error, { detailType })
    })
    // HTTP status 200 says nothing about the entries (EventBridge API Reference, PutEvents)
    if ((answer.FailedEntryCount ?? 0) > 0) {
      const aws = answer.Entries?.find((result) => result.ErrorCode)?.ErrorCode
      throw new RelayError('PUBLISH_FAILED', { detailType, aws })
    }
  },
})
