import * as z from 'zod/mini'
import { once } from '../runtime/once.ts'
import type {
  MirrorFailed,
  PlanRefused,
  ReplicaBehind,
  ReplicaDiverged,
  ReplicaIncomplete,
  ReplicationRequest,
  ReplicaUpdated,
  ScanIncomplete,
  ScanRequest,
  ScanRulesInvalid,
  SecretFound,
  SecretResolved,
  SourceMissing,
} from './types.ts'

// Only what Relay uses is named; objects keep no unknown field and refuse none. Each shape is made when it is first asked for: all
// of them together take milliseconds, and an event needs two.

const account = once(() => z.string().check(z.regex(/^\d{12}$/)))
const region = once(() => z.string().check(z.regex(/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/)))
/** CreateRepository, parameter repositoryName (CodeCommit API Reference). */
const repositoryName = once(() => z.string().check(z.regex(/^[\w.-]{1,100}$/)))
const oid = once(() => z.string().check(z.regex(/^[0-9a-f]{40}$/)))
/** A full name that `git check-ref-format` would not refuse for its characters. */
const ref = once(() => z.string().check(z.maxLength(1024), z.regex(/^refs\/[^\0- \x7f~^:?*[\\]+$/)))
const moment = once(() =>
  z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$/)),
)
const id = once(() => z.string().check(z.minLength(1), z.maxLength(256)))
const words = once(() => z.string().check(z.maxLength(4096)))
const count = once(() => z.number().check(z.nonnegative(), z.multipleOf(1)))
const address = once(() => z.object({ account: account(), region: region(), name: repositoryName() }))

/** EventBridge's envelope (EventBridge user guide, "AWS service event metadata"). */
export const envelope = once(() =>
  z.object({
    id: id(),
    'detail-type': z.string(),
    source: z.string(),
    account: account(),
    time: moment(),
    region: region(),
    detail: z.record(z.string(), z.unknown()),
  }),
)

/** CodeCommit user guide, "Monitoring CodeCommit events in Amazon EventBridge": only name and event are always there. */
export const repositoryState = once(() =>
  z.object({
    event: z.enum([
      'referenceCreated',
      'referenceUpdated',
      'referenceDeleted',
      'unreferencedMergeCommitCreated',
    ]),
    repositoryName: repositoryName(),
    referenceFullName: z.optional(ref()),
    commitId: z.optional(oid()),
    oldCommitId: z.optional(oid()),
    callerUserArn: z.optional(z.string()),
    displayName: z.optional(z.string()),
  }),
)

/** AWS Lambda Developer Guide, "Using AWS Lambda with AWS CodeCommit". */
export const triggerRecord = once(() =>
  z.object({
    eventSource: z.literal('aws:codecommit'),
    eventSourceARN: z
      .string()
      .check(z.regex(/^arn:[\w-]+:codecommit:[a-z]{2}(-[a-z]+)+-\d{1,2}:\d{12}:[\w.-]{1,100}$/)),
    eventId: id(),
    eventName: z.enum(['ReferenceChanges', 'TriggerEventTest']),
    eventPartNumber: z.optional(z.number()),
    eventTime: moment(),
    userIdentityARN: z.nullish(z.string()),
    codecommit: z.nullish(
      z.object({
        references: z.nullish(
          z.array(
            z.object({
              ref: ref(),
              commit: z.nullish(oid()),
              created: z.nullish(z.boolean()),
              deleted: z.nullish(z.boolean()),
            }),
          ),
        ),
      }),
    ),
  }),
)

/** Amazon ECS Developer Guide, "Amazon ECS task state change events". */
export const taskState = once(() =>
  z.object({
    taskArn: z.string().check(z.minLength(1)),
    lastStatus: z.string(),
    stopCode: z.optional(z.string()),
    stoppedReason: z.optional(z.string()),
    containers: z.optional(z.array(z.object({ name: z.string(), exitCode: z.optional(z.number()) }))),
    overrides: z.optional(
      z.object({
        containerOverrides: z.optional(
          z.array(
            z.object({
              name: z.optional(z.string()),
              environment: z.optional(z.array(z.object({ name: z.string(), value: z.string() }))),
            }),
          ),
        ),
      }),
    ),
  }),
)

type Shape<T> = z.ZodMiniType<T>

export const replicaUpdated = once(
  (): Shape<ReplicaUpdated> =>
    z.object({
      repository: address(),
      replica: address(),
      refs: count(),
      created: count(),
      updated: count(),
      deleted: count(),
      digest: z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/)),
      replicaLagMs: z.exactOptional(count()),
      way: z.enum(['fast-path', 'relay', 'mirror']),
      wayReason: z.exactOptional(words()),
      reason: words(),
      provenAt: moment(),
    }),
)

