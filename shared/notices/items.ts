import { addressText, type RepositoryAddress } from '../codecommit/address.ts'
import type { EventKind } from '../config/types.ts'
import type {
  NamedFinding,
  RefChange,
  RelayEvent,
  ReplicaEvent,
  RepositoryEvent,
  ScanEvent,
} from '../events/types.ts'

/**
 * One thing that a notice tells: one ref that moved, one trigger's test, what became of a replica, what a scan says, or what it found
 * that another repository has as well.
 */
export type Item =
  | { readonly type: 'ref'; readonly event: RepositoryEvent; readonly change: RefChange }
  | { readonly type: 'test'; readonly event: RepositoryEvent }
  | { readonly type: 'replica'; readonly event: ReplicaEvent }
  | { readonly type: 'secret'; readonly event: ScanEvent }
  | { readonly type: 'spread'; readonly event: FoundEvent; readonly other: RepositoryAddress }

type FoundEvent = Extract<ScanEvent, { detailType: 'Secret Found' }>

export type RefItem = Extract<Item, { type: 'ref' }>
export type ReplicaItem = Extract<Item, { type: 'replica' }>
export type SecretItem = Extract<Item, { type: 'secret' }>
export type SpreadItem = Extract<Item, { type: 'spread' }>

/** An event in its parts: a built-in trigger names every ref of a push at once, and topics may want only some of them. */
export const itemsOf = (event: RepositoryEvent | RelayEvent): readonly Item[] => {
  if (event.type === 'relay') {
    if (!isScanEvent(event)) return [{ type: 'replica', event }]
    return [{ type: 'secret', event }, ...(event.detailType === 'Secret Found' ? spreadOf(event) : [])]
  }
  if (event.test) return [{ type: 'test', event }]
  return event.changes.map((change) => ({ type: 'ref', event, change }))
}

/** For each other repository that is to hear of it: what was found that is open there too, and nothing else. */
const spreadOf = (event: FoundEvent): readonly SpreadItem[] => {
  const told = event.detail.findings.flatMap(({ others = [] }) => others.filter(({ news }) => news))
  const repositories = new Map(told.map(({ repository }) => [addressText(repository), repository]))
  return [...repositories].map(([name, other]) => {
    const has = ({ others = [] }: NamedFinding) =>
      others.some(({ repository, news }) => news && addressText(repository) === name)
    const findings = event.detail.findings.filter(has)
    const blocking = findings.filter(({ action }) => action === 'block').length
    const detail = { ...event.detail, findings, found: findings.length, blocking, nextStep: ONCE_FOR_ALL }
    return { type: 'spread', event: { ...event, detail }, other }
  })
}

const ONCE_FOR_ALL =
  'Rotate it, if that has not been done: make a new one where it was issued and revoke this one. Whatever uses it in either repository needs the new one.'

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
  if (item.type === 'spread') return ['secret']
  return item.type === 'test' ? ['push', 'branch', 'tag'] : [kindOf(item.change)]
}

/** Whose topics hear of it. */
export const repositoryOf = (item: Item): RepositoryAddress => {
  if (item.type === 'spread') return item.other
  return item.type === 'replica' || item.type === 'secret'
    ? item.event.detail.repository
    : item.event.repository
}
