import { addressText, type RepositoryAddress, sameAddress } from '../../shared/codecommit/address.ts'
import type { ConfiguredReplica } from '../../shared/config/replicas.ts'
import type { RelayInput, ReplicationRequest, RepositoryEvent } from '../../shared/events/types.ts'
import type { Target } from '../../shared/replication/prove.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { QueueRecord } from '../../shared/runtime/sqs-batch.ts'

/** All that one batch says of one replica. */
export interface Group {
  readonly target: Target
  readonly way: ConfiguredReplica['way']
  readonly records: Set<QueueRecord>
  readonly events: RepositoryEvent[]
  readonly requests: ReplicationRequest[]
}

export interface ReadRecord {
  readonly record: QueueRecord
  readonly inputs: readonly RelayInput[]
}

/** A target, and what relay.yml says of how it is written. */
export type ConfiguredTarget = Target & Pick<ConfiguredReplica, 'way'>

/**
 * Every target that something said of a repository concerns; after a failover it may be the replica of some. May throw: the tags
 * that a rule looks for could not be read.
 * @param asOf milliseconds since the epoch: what was read before is not good enough
 */
export type TargetsAbout = (
  repository: RepositoryAddress,
  asOf?: number,
) => Promise<readonly ConfiguredTarget[]>

/**
 * Puts together what speaks of the same replica, so that each is looked at once. What asks for nothing (test events,
 * repositories and replicas that relay.yml does not name) is logged, and its record thereby done.
 * @param onWrong hears of an input that has no business in this queue (RelayError EVENT_MALFORMED), or whose targets could not be
 * found, with its record
 */
export const groupsOf = async (
  read: readonly ReadRecord[],
  targetsAbout: TargetsAbout,
  log: Log,
  onWrong: (record: QueueRecord, error: unknown) => void,
): Promise<readonly Group[]> => {
  const groups = new Map<string, Group>()
  const targetsOrWrong = async (record: QueueRecord, input: RepositoryEvent | ReplicationRequest) => {
    try {
      return await targetsOf(input, targetsAbout, log)
    } catch (error) {
      onWrong(record, error)
      return []
    }
  }
  for (const { record, inputs } of read) {
    for (const input of inputs) {
      if (input.type !== 'repository' && input.type !== 'request') {
        onWrong(
          record,
          new RelayError('EVENT_MALFORMED', { field: 'detail-type', expected: 'a ref change or a request' }),
        )
        continue
      }
      for (const target of await targetsOrWrong(record, input)) {
        const { way } = target
        const key = `${addressText(target.repository)} ${addressText(target.replica)}`
        const group = groups.get(key) ?? { target, way, records: new Set(), events: [], requests: [] }
        groups.set(key, group)
        group.records.add(record)
        if (input.type === 'request') group.requests.push(input)
        else if (sameAddress(input.repository, target.repository)) group.events.push(input)
        else group.requests.push(touched(input))
      }
    }
  }
  return [...groups.values()]
}

const targetsOf = async (
  input: RepositoryEvent | ReplicationRequest,
  targetsAbout: TargetsAbout,
  log: Log,
): Promise<readonly ConfiguredTarget[]> => {
  const { repository } = input
  const facts = { repository: addressText(repository), id: input.id }
  if (input.type === 'repository' && input.test) {
    log.info('test event', facts)
    return []
  }
  // whoever asks has seen what may be newer than what is kept: a tag, for which nobody would ask again soon
  const configured = await targetsAbout(
    repository,
    ...(input.type === 'request' ? [Date.parse(input.at)] : []),
  )
  const wanted = input.type === 'request' ? input.replica : undefined
  const replicas = wanted ? configured.filter(({ replica }) => sameAddress(replica, wanted)) : configured
  if (replicas.length === 0) {
    log.info('no rule for it', { ...facts, ...(wanted ? { replica: addressText(wanted) } : {}) })
  }
  return replicas
}

/** A push to what is a replica since a failover: nothing that it says is true of the source. It asks for a look. */
const touched = ({ id, at, repository }: RepositoryEvent): ReplicationRequest => ({
  type: 'request',
  id,
  at,
  repository,
  reason: 'push to the replica',
  attempt: 0,
})
