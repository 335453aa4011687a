import { randomUUID } from 'node:crypto'
import type {
  RepositoryTrigger,
  TestRepositoryTriggersInput,
  TestRepositoryTriggersOutput,
} from '@aws-sdk/client-codecommit'
import { AwsError, type Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { bareOf } from '../context.ts'
import type { Repository } from '../repositories.ts'
import { checkedTriggers } from '../trigger-rules.ts'
import { fireTrigger } from '../triggers.ts'
import { existing } from '../validate.ts'

/** Sends each proposed trigger a sample: the latest commit of the default branch, or zeroes. Nothing is stored. */
export const testRepositoryTriggers =
  (context: Context) =>
  async (input: TestRepositoryTriggersInput, call: Call): Promise<TestRepositoryTriggersOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const triggers = checkedTriggers(input.triggers, call.region)
    const reference = await sample(context, repository)
    const failed = await Promise.all(
      triggers.map((trigger) => tryTrigger(context, trigger, repository, reference, call)),
    )
    return {
      successfulExecutions: triggers
        .map(({ name }) => name ?? '')
        .filter((name) => !failed.some((failure) => failure?.trigger === name)),
      failedExecutions: failed.filter((failure) => failure !== undefined),
    }
  }

const sample = async (context: Context, repository: Repository): Promise<{ commit: string; ref: string }> => {
  const bare = bareOf(context, repository)
  const ref = `refs/heads/${await bare.head()}`
  return { commit: (await bare.tip(ref)) ?? '0'.repeat(40), ref }
}

/** @returns what went wrong, or undefined */
const tryTrigger = async (
  { wires, parts }: Context,
  trigger: RepositoryTrigger,
  repository: Repository,
  reference: { commit: string; ref: string },
  call: Call,
): Promise<{ trigger: string; failureMessage: string } | undefined> => {
  try {
    await fireTrigger(wires, trigger, [reference], {
      repository,
      callerArn: call.caller.arn,
      configurationId: randomUUID(),
      eventName: 'TriggerEventTest',
      at: parts.now(),
      newId: randomUUID,
    })
    return undefined
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    return { trigger: trigger.name ?? '', failureMessage: `${error.code}: ${error.message}` }
  }
}
