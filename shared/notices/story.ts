import type { RepositoryAddress } from '../codecommit/address.ts'
import type { EventKind } from '../config/types.ts'
import type { ReplicaEvent, ScanEvent } from '../events/types.ts'
import type { Item } from './items.ts'
import type { Move } from './moves.ts'
import { refStory, testStory } from './ref-story.ts'
import { replicaStory } from './replica-story.ts'
import { secretStory } from './secret-story.ts'
import { spreadStory } from './spread-story.ts'

/** What a notice says, before any channel's dress: plain text, no markup, nothing escaped. */
export interface Story {
  /** of the first event told */
  readonly id: string
  readonly test: boolean
  readonly mood: 'plain' | 'good' | 'waiting' | 'bad'
  readonly kinds: readonly EventKind[]
  /** `created`, `updated`, `deleted`, `test`, or the detail type of Relay's event */
  readonly events: readonly string[]
  /** the one sentence: who did what, or what became of the replica */
  readonly headline: string
  readonly repository: RepositoryAddress
  /** ISO 8601, of the latest event told */
  readonly at: string
  readonly actor?: { readonly name: string; readonly arn?: string }
  readonly facts: readonly Fact[]
  readonly moves: readonly Move[]
  readonly replicaEvent?: ReplicaEvent
  readonly scanEvent?: ScanEvent
  /** what a list says that are no refs; a message shows as many as fit, and counts the others */
  readonly lines?: { readonly of: string; readonly texts: readonly string[]; readonly total: number }
  readonly nextStep?: string
  readonly link: { readonly label: string; readonly url: string }
}

export interface Fact {
  readonly label: string
  readonly value: string
}

/**
 * Tells what the items of one notice have in common. They concern one repository, and one actor or one replica.
 * @param items at least one; all of the same type
 */
export const tell = (items: readonly [Item, ...Item[]]): Story => {
  const refs = items.filter((item) => item.type === 'ref')
  const [ref] = refs
  if (ref) return refStory([ref, ...refs.slice(1)])
  const replicas = items.filter((item) => item.type === 'replica')
  const [replica] = replicas
  if (replica) return replicaStory([replica, ...replicas.slice(1)])
  const [secret] = items.filter((item) => item.type === 'secret')
  if (secret) return secretStory(secret)
  const spread = items.filter((item) => item.type === 'spread')
  const [other] = spread
  if (other) return spreadStory([other, ...spread.slice(1)])
  return testStory(items[0].event as Extract<Item, { type: 'test' }>['event'])
}
