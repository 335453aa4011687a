import type { Code } from '../runtime/errors.ts'
import { backoff, EXIT, endText, type RunEnd } from '../runtime/task-end.ts'

export type Decision =
  | { readonly kind: 'ok' }
  | { readonly kind: 'retry'; readonly afterSeconds: number; readonly code: Code; readonly reason: string }
  | { readonly kind: 'give-up'; readonly code: Code; readonly reason: string }

/**
 * What follows a mirror run. Success is exit code 0 alone: ECS's stop code is `EssentialContainerExited` for every code.
 * @param attempt runs tried before this one
 * @param limit runs in all
 * @param random 0 ≤ x < 1
 */
export const decide = (end: RunEnd, attempt: number, limit: number, random: () => number): Decision => {
  if (end.exitCode === 0) return { kind: 'ok' }
  const reason = endText(end)
  if (end.exitCode === EXIT.denied) return { kind: 'give-up', code: 'REMOTE_DENIED', reason }
  if (end.exitCode === EXIT.wrong) return { kind: 'give-up', code: 'CONFIG_INVALID', reason }
  if (end.exitCode === EXIT.refused) return { kind: 'give-up', code: 'PLAN_REFUSED', reason }
  const code = end.stopCode === 'TaskFailedToStart' ? 'MIRROR_NOT_STARTED' : 'MIRROR_FAILED'
  return again({ code, reason }, attempt, limit, random)
}

/** Another try after a failure that may pass, while there are tries left. */
export const again = (
  { code, reason }: { readonly code: Code; readonly reason: string },
  attempt: number,
  limit: number,
  random: () => number,
): Exclude<Decision, { kind: 'ok' }> =>
  attempt + 1 < limit
    ? { kind: 'retry', afterSeconds: backoff(attempt, random), code, reason }
    : { kind: 'give-up', code, reason }

const STEPS: Partial<Record<Code, string>> = {
  REMOTE_DENIED:
    'Check that the roles of replicate and of the mirror task (or the role named in relay.yml, whose trust policy must let them assume it, with the same externalId) may pull the source and push to the replica, and that a KMS key does not deny it; then redrive the replicate dead-letter queue.',
  KEY_REFUSED:
    'Let the roles that the reason names use the KMS key (its key policy must let IAM decide, or name them), or name another key in relay.yml and deploy; then redrive the replicate dead-letter queue.',
  CONFIG_INVALID:
    'Read the log of the mirror task for what it refused, mend relay.yml or the repository, deploy, then redrive the replicate dead-letter queue.',
  MIRROR_NOT_STARTED:
    'Look at the stopped task in ECS: image, subnets, security groups and route to ECR and CodeCommit; then redrive the replicate dead-letter queue.',
  SOURCE_EMPTIED:
    'The source has no refs left. If that is meant, empty or delete the replica by hand; if not, restore the source from the replica.',
  SOURCE_MISSING:
    'If it was deleted on purpose, delete the replica by hand when it is not needed any more, or take the repository out of relay.yml. If not, make the source again and push the replica’s refs to it.',
  REMOTE_UNREACHABLE:
    'Check the region names in relay.yml and the route to CodeCommit; then redrive the replicate dead-letter queue.',
}

const ANY_STEP =
  'Read the log of replicate, or of the mirror task where one ran; when the cause is mended, redrive the replicate dead-letter queue.'

const STEPS_BY_NAME: Partial<Record<Code, (repository: string) => string>> = {
  PLAN_REFUSED: (repository) =>
    `Look at what happened to the source. If it is meant: relay seed ${repository} --force. If not: restore the source from the replica, which was left as it is.`,
  SOURCE_MISSING: (repository) =>
    `If it was deleted on purpose, delete the replica by hand when it is not needed any more, or take ${repository} out of relay.yml. If not, make the source again and push the replica’s refs to it.`,
}

/** Whether there is something particular to do about a failure with this code. */
export const hasOwnStep = (code: Code): boolean => (STEPS_BY_NAME[code] ?? STEPS[code]) !== undefined

/**
 * What a person should do about a failure that Relay gave up on.
 * @param repository name of the source
 */
export const nextStepOf = (code: Code, repository: string): string =>
  STEPS_BY_NAME[code]?.(repository) ?? STEPS[code] ?? ANY_STEP
