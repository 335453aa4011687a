import { bareOf, type Context } from '../context.ts'
import type { Repository } from '../repositories.ts'
import { isAncestor } from './bases.ts'

/** A merge commit that the API made, and of what: a squash does not show it. */
interface Merged {
  readonly destination: string
  readonly commitId: string
}

const recordsOf = ({ parts }: Pick<Context, 'parts'>) =>
  parts.store.collection<Merged>('codecommit.merge-commits')

export const remember = (
  context: Pick<Context, 'parts'>,
  repository: Repository,
  { source, destination, commitId }: Merged & { readonly source: string },
): void => recordsOf(context).put(`${repository.id}/${source}/${commitId}`, { destination, commitId })

/** Forgets the merges of a repository that is no more. */
export const forgetMerges = (context: Pick<Context, 'parts'>, repository: Repository): void => {
  const records = recordsOf(context)
  for (const [key] of records.entries(`${repository.id}/`)) records.delete(key)
}

/**
 * The commit by which a source came into a destination: one that was made of exactly these two, else one that lies in the destination's
 * history. Merges by push are found by their parents.
 */
export const mergeCommitOf = async (
  context: Context,
  repository: Repository,
  { source, destination }: { readonly source: string; readonly destination: string },
): Promise<string | undefined> => {
  const bare = bareOf(context, repository)
  const made = recordsOf(context)
    .entries(`${repository.id}/${source}/`)
    .map(([, record]) => record)
  const exact = made.find((record) => record.destination === destination)
  if (exact !== undefined) return exact.commitId
  for (const { commitId } of made) {
    if (await isAncestor(context, bare, commitId, destination)) return commitId
  }
  const text = await context.git.must([
    `--git-dir=${bare.directory}`,
    'rev-list',
    '--merges',
    '--parents',
    '--reverse',
    `${source}..${destination}`,
  ])
  const merges = text.split('\n').map((line) => line.split(' '))
  return merges.find(([, , ...others]) => others.includes(source))?.[0]
}
