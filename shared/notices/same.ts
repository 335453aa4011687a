import type { Item, RefItem } from './items.ts'
import { repositoryOf } from './items.ts'

/** Two reports of one push are taken for the same when CodeCommit stamped them at most this far apart. */
export const APART_MS = 5_000

/**
 * The names under which an item counts as already told, in a fixed order: two items are the same when they share one.
 *
 * A push can be reported twice, by EventBridge and by a built-in trigger: under another id, the one in whole seconds and the
 * other in milliseconds, and only the first with the old tip. So a ref's move is named by what both know (repository, ref,
 * kind, new tip) and a window of time, since a branch may come back to a tip that it had before. Each item takes its own
 * window of 5 s and the next one, so that no edge parts a pair: at most 5 s apart are always the same, 10 s or more never.
 * That both stamps lie within 5 s is inferred, not documented.
 */
export const namesOf = (item: Item): readonly string[] => {
  if (item.type !== 'ref') return [JSON.stringify([item.type, item.event.id])]
  const { account, region, name } = repositoryOf(item)
  const { ref, kind } = item.change
  // what a trigger names as the tip of a deleted ref is not documented
  const commit = kind === 'deleted' ? '' : (item.change.commit ?? '')
  return windowsOf(item).map((window) => JSON.stringify([account, region, name, ref, kind, commit, window]))
}

const windowsOf = ({ event }: RefItem): readonly (string | number)[] => {
  const at = Date.parse(event.at)
  if (Number.isNaN(at)) return [event.id]
  const window = Math.floor(at / APART_MS)
  return [window, window + 1]
}

/** Items that are told together on one topic: one repository and one hand, or one replica and one kind of event. What a scan says is one message already. */
export const togetherOf = (item: Item): string => {
  const { account, region, name } = repositoryOf(item)
  const where = [item.type, account, region, name]
  if (item.type === 'test') return JSON.stringify([...where, item.event.id])
  if (item.type === 'ref')
    return JSON.stringify([...where, item.event.actor ?? '', item.event.actorName ?? ''])
  if (item.type === 'secret' || item.type === 'spread') return JSON.stringify([...where, item.event.id])
  const { replica } = item.event.detail
  return JSON.stringify([...where, replica.account, replica.region, replica.name, item.event.detailType])
}
