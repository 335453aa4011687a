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

const partOf = (event: RelayEvent): Part => {
  switch (event.detailType) {
    case 'Replica Updated': {
      const { refs, created, updated, deleted, replicaLagMs, digest, reason } = event.detail
      const isNew = created === refs && updated + deleted === 0
      const lag = replicaLagMs === undefined ? '' : `, ${duration(replicaLagMs)} after the push`
      return {
        mood: 'good',
        says: `${isNew ? 'is new, and equal' : 'is equal again'} (${count(refs, 'ref')}${lag})`,
        facts: [
          { label: 'Changed', value: `${created} created, ${updated} updated, ${deleted} deleted` },
          { label: 'Why', value: sentence(reason) },
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
