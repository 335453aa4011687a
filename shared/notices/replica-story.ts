import type { RepositoryAddress } from '../codecommit/address.ts'
import type { RelayEvent } from '../events/types.ts'
import { CODES, codeOf } from '../runtime/errors.ts'
import type { ReplicaItem } from './items.ts'
import { browseLink } from './links.ts'
import type { Fact, Story } from './story.ts'
import { count, duration, moment, place, sentence } from './words.ts'

/** What became of one replica: the latest event is told, earlier ones of the same batch are counted. */
export const replicaStory = (items: readonly [ReplicaItem, ...ReplicaItem[]]): Story => {
  const { event } = items.reduce((a, b) => (Date.parse(b.event.at) > Date.parse(a.event.at) ? b : a))
  const { repository, replica } = event.detail
  const part = partOf(event)
  const earlier = items.length - 1
  return {
    id: event.id,
    test: false,
    mood: part.mood,
    kinds: ['replica'],
    events: [event.detailType],
    headline: `${repository.name}: ${nameOf(repository, replica)} ${part.says}`,
    repository,
    at: event.at,
    facts: [
      { label: 'Source', value: `${repository.name} in ${place(repository)}` },
      { label: 'Replica', value: `${replica.name} in ${place(replica)}` },
      ...part.facts,
      ...(earlier > 0 ? [{ label: 'Before', value: `${count(earlier, 'earlier message')} like this` }] : []),
      { label: 'When', value: moment(event.at) },
    ],
    moves: [],
    replicaEvent: event,
    ...(part.nextStep === undefined ? {} : { nextStep: part.nextStep }),
    link: { label: 'Open the replica', url: browseLink(replica) },
  }
}

/** Names of refs in one message. */
const MAX_LINES = 10

const nameOf = (repository: RepositoryAddress, replica: RepositoryAddress): string => {
  const account = replica.account === repository.account ? '' : `, account ${replica.account},`
  return `replica in ${replica.region}${account}`
}

interface Part {
  readonly mood: Story['mood']
  readonly says: string
  readonly facts: readonly Fact[]
  readonly nextStep?: string
}

const WAYS = {
  'fast-path': 'streamed straight from the event',
  relay: 'streamed',
  mirror: 'cloned and pushed by the mirror task',
} as const

const partOf = (event: RelayEvent): Part => {
  switch (event.detailType) {
    case 'Replica Updated': {
      const { refs, created, updated, deleted, replicaLagMs, digest, reason, way, wayReason } = event.detail
      const isNew = created === refs && updated + deleted === 0
      const lag = replicaLagMs === undefined ? '' : `, ${duration(replicaLagMs)} after the push`
      return {
        mood: 'good',
        says: `${isNew ? 'is new, and equal' : 'is equal again'} (${count(refs, 'ref')}${lag})`,
        facts: [
          { label: 'Changed', value: `${created} created, ${updated} updated, ${deleted} deleted` },
          { label: 'Why', value: sentence(reason) },
          {
            label: 'Way',
            value: sentence(wayReason === undefined ? WAYS[way] : `${WAYS[way]}: ${wayReason}`),
          },
          { label: 'Proof', value: sentence(digest) },
        ],
      }
    }
    case 'Replica Behind': {
      const { refsBehind, since, reason } = event.detail
      return {
        mood: 'waiting',
        says: `is behind by ${count(refsBehind, 'ref')} since ${moment(since)}`,
        facts: [{ label: 'Why', value: sentence(reason) }],
        nextStep: 'Nothing yet: Relay is repairing it. If it stays behind, look for "Mirror Failed".',
      }
    }
    case 'Replica Diverged': {
      const { refs, refsDiverged, outcome } = event.detail
      const names = refs.slice(0, MAX_LINES).map(({ ref, found }) => `${ref} was at ${found.slice(0, 7)}`)
      const more = refsDiverged > names.length ? [`and ${refsDiverged - names.length} more`] : []
      const overwritten = outcome === 'overwritten'
      return {
        mood: 'bad',
        says: `had ${count(refsDiverged, 'ref')} moved by somebody else; ${overwritten ? 'the source’s took their place' : 'they were left as they are'}`,
        facts: [{ label: 'Refs', value: sentence([...names, ...more].join(', ')) }],
        nextStep: overwritten
          ? 'Find out who pushes to the replica. What was overwritten comes back with `relay undo`.'
          : 'Find out who pushes to the replica, and bring those refs into the source or delete them.',
      }
    }
    case 'Replica Incomplete': {
      const { seenIn, nextStep } = event.detail
      return {
        mood: 'waiting',
        says: 'holds Git LFS pointers, not the files behind them',
        facts: [{ label: 'Seen in', value: sentence(seenIn) }],
        nextStep: sentence(nextStep),
      }
    }
    case 'Plan Refused': {
      const { deletions, rewinds, refs, reason, nextStep } = event.detail
      return {
        mood: 'bad',
        says: `was left as it is: the plan would delete ${count(deletions, 'ref')} and rewind ${rewinds}, of ${refs}`,
        facts: [{ label: 'Why', value: sentence(reason) }],
        nextStep: sentence(nextStep),
      }
    }
    case 'Source Missing': {
      const { nextStep } = event.detail
      return {
        mood: 'bad',
        says: 'has lost its source: the repository is gone. The replica is kept.',
        facts: [],
        nextStep: sentence(nextStep),
      }
    }
    case 'Mirror Failed': {
      const { attempts, code, reason, nextStep } = event.detail
      const known = codeOf({ code })
      const says = known === undefined ? sentence(reason) : CODES[known].says
      return {
        mood: 'bad',
        says: `FAILED after ${count(attempts, 'attempt')}: ${says}`,
        facts: [
          { label: 'Code', value: sentence(code) },
          { label: 'Why', value: sentence(reason) },
        ],
        nextStep: sentence(nextStep),
      }
    }
  }
}
