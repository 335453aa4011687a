import { page } from '../paging.ts'
import { pageSize } from '../pull-requests/inputs.ts'

/** How many names a page holds is not documented. */
const PAGE = { usual: 100, most: 1_000 }

/** One page of names, in their order. @param list is asked once the limit is known to be valid */
export const namesPage = (
  { maxResults, nextToken: token }: { maxResults?: number | undefined; nextToken?: string | undefined },
  scope: string,
  list: () => readonly { readonly name: string }[],
): { names: string[]; nextToken?: string } => {
  const size = pageSize(maxResults, PAGE)
  const names = list()
    .map(({ name }) => name)
    .sort()
  const { items, ...rest } = page(names, { size, scope, token, placeOf: (name) => name })
  return { names: items, ...rest }
}
