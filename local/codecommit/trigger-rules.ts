import type { RepositoryTrigger } from '@aws-sdk/client-codecommit'
import { branchNameProblem } from './refs.ts'
import { reject } from './validate.ts'

const MAX_TRIGGERS = 10
const MAX_BRANCHES = 10
const EVENTS = ['all', 'updateReference', 'createReference', 'deleteReference']
const TARGET =
  /^arn:aws[a-z-]*:(?:sns:([a-z0-9-]+):\d{12}:[\w-]+(?:\.fifo)?|lambda:([a-z0-9-]+):\d{12}:function:[\w-]+(?::[\w$-]+)?)$/

/**
 * A whole new set of triggers (codecommit user guide, "Manage triggers" and "Quotas"; API reference, PutRepositoryTriggers). Throws the
 * exception of the first rule that is broken.
 * @param region of the repository: targets must be in it
 */
export const checkedTriggers = (triggers: unknown, region: string): RepositoryTrigger[] => {
  if (!Array.isArray(triggers)) {
    return reject('RepositoryTriggersListRequired', 'A list of triggers is required.')
  }
  if (triggers.length > MAX_TRIGGERS) {
    reject('MaximumRepositoryTriggersExceeded', `A repository can have at most ${MAX_TRIGGERS} triggers.`)
  }
  const checked = triggers.map((trigger: Partial<RepositoryTrigger>) => checkTrigger(trigger, region))
  if (new Set(checked.map(({ name }) => name)).size < checked.length) {
    reject('InvalidRepositoryTriggerName', 'The names of triggers must be unique in a repository.')
  }
  return checked
}

const checkTrigger = (
  { name, destinationArn, customData, branches, events }: Partial<RepositoryTrigger>,
  region: string,
): RepositoryTrigger => {
  if (!name) return reject('RepositoryTriggerNameRequired', 'A name for the trigger is required.')
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(name)) {
    reject('InvalidRepositoryTriggerName', 'The name of the trigger is not valid.')
  }
  checkTarget(destinationArn, region)
  if (customData !== undefined && [...customData].length > 1_000) {
    reject('InvalidRepositoryTriggerCustomData', 'Custom data can be at most 1,000 characters long.')
  }
  checkBranches(branches)
  checkEvents(events)
  return {
    name,
    destinationArn,
    ...(customData !== undefined && { customData }),
    branches: branches ?? [],
    events,
  }
}

const checkTarget = (arn: string | undefined, region: string): void => {
  if (!arn) reject('RepositoryTriggerDestinationArnRequired', 'The ARN of a target is required.')
  const parts = TARGET.exec(arn)
  if (parts === null || arn.endsWith('.fifo')) {
    reject(
      'InvalidRepositoryTriggerDestinationArn',
      'The target must be the ARN of a standard Amazon SNS topic or of an AWS Lambda function.',
    )
  }
  if ((parts[1] ?? parts[2]) !== region) {
    reject('InvalidRepositoryTriggerRegion', 'The target must be in the same region as the repository.')
  }
}

const checkBranches = (branches: readonly string[] | undefined): void => {
  if (!Array.isArray(branches)) {
    reject('RepositoryTriggerBranchNameListRequired', 'A list of branches is required; it may be empty.')
  }
  if (branches.length > MAX_BRANCHES) {
    reject('MaximumBranchesExceeded', `A trigger can name at most ${MAX_BRANCHES} branches.`)
  }
  if (branches.some((branch) => branchNameProblem(String(branch)) !== undefined)) {
    reject('InvalidRepositoryTriggerBranchName', 'A branch name of the trigger is not valid.')
  }
}

const checkEvents = (events: readonly string[] | undefined): void => {
  if (!Array.isArray(events) || events.length === 0) {
    reject('RepositoryTriggerEventsListRequired', 'At least one event is required.')
  }
  const mixed = events.includes('all') && events.length > 1
  if (mixed || events.some((event) => !EVENTS.includes(event))) {
    reject(
      'InvalidRepositoryTriggerEvents',
      'Events are updateReference, createReference and deleteReference, or all on its own.',
    )
  }
}
