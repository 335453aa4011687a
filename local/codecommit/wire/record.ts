import type { Happening } from '../../contracts.ts'
import type { Caller } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { type RepositoryKey, repositoryArn } from '../repositories.ts'
import { type PushHead, ZERO_OID } from './push-commands.ts'
import type { GitService, Visit } from './visit.ts'
import type { Wants } from './wants.ts'

/** What is known of a request before it is let in. */
export interface Attempt extends Omit<Visit, 'caller' | 'repository'> {
  readonly service: GitService
  readonly caller: Caller
  readonly key: RepositoryKey
  /** absent when there is none of that name */
  readonly repositoryId?: string
}

type Said = Pick<Happening, 'requestParameters' | 'error'> & { readonly data?: object }

/**
 * CloudTrail's entry of one Git request (codecommit user guide, "Logging AWS CodeCommit API calls with AWS CloudTrail"): a push makes two,
 * the request for the refs, without data, and the pack.
 */
const record = ({ trail }: Context, attempt: Attempt, { data, ...said }: Said): void => {
  const { service, caller, key, via, requestId, sourceIp, userAgent, repositoryId } = attempt
  trail?.record({
    account: key.account,
    region: key.region,
    eventSource: 'codecommit.amazonaws.com',
    eventName: service === 'git-upload-pack' ? 'GitPull' : 'GitPush',
    caller,
    requestId,
    ...(sourceIp !== undefined && { sourceIp }),
    ...(userAgent !== undefined && { userAgent }),
    resources: [repositoryArn(key)],
    additionalEventData: {
      protocol: via,
      dataTransferred: false,
      repositoryName: key.name,
      ...(repositoryId !== undefined && { repositoryId }),
      ...data,
    },
    ...said,
  })
}

export const recordRefs = (context: Context, attempt: Attempt): void => record(context, attempt, {})

export const recordRefusal = (
  context: Context,
  attempt: Attempt,
  error: { code: string; message: string },
): void => record(context, attempt, { error })

export const recordPush = (context: Context, visit: Visit, head: PushHead, denied: boolean): void => {
  const references = head.commands.map((command) => ({
    ...(command.new !== ZERO_OID && { commit: command.new }),
    ref: command.ref ?? command.bytes,
  }))
  record(context, attemptOf(visit, 'git-receive-pack'), {
    requestParameters: { references },
    data: { capabilities: head.capabilities, dataTransferred: true },
    ...(denied && { error: accessDenied(visit.caller, 'GitPush', visit.repository) }),
  })
}

export const recordFetch = (
  context: Context,
  visit: Visit,
  { capabilities, shallow }: Pick<Wants, 'capabilities' | 'shallow'>,
): void =>
  record(context, attemptOf(visit, 'git-upload-pack'), {
    data: { capabilities, dataTransferred: true, shallow },
  })

const attemptOf = (visit: Visit, service: GitService): Attempt => ({
  ...visit,
  service,
  key: visit.repository,
  repositoryId: visit.repository.id,
})

export const accessDenied = (caller: Caller, action: string, key: RepositoryKey) => ({
  code: 'AccessDenied',
  message: `User: ${caller.arn} is not authorized to perform: codecommit:${action} on resource: ${repositoryArn(key)}`,
})
