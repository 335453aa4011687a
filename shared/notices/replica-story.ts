import type { RepositoryAddress } from '../codecommit/address.ts'
import type { ReplicaEvent } from '../events/types.ts'
import { CODES, codeOf } from '../runtime/errors.ts'
import type { ReplicaItem } from './items.ts'
import { browseLink } from './links.ts'
import type { Fact, Story } from './story.ts'
import { count, duration, moment, place, sentence, short, shortRef } from './words.ts'

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

type Diverged = Extract<ReplicaEvent, { detailType: 'Replica Diverged' }>['detail']

/** `branch main was at 7f3c1de (parked)` */
const foundText = ({ ref, found, parked }: Diverged['refs'][number]): string =>
  `${ref.startsWith('refs/tags/') ? 'tag' : 'branch'} ${shortRef(ref)} was at ${short(found)}${parked ? ' (parked)' : ''}`

const afterDivergence = (
  { name }: RepositoryAddress,
  outcome: Diverged['outcome'],
  refs: Diverged['refs'],
): string => {
  const who = 'Find out who pushes to the replica'
  if (outcome === 'kept') return `${who}, and bring those refs into the source or delete them.`
  return refs.some(({ parked }) => parked)
    ? `${who}. What was parked comes back with \`relay undo ${name} REF\`.`
    : `${who}. What was overwritten was not parked (parking.days in relay.yml).`
}

const partOf = (event: ReplicaEvent): Part => {
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
      const { repository, refs, refsDiverged, outcome } = event.detail
      const names = refs.slice(0, MAX_LINES).map(foundText)
      const more =
        refsDiverged > names.length ? [`and ${count(refsDiverged - names.length, 'more ref')}`] : []
      const one = refsDiverged === 1
      const became =
        outcome === 'overwritten'
          ? `the source’s took ${one ? 'its' : 'their'} place`
          : `${one ? 'it was' : 'they were'} left as ${one ? 'it is' : 'they are'}`
      return {
        mood: 'bad',
        says: `had ${count(refsDiverged, 'ref')} moved by somebody else; ${became}`,
        facts: [{ label: 'Refs', value: sentence([...names, ...more].join(', ')) }],
        nextStep: afterDivergence(repository, outcome, refs),
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
        says: `was left as it is: the plan would ${lossText(deletions, rewinds)} of ${count(refs, 'ref')}`,
        facts: [{ label: 'Why', value: sentence(reason) }],
        nextStep: sentence(nextStep),
      }
    }
    case 'Source Missing': {
      const { nextStep } = event.detail
      return {
        mood: 'bad',
        says: 'has lost its source, and is kept',
        facts: [{ label: 'Why', value: 'The source repository was deleted or renamed.' }],
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

/** `delete 40`, `rewind 2`, `delete 40 and rewind 2` */
const lossText = (deletions: number, rewinds: number): string =>
  [
    { verb: 'delete', number: deletions },
    { verb: 'rewind', number: rewinds },
  ]
    .filter(({ number }) => number > 0)
    .map(({ verb, number }) => `${verb} ${number.toLocaleString('en-US')}`)
    .join(' and ')
