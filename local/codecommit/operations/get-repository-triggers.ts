import type { GetRepositoryTriggersInput, GetRepositoryTriggersOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { existing } from '../validate.ts'

export const getRepositoryTriggers =
  (context: Context) =>
  (input: GetRepositoryTriggersInput, call: Call): GetRepositoryTriggersOutput => {
    const { triggers, triggersId } = existing(context, call, input.repositoryName)
    return { ...(triggersId !== undefined && { configurationId: triggersId }), triggers: [...triggers] }
  }
