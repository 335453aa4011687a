import type { Context } from '../context.ts'

type Reviews = Pick<Context, 'pullRequests' | 'comments' | 'templates' | 'clientTokens' | 'parts'>

/** Everything that was said about a repository that is gone. */
export const forgetReviews = (
  { parts, pullRequests, comments, templates, clientTokens }: Reviews,
  repositoryId: string,
): void =>
  parts.store.transaction(() => {
    for (const kept of [pullRequests, comments, templates, clientTokens]) kept.forget(repositoryId)
  })

/** At the start: of repositories that a killed cloud had removed already. */
export const forgetStrays = (context: Reviews & Pick<Context, 'repositories'>): void => {
  const known = new Set(context.repositories.all().map(({ id }) => id))
  const { pullRequests, comments, templates } = context
  const remembered = [pullRequests, comments, templates].flatMap((kept) => [...kept.repositories()])
  for (const id of new Set(remembered)) if (!known.has(id)) forgetReviews(context, id)
}
