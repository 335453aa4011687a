import { addressText, isParkingName, type RepositoryAddress } from '../../shared/codecommit/address.ts'
import type { RelayInput, RepositoryEvent } from '../../shared/events/types.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { QueueRecord } from '../../shared/runtime/sqs-batch.ts'

/** All that one batch says of one repository. */
export interface Group {
  readonly repository: RepositoryAddress
  readonly records: Set<QueueRecord>
  readonly events: RepositoryEvent[]
}

/** Whether relay.yml has this repository scanned. */
export type Scans = (repository: RepositoryAddress) => boolean

/**
 * Puts together what speaks of the same repository, so that it is scanned once. What asks for nothing (test events, repositories that
 * are not scanned) is logged, and its record thereby done.
 * @param onWrong hears of an input that has no business in this queue
 */
export const groupsOf = (
  read: readonly { readonly record: QueueRecord; readonly inputs: readonly RelayInput[] }[],
  scans: Scans,
  log: Log,
  onWrong: (record: QueueRecord, error: unknown) => void,
): readonly Group[] => {
  const groups = new Map<string, Group>()
  for (const { record, inputs } of read) {
    for (const input of inputs) {
      if (input.type !== 'repository' && input.type !== 'scan-request') {
        const facts = { field: 'detail-type', expected: 'a ref change or a request to scan' }
        onWrong(record, new RelayError('EVENT_MALFORMED', facts))
        continue
      }
      const { repository } = input
      const key = addressText(repository)
      if (input.type === 'repository' && input.test) log.info('test event', { repository: key, id: input.id })
      else if (!scans(repository)) log.info('not scanned', { repository: key, id: input.id })
      else {
        const group = groups.get(key) ?? { repository, records: new Set(), events: [] }
        groups.set(key, group)
        group.records.add(record)
        if (input.type === 'repository') group.events.push(input)
      }
    }
  }
  return [...groups.values()]
}

/** @param chooses whether globs choose a name */
export const scansOf =
  (
    rules: readonly { readonly repositories: readonly string[] }[],
    own: { readonly account: string; readonly region: string },
    chooses: (globs: readonly string[], name: string) => boolean,
  ): Scans =>
  ({ account, region, name }) =>
    account === own.account &&
    region === own.region &&
    !isParkingName(name) &&
    rules.some(({ repositories }) => chooses(repositories, name))
