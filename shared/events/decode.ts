import * as z from 'zod/mini'
import { RelayError } from '../runtime/errors.ts'
import {
  envelope,
  mirrorFailed,
  planRefused,
  replicaBehind,
  replicaDiverged,
  replicaIncomplete,
  replicationRequested,
  replicaUpdated,
  repositoryState,
  scanIncomplete,
  scanRequested,
  scanRulesInvalid,
  secretFound,
  secretResolved,
  sourceMissing,
  taskState,
  triggerRecord,
} from './shapes.ts'
import { RELAY_SOURCE, type RefChange, type RelayInput, type RepositoryEvent } from './types.ts'

/** Detail types of CodeCommit that say nothing about a ref: known, and not acted on. */
const IGNORED: readonly string[] = [
  'CodeCommit Pull Request State Change',
  'CodeCommit Comment on Commit',
  'CodeCommit Comment on Pull Request',
  'CodeCommit Comment Reaction Change',
  'CodeCommit Approval Rule Template Change',
  'AWS API Call via CloudTrail',
]

/** An SNS notification may wrap a trigger record, which may not wrap another. */
const MAX_WRAPS = 2

/** The containers whose exit code tells how a run went: a task has one of them. */
const CONTAINERS = ['mirror', 'scan']

/**
 * What a message says happened.
 * @param input parsed JSON: an EventBridge envelope, a trigger's `{Records: [...]}`, or either one wrapped by SNS (as Lambda
 * gets it, or as an SQS subscriber does)
 * @returns nothing for kinds that are known but not acted on (pull requests, comments, a task that still runs)
 * @throws RelayError EVENT_MALFORMED naming the field and what was expected of it, never what was found
 */
export const decode = (input: unknown): readonly RelayInput[] => decodeWrapped(input, 0)

/** {@link decode} for a message body. */
export const decodeBody = (body: string): readonly RelayInput[] => decode(parseJson(body, 'body'))

const decodeWrapped = (input: unknown, depth: number): readonly RelayInput[] => {
  if (depth > MAX_WRAPS) throw malformed('Message', 'fewer notifications inside one another')
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw malformed('event', 'a JSON object')
  }
  if ('Records' in input) return decodeRecords(input.Records, depth)
  if ('Message' in input) return unwrap(input.Message, 'Message', depth)
  return decodeEnvelope(input)
}

const decodeRecords = (records: unknown, depth: number): readonly RelayInput[] => {
  if (!Array.isArray(records)) throw malformed('Records', 'a list')
  return records.flatMap((record: unknown, index) => {
    const at = `Records.${index}`
    const sns = (record as { Sns?: unknown } | null)?.Sns
    if (typeof sns === 'object' && sns !== null) {
      return unwrap((sns as { Message?: unknown }).Message, `${at}.Sns.Message`, depth)
    }
    return [decodeTrigger(check(triggerRecord(), record, at))]
  })
}

const unwrap = (message: unknown, field: string, depth: number): readonly RelayInput[] => {
  if (typeof message !== 'string') throw malformed(field, 'a text with JSON in it')
  return decodeWrapped(parseJson(message, field), depth + 1)
}

const decodeTrigger = (record: z.infer<ReturnType<typeof triggerRecord>>): RepositoryEvent => {
  const [, , , region = '', account = '', name = ''] = record.eventSourceARN.split(':')
  const part = record.eventPartNumber ?? 1
  return {
    type: 'repository',
    // parts of one large push share the event id
    id: part === 1 ? record.eventId : `${record.eventId}/${part}`,
    via: 'trigger',
    test: record.eventName === 'TriggerEventTest',
    repository: { account, region, name },
    at: utc(record.eventTime, 'Records.eventTime'),
    ...(record.userIdentityARN ? { actor: record.userIdentityARN } : {}),
    changes: (record.codecommit?.references ?? []).flatMap(({ ref, commit, created, deleted }) => {
      if (deleted) return changeOf('deleted', ref)
      return changeOf(created ? 'created' : 'updated', ref, commit ?? undefined)
    }),
  }
}

const decodeEnvelope = (input: object): readonly RelayInput[] => {
  const event = check(envelope(), input, '')
  const kind = event['detail-type']
  const base = { id: event.id, at: utc(event.time, 'time') }
  if (event.source === RELAY_SOURCE) return [decodeRelay(kind, event.detail, base)]
  if (event.source === 'aws.ecs') {
    if (kind === 'ECS Task State Change') return decodeTask(event.detail, base)
    throw malformed('detail-type', 'ECS Task State Change')
  }
  if (event.source !== 'aws.codecommit') {
    throw malformed('source', `aws.codecommit, aws.ecs or ${RELAY_SOURCE}`)
  }
  if (IGNORED.includes(kind)) return []
  if (kind !== 'CodeCommit Repository State Change') throw malformed('detail-type', 'one of CodeCommit’s')
  return decodeState(event, base)
}

