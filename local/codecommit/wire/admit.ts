import type { Context } from '../context.ts'
import { may } from '../permissions.ts'
import { type Repository, repositoryArn } from '../repositories.ts'
import { keyProblem } from './key.ts'
import { type Attempt, accessDenied, recordRefusal } from './record.ts'
import { requestKeys } from './visit.ts'

/** Why a client whom we know is not let in. Each transport says it in its own way. */
export interface Refused {
  readonly refused: 'denied' | 'missing' | 'throttled' | 'key'
  readonly code: string
  /** for the client, as far as AWS's words are known */
  readonly text: string
}

/**
 * What a caller may, then whether the repository exists, then its key: strangers learn of no repository. A push is judged here without its
 * refs, which nobody knows yet, and later by each one (codecommit user guide, "Limit pushes and merges to branches").
 */
export const admit = (context: Context, attempt: Attempt): Repository | Refused => {
  const { caller, key, service } = attempt
  const action = service === 'git-upload-pack' ? 'GitPull' : 'GitPush'
  const refuse = (refused: Refused['refused'], code: string, text: string): Refused => {
    const facts = { repository: repositoryArn(key), service, caller: caller.arn, why: text }
    context.parts.log('codecommit', 'Git access was refused', facts)
    recordRefusal(context, attempt, { code, message: text })
    return { refused, code, text }
  }
  if (!context.rate(`${key.account}/${key.region}`)) {
    return refuse('throttled', 'ThrottlingException', 'Rate Exceeded')
  }
  if (!may(context, caller, action, key, requestKeys(attempt))) {
    const { code, message } = accessDenied(caller, action, key)
    return refuse('denied', code, message)
  }
  const repository = context.repositories.find(key)
  if (repository === undefined) {
    return refuse('missing', 'RepositoryDoesNotExistException', `${key.name} does not exist`)
  }
  const locked = keyProblem(context, caller, repository)
  return locked === undefined ? repository : refuse('key', locked.code, locked.message)
}
