import type { ListRepositoriesInput, ListRepositoriesOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { page } from '../paging.ts'
import type { Repository } from '../repositories.ts'
import { reject } from '../validate.ts'

/** Sorted by name, ascending, unless asked otherwise (the default is inferred). */
export const listRepositories =
  ({ repositories, limits }: Context) =>
  (input: ListRepositoriesInput, { account, region }: Call): ListRepositoriesOutput => {
    const sortBy: string = input.sortBy ?? 'repositoryName'
    const order: string = input.order ?? 'ascending'
    if (!['repositoryName', 'lastModifiedDate'].includes(sortBy)) {
      reject('InvalidSortBy', 'Repositories are sorted by repositoryName or lastModifiedDate.')
    }
    if (!['ascending', 'descending'].includes(order)) {
      reject('InvalidOrder', 'The order is ascending or descending.')
    }
    const placeOf = ({ name, modifiedAt }: Repository): string =>
      sortBy === 'repositoryName' ? name : `${String(modifiedAt).padStart(16, '0')} ${name}`
    const sign = order === 'ascending' ? 1 : -1
    const sorted = repositories.list(account, region).sort((a, b) => (placeOf(a) < placeOf(b) ? -sign : sign))
    const { items, nextToken } = page(sorted, {
      size: limits.repositoriesPerPage,
      scope: `ListRepositories ${sortBy} ${order}`,
      token: input.nextToken,
      placeOf,
      descending: order === 'descending',
    })
    return {
      repositories: items.map(({ name, id }) => ({ repositoryName: name, repositoryId: id })),
      ...(nextToken !== undefined && { nextToken }),
    }
  }