const decodeState = (
  event: z.infer<ReturnType<typeof envelope>>,
  base: { id: string; at: string },
): readonly RelayInput[] => {
  const detail = check(repositoryState(), event.detail, 'detail')
  if (detail.event === 'unreferencedMergeCommitCreated') return []
  if (detail.referenceFullName === undefined) throw malformed('detail.referenceFullName', 'a full ref name')
  const kind = kinds[detail.event]
  const changes = changeOf(
    kind,
    detail.referenceFullName,
    kind === 'deleted' ? undefined : detail.commitId,
    detail.oldCommitId,
  )
  // a ref that is neither branch nor tag is not replicated
  if (changes.length === 0) return []
  return [
    {
      type: 'repository',
      ...base,
      via: 'eventbridge',
      test: false,
      repository: { account: event.account, region: event.region, name: detail.repositoryName },
      ...(detail.callerUserArn === undefined ? {} : { actor: detail.callerUserArn }),
      ...(detail.displayName === undefined ? {} : { actorName: detail.displayName }),
      changes,
    },
  ]
}

const kinds = {
  referenceCreated: 'created',
  referenceUpdated: 'updated',
  referenceDeleted: 'deleted',
} as const

const changeOf = (kind: RefChange['kind'], ref: string, commit?: string, oldCommit?: string): RefChange[] => {
  const refType = ref.startsWith('refs/heads/') ? 'branch' : ref.startsWith('refs/tags/') ? 'tag' : undefined
  if (!refType) return []
  return [{ kind, ref, refType, ...(commit ? { commit } : {}), ...(oldCommit ? { oldCommit } : {}) }]
}

const decodeRelay = (kind: string, detail: unknown, base: { id: string; at: string }): RelayInput => {
  switch (kind) {
    case 'Replica Updated':
      return { type: 'relay', ...base, detailType: kind, detail: check(replicaUpdated(), detail, 'detail') }
    case 'Replica Behind':
      return { type: 'relay', ...base, detailType: kind, detail: check(replicaBehind(), detail, 'detail') }
    case 'Replica Diverged':
      return { type: 'relay', ...base, detailType: kind, detail: check(replicaDiverged(), detail, 'detail') }
    case 'Replica Incomplete':
      return {
        type: 'relay',
        ...base,
        detailType: kind,
        detail: check(replicaIncomplete(), detail, 'detail'),
      }
    case 'Plan Refused':
      return { type: 'relay', ...base, detailType: kind, detail: check(planRefused(), detail, 'detail') }
    case 'Source Missing':
      return { type: 'relay', ...base, detailType: kind, detail: check(sourceMissing(), detail, 'detail') }
    case 'Mirror Failed':
      return { type: 'relay', ...base, detailType: kind, detail: check(mirrorFailed(), detail, 'detail') }
    case 'Secret Found':
      return { type: 'relay', ...base, detailType: kind, detail: check(secretFound(), detail, 'detail') }
    case 'Secret Resolved':
      return { type: 'relay', ...base, detailType: kind, detail: check(secretResolved(), detail, 'detail') }
    case 'Scan Incomplete':
      return { type: 'relay', ...base, detailType: kind, detail: check(scanIncomplete(), detail, 'detail') }
    case 'Scan Rules Invalid':
      return { type: 'relay', ...base, detailType: kind, detail: check(scanRulesInvalid(), detail, 'detail') }
    case 'Scan Requested':
      return { type: 'scan-request', ...base, ...check(scanRequested(), detail, 'detail') }
    case 'Replication Requested':
      return { type: 'request', ...base, ...check(replicationRequested(), detail, 'detail') }
    default:
      throw malformed('detail-type', 'one of Relay’s')
  }
}

const decodeTask = (input: unknown, base: { id: string; at: string }): readonly RelayInput[] => {
  const detail = check(taskState(), input, 'detail')
  if (detail.lastStatus !== 'STOPPED') return []
  const exitCode = detail.containers?.find(({ name = '' }) => CONTAINERS.includes(name))?.exitCode
  const override = detail.overrides?.containerOverrides?.find(({ name = '' }) => CONTAINERS.includes(name))
  return [
    {
      type: 'task-stopped',
      ...base,
      taskArn: detail.taskArn,
      ...(detail.stopCode === undefined ? {} : { stopCode: detail.stopCode }),
      ...(detail.stoppedReason === undefined ? {} : { stoppedReason: detail.stoppedReason }),
      ...(exitCode === undefined ? {} : { exitCode }),
      environment: Object.fromEntries((override?.environment ?? []).map(({ name, value }) => [name, value])),
    },
  ]
}

/** ISO 8601 in UTC. Triggers write `+0000`, which ISO 8601 knows and ECMAScript does not. */
const utc = (text: string, field: string): string => {
  const time = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  if (Number.isNaN(time)) throw malformed(field, 'a time in ISO 8601')
  return text.endsWith('Z') ? text : new Date(time).toISOString()
}

const check = <T>(shape: z.ZodMiniType<T>, input: unknown, at: string): T => {
  const result = z.safeParse(shape, input)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = [at, ...(issue?.path ?? [])].filter((step) => step !== '').join('.')
  throw malformed(path || 'event', expectationOf(issue))
}

/** What a field should have been, in words that quote nothing of the input. */
const expectationOf = (issue: z.core.$ZodIssue | undefined): string => {
  switch (issue?.code) {
    case 'invalid_type':
      return issue.expected
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`
    case 'invalid_format':
      return `text of the form ${issue.pattern ?? issue.format}`
    case 'too_big':
      return `at most ${issue.maximum}`
    case 'too_small':
      return `at least ${issue.minimum}`
    default:
      return 'another shape'
  }
}

const parseJson = (text: string, field: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // the parser's message quotes the text: it is left out
    throw malformed(field, 'JSON')
  }
}

const malformed = (field: string, expected: string): RelayError =>
  new RelayError('EVENT_MALFORMED', { field, expected })