export const replicaBehind = once(
  (): Shape<ReplicaBehind> =>
    z.object({
      repository: address(),
      replica: address(),
      refsBehind: count(),
      since: moment(),
      reason: words(),
    }),
)

export const replicaDiverged = once(
  (): Shape<ReplicaDiverged> =>
    z.object({
      repository: address(),
      replica: address(),
      refs: z.array(z.object({ ref: words(), found: words(), parked: z.exactOptional(z.boolean()) })),
      refsDiverged: count(),
      outcome: z.enum(['overwritten', 'kept']),
    }),
)

export const replicaIncomplete = once(
  (): Shape<ReplicaIncomplete> =>
    z.object({
      repository: address(),
      replica: address(),
      cause: z.literal('git-lfs'),
      seenIn: words(),
      nextStep: words(),
    }),
)

export const planRefused = once(
  (): Shape<PlanRefused> =>
    z.object({
      repository: address(),
      replica: address(),
      deletions: count(),
      rewinds: count(),
      refs: count(),
      reason: words(),
      nextStep: words(),
    }),
)

export const sourceMissing = once(
  (): Shape<SourceMissing> =>
    z.object({
      repository: address(),
      replica: address(),
      nextStep: words(),
    }),
)

export const mirrorFailed = once(
  (): Shape<MirrorFailed> =>
    z.object({
      repository: address(),
      replica: address(),
      attempts: count(),
      code: words(),
      reason: words(),
      nextStep: words(),
    }),
)

export const replicationRequested = once(
  (): Shape<Pick<ReplicationRequest, 'repository' | 'replica' | 'reason' | 'attempt' | 'by'>> =>
    z.object({
      repository: address(),
      replica: z.exactOptional(address()),
      reason: words(),
      attempt: count(),
      by: z.exactOptional(z.enum(['mirror', 'force'])),
    }),
)

const whereFound = once(() => ({
  place: z.enum(['file', 'commit-message', 'tag-message', 'path', 'ref-name']),
  path: words(),
  line: z.exactOptional(count()),
  commit: z.exactOptional(oid()),
  refs: z.array(words()),
}))

const otherPlace = once(() =>
  z.object({
    ...whereFound(),
    repository: address(),
    state: z.enum(['open', 'allowed', 'resolved']),
    news: z.exactOptional(z.boolean()),
  }),
)

const finding = once(() =>
  z.object({
    ...whereFound(),
    fingerprint: words(),
    rule: words(),
    description: words(),
    action: z.enum(['block', 'advise']),
    column: z.exactOptional(count()),
    author: z.exactOptional(words()),
    redacted: words(),
    note: z.exactOptional(words()),
    elsewhere: count(),
    others: z.exactOptional(z.array(otherPlace())),
    again: z.boolean(),
  }),
)

export const secretFound = once(
  (): Shape<SecretFound> =>
    z.object({
      repository: address(),
      findings: z.array(finding()),
      found: count(),
      blocking: count(),
      way: z.exactOptional(z.literal('task')),
      nextStep: words(),
    }),
)

export const secretResolved = once(
  (): Shape<SecretResolved> =>
    z.object({
      repository: address(),
      findings: z.array(
        z.object({
          ...finding().shape,
          how: z.enum(['gone', 'deleted', 'allowed']),
          why: z.exactOptional(words()),
        }),
      ),
      resolved: count(),
      nextStep: words(),
    }),
)

export const scanIncomplete = once(
  (): Shape<ScanIncomplete> =>
    z.object({
      repository: address(),
      gaps: z.array(
        z.object({
          reason: words(),
          path: z.exactOptional(words()),
          commit: z.exactOptional(words()),
          rule: z.exactOptional(words()),
          bytes: z.exactOptional(count()),
        }),
      ),
      gapsInAll: count(),
      nextStep: words(),
    }),
)

export const scanRulesInvalid = once(
  (): Shape<ScanRulesInvalid> =>
    z.object({
      repository: address(),
      file: words(),
      mistakes: z.array(words()),
      mistakesInAll: count(),
      used: z.boolean(),
      nextStep: words(),
    }),
)

export const scanRequested = once(
  (): Shape<Pick<ScanRequest, 'repository' | 'reason'>> =>
    z.object({
      repository: address(),
      reason: words(),
    }),
)
