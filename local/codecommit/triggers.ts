import type { RepositoryTrigger } from '@aws-sdk/client-codecommit'
import type { Wires } from '../gateway/wires.ts'
import { type Change, type ChangedRepository, kindOf } from './events.ts'
import { parseRef } from './refs.ts'
import { repositoryArn } from './repositories.ts'

/** One entry of `codecommit.references`. */
export interface TriggerReference {
  readonly commit: string
  readonly created?: true
  readonly deleted?: true
  readonly ref: string
}

export interface TriggerRun {
  readonly repository: ChangedRepository
  readonly callerArn: string
  readonly configurationId: string
  /** `ReferenceChanges`, or `TriggerEventTest` for TestRepositoryTriggers */
  readonly eventName: 'ReferenceChanges' | 'TriggerEventTest'
  /** milliseconds since the epoch */
  readonly at: number
  readonly newId: () => string
}

/** SNS takes messages of 256 KiB (SNS quotas); this leaves room for the record around the references. */
const MAX_REFERENCE_BYTES = 240_000

/** Changes that this trigger wants. Tags do not pass a filter of branches (inferred: AWS does not say). */
export const wantedBy = (trigger: RepositoryTrigger, changes: readonly Change[]): Change[] =>
  changes.filter((change) => {
    const event = `${kindOf(change).replace(/d$/, '')}Reference`
    const events: readonly string[] = trigger.events ?? []
    if (!events.includes('all') && !events.includes(event)) return false
    if (!trigger.branches?.length) return true
    const name = parseRef(change.ref)
    return name?.type === 'branch' && trigger.branches.includes(name.short)
  })

/** What `commit` holds for a deletion is not documented; the former tip is inferred. */
export const referenceOf = (change: Change): TriggerReference => ({
  commit: change.new ?? change.old ?? '',
  ...(change.old === undefined && { created: true }),
  ...(change.new === undefined && { deleted: true }),
  ref: change.ref,
})

/**
 * The payloads of one firing (lambda developer guide, "Using AWS Lambda with AWS CodeCommit"): one record with all references, or
 * numbered parts when that would be larger than a message may be (parts are inferred from `eventPartNumber`).
 */
export const triggerPayloads = (
  trigger: RepositoryTrigger,
  references: readonly TriggerReference[],
  run: TriggerRun,
): string[] => {
  const parts = split(references)
  const eventTime = new Date(run.at).toISOString().replace('Z', '+0000')
  return parts.map((part, index) =>
    JSON.stringify({
      Records: [
        {
          awsRegion: run.repository.region,
          codecommit: { references: part },
          ...(trigger.customData && { customData: trigger.customData }),
          eventId: run.newId(),
          eventName: run.eventName,
          eventPartNumber: index + 1,
          eventSource: 'aws:codecommit',
          eventSourceARN: repositoryArn(run.repository),
          eventTime,
          eventTotalParts: parts.length,
          eventTriggerConfigId: run.configurationId,
          eventTriggerName: trigger.name,
          eventVersion: '1.0',
          userIdentityARN: run.callerArn,
        },
      ],
    }),
  )
}

const split = (references: readonly TriggerReference[]): TriggerReference[][] => {
  const parts: TriggerReference[][] = [[]]
  let size = 0
  for (const reference of references) {
    const bytes = Buffer.byteLength(JSON.stringify(reference)) + 1
    if (size > 0 && size + bytes > MAX_REFERENCE_BYTES) {
      parts.push([])
      size = 0
    }
    parts.at(-1)?.push(reference)
    size += bytes
  }
  return parts
}

/** Sends one firing to the trigger's topic or function. Throws what the target's service throws. */
export const fireTrigger = async (
  wires: Pick<Wires, 'publish' | 'invokeAsync'>,
  trigger: RepositoryTrigger,
  references: readonly TriggerReference[],
  run: TriggerRun,
): Promise<void> => {
  const { account, region, name } = run.repository
  const target = trigger.destinationArn ?? ''
  const sender = {
    service: 'codecommit.amazonaws.com',
    sourceArn: repositoryArn(run.repository),
    sourceAccount: account,
  }
  for (const body of triggerPayloads(trigger, references, run)) {
    if (target.split(':')[2] === 'lambda') await wires.invokeAsync(target, body, sender)
    // subjects stay below 100 characters (SNS API, Publish); the first word is UPDATE in every capture known
    else {
      const subject = `UPDATE: AWS CodeCommit ${region} push: ${name}`.slice(0, 99)
      await wires.publish(target, { subject, body }, sender)
    }
  }
}
