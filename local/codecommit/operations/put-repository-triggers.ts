import { randomUUID } from 'node:crypto'
import type { PutRepositoryTriggersInput, PutRepositoryTriggersOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { checkedTriggers } from '../trigger-rules.ts'
import { existing } from '../validate.ts'

/** Replaces the whole set; whether targets exist or let CodeCommit in is not looked at (API reference, PutRepositoryTriggers). */
export const putRepositoryTriggers =
  (context: Context) =>
  (input: PutRepositoryTriggersInput, call: Call): PutRepositoryTriggersOutput => {
    const repository = existing(context, call, input.repositoryName)
    const triggers = checkedTriggers(input.triggers, call.region)
    const configurationId = randomUUID()
    context.repositories.update(repository, { triggers, triggersId: configurationId })
    return { configurationId }
  }
