import type { RepositoryAddress } from '../codecommit/address.ts'

/** Console hosts of the other partitions are inferred from their sign-in pages; CodeCommit’s own events name only `aws`’s. */
const consoleOf = (region: string): string => {
  if (region.startsWith('cn-')) return `${region}.console.amazonaws.cn`
  if (region.startsWith('us-gov-')) return `${region}.console.amazonaws-us-gov.com`
  return `${region}.console.aws.amazon.com`
}

/**
 * A page of the repository in the console, e.g. `commit/<id>`. Form: the links in `notificationBody` of CodeCommit's events
 * (AWS CodeCommit User Guide, "Monitoring CodeCommit events in Amazon EventBridge").
 */
const page = (repository: RepositoryAddress, path: string): string =>
  list(repository, `/${encodeURIComponent(repository.name)}/${path}`)

const list = ({ region }: RepositoryAddress, path: string): string =>
  `https://${consoleOf(region)}/codesuite/codecommit/repositories${path}?region=${region}`

export const commitLink = (repository: RepositoryAddress, commit: string): string =>
  page(repository, `commit/${encodeURIComponent(commit)}`)

export const compareLink = (repository: RepositoryAddress, before: string, after: string): string =>
  page(repository, `compare/${encodeURIComponent(before)}/.../${encodeURIComponent(after)}`)

export const branchesLink = (repository: RepositoryAddress): string => page(repository, 'branches')

export const tagsLink = (repository: RepositoryAddress): string => page(repository, 'tags')

export const browseLink = (repository: RepositoryAddress): string => page(repository, 'browse')

/** of all that are in its region */
export const repositoriesLink = (repository: RepositoryAddress): string => list(repository, '')
