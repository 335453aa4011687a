import { isParkingName } from '../codecommit/address.ts'
import type { NotifyRoute } from '../config/types.ts'
import { type Item, kindsOf, repositoryOf } from './items.ts'

/** Does a list of globs choose this repository name? */
export type Chooses = (globs: readonly string[], name: string) => boolean

/** The topics that hear of an item, each once, in the order of the routes. Nobody hears of what Relay parks. */
export const topicsFor = (
  routes: readonly NotifyRoute[],
  item: Item,
  chooses: Chooses,
): readonly string[] => {
  const kinds = kindsOf(item)
  const { name } = repositoryOf(item)
  if (isParkingName(name)) return []
  const heard = routes.filter(
    ({ events, repositories }) => kinds.some((kind) => events.includes(kind)) && chooses(repositories, name),
  )
  return [...new Set(heard.map(({ topic }) => topic))]
}
