import type { RepositoryAddress } from '../codecommit/address.ts'
import type { EventKind } from '../config/types.ts'
import type { RefChange, RelayEvent, ReplicaEvent, RepositoryEvent, ScanEvent } from '../events/types.ts'

/** One thing that a notice tells: one ref that moved, one trigger's test, what became of a replica, or what a scan says. */
export type Item =
  | { readonly type: 'ref'; readonly event: RepositoryEvent; readonly change: RefChange }
  | { readonly type: 'test'; readonly event: RepositoryEvent }
  | { readonly type: 'replica'; readonly event: ReplicaEvent }
  | { readonly type: 'secret'; readonly event: ScanEvent }

export type RefItem = Extract<Item, { type: 'ref' }>
export type ReplicaItem = Extract<Item, { type: 'replica' }>
export type SecretItem = Extract<Item, { type: 'secret' }>

/** An event in its parts: a built-in trigger names every ref of a push at once, and topics may want only some of them. */
export const itemsOf = (event: RepositoryEvent | RelayEvent): readonly Item[] => {
  if (event.type === 'relay')
    return [isScanEvent(event) ? { type: 'secret', event } : { type: 'replica', event }]
  if (event.test) return [{ type: 'test', event }]
  return event.changes.map((change) => ({ type: 'ref', event, change }))
}

const SCANS: readonly RelayEvent['detailType'][] = [
  'Secret Found',
  'Secret Resolved',
  'Scan Incomplete',
  'Scan Rules Invalid',
]

const isScanEvent = (event: RelayEvent): event is ScanEvent => SCANS.includes(event.detailType)

/** push: a branch moved; branch, tag: one appeared or went, or a tag moved. */
export const kindOf = ({ refType, kind }: RefChange): EventKind => {
  if (refType === 'tag') return 'tag'
  return kind === 'updated' ? 'push' : 'branch'
}

/** The kinds under which a route may ask for the item. A trigger's test stands for whatever the trigger will send. */
export const kindsOf = (item: Item): readonly EventKind[] => {
  if (item.type === 'replica' || item.type === 'secret') return [item.type]
  return item.type === 'test' ? ['push', 'branch', 'tag'] : [kindOf(item.change)]
}

export const repositoryOf = (item: Item): RepositoryAddress =>
  item.type === 'replica' || item.type === 'secret' ? item.event.detail.repository : item.event.repository
