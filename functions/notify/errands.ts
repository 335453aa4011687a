import type { NotifyRoute } from '../../shared/config/types.ts'
import type { RelayEvent, RepositoryEvent } from '../../shared/events/types.ts'
import { type Item, itemsOf } from '../../shared/notices/items.ts'
import { type Chooses, topicsFor } from '../../shared/notices/match.ts'
import { namesOf } from '../../shared/notices/same.ts'

/** The events that people hear of. */
export type Told = RepositoryEvent | RelayEvent

/** What one topic hears of one event: one item, or all of a push with many refs; and the records that asked for it. */
export interface Errand {
  readonly topic: string
  items: readonly [Item, ...Item[]]
  /** under which it counts as told */
  readonly names: readonly string[]
  readonly records: Set<string>
}

/**
 * Up to this many refs of one event are told apart by name, so that EventBridge and a trigger can be seen to report the same
 * push. A larger one is one errand under its event's id: thousands of claims would outlast the function.
 */
export const MAX_NAMED_REFS = 20

/** The batch's errands. What stands in it twice is one errand; the report that knows the old tip is the one to tell. */
export const createBook = (notify: readonly NotifyRoute[], chooses: Chooses) => {
  const errands: Errand[] = []
  const byName = new Map<string, Errand>()
  const put = (
    topic: string,
    items: readonly [Item, ...Item[]],
    names: readonly string[],
    record: string,
  ) => {
    const keys = names.map((name) => `${topic} ${name}`)
    const same = keys.map((key) => byName.get(key)).find((errand) => errand !== undefined)
    if (same) {
      same.records.add(record)
      if (knowsMore(items[0], same.items[0])) same.items = items
      return
    }
    const errand: Errand = { topic, items, names, records: new Set([record]) }
    errands.push(errand)
    for (const key of keys) byName.set(key, errand)
  }
  const add = (event: Told, record: string) => {
    const wanted = itemsOf(event).flatMap((item) =>
      topicsFor(notify, item, chooses).map((topic) => ({ topic, item })),
    )
    for (const [topic, group] of Map.groupBy(wanted, (pair) => pair.topic)) {
      const [first, ...others] = group.map(({ item }) => item)
      if (first === undefined) continue
      // whoever hears of a finding reads there where else it is; and of several other repositories in one message
      if (first.type === 'secret') put(topic, [first], namesOf(first), record)
      else if (first.type === 'spread') put(topic, [first, ...others], namesOf(first), record)
      else if (group.length > MAX_NAMED_REFS)
        put(topic, [first, ...others], [JSON.stringify(['push', event.id])], record)
      else for (const item of [first, ...others]) put(topic, [item], namesOf(item), record)
    }
  }
  return { errands, add }
}

const knowsMore = (item: Item, than: Item): boolean =>
  item.type === 'ref' &&
  than.type === 'ref' &&
  item.change.oldCommit !== undefined &&
  than.change.oldCommit === undefined
