/** What the pipeline does with a failure: `later` is thrown on and retried by the queue, `never` rings at once. */
export type Retry = 'later' | 'never'

/** The one table of failures. `retry` decides what happens next; `says` is the sentence people read. */
export const CODES = {
  CONFIG_INVALID: { retry: 'never', says: 'relay.yml has mistakes' },
  ENVIRONMENT_INVALID: { retry: 'never', says: 'the environment of this process lacks or garbles a setting' },
  EVENT_MALFORMED: { retry: 'never', says: 'the event has a shape that Relay does not know' },
  NAME_INVALID: {
    retry: 'never',
    says: 'a repository, region or ref name is not one that CodeCommit allows',
  },
  GIT_PROTOCOL: { retry: 'later', says: 'the Git server sent bytes that are not the Git protocol' },
  GIT_LIMIT: { retry: 'never', says: 'a limit of the Git reader was reached' },
  REMOTE_UNREACHABLE: { retry: 'later', says: 'the repository’s server could not be reached' },
  REMOTE_DENIED: { retry: 'later', says: 'access to the repository was refused' },
  REMOTE_THROTTLED: { retry: 'later', says: 'the server asked us to slow down' },
  REMOTE_FAILED: { retry: 'later', says: 'the repository’s server answered with an error' },
  SOURCE_MISSING: { retry: 'never', says: 'the source repository does not exist' },
  SOURCE_EMPTIED: { retry: 'never', says: 'the source has no branches; a replica is never emptied' },
  PLAN_REFUSED: {
    retry: 'never',
    says: 'the plan would delete or rewind too many refs of the replica; nothing was changed',
  },
  PARKING_FAILED: {
    retry: 'later',
    says: 'a tip that is about to be lost could not be parked; nothing was changed',
  },
  FROZEN: { retry: 'later', says: 'the repository is frozen while its direction is swapped' },
  KEY_REFUSED: { retry: 'later', says: 'the KMS key for the replica cannot be used' },
  REPLICA_MISSING: { retry: 'later', says: 'the replica repository does not exist' },
  REPLICA_MOVED: { retry: 'later', says: 'the replica changed between plan and push' },
  PUSH_REJECTED: { retry: 'later', says: 'the replica refused a ref' },
  MIRROR_NOT_STARTED: { retry: 'later', says: 'the mirror task could not be started' },
  MIRROR_FAILED: { retry: 'later', says: 'the mirror task ended without success' },
  CLAIM_LOST: { retry: 'later', says: 'another worker is at this work, or took it over' },
  PUBLISH_FAILED: { retry: 'later', says: 'a notice could not be published' },
  STORE_FAILED: { retry: 'later', says: 'the table could not be read or written' },
  QUEUE_FAILED: { retry: 'later', says: 'a message could not be put into its queue' },
  SCAN_UNFINISHED: { retry: 'later', says: 'what was pushed could not be searched to its end' },
  SCAN_NOT_STARTED: { retry: 'later', says: 'the task that goes on with a scan could not be started' },
  SCAN_TASK_FAILED: { retry: 'later', says: 'the task that goes on with a scan ended without success' },
  KEY_UNREADABLE: { retry: 'later', says: 'the key of the fingerprints could not be read' },
  GIT_FAILED: { retry: 'later', says: 'the git program ended with an error' },
  DISK_FULL: { retry: 'later', says: 'the work folder is full: give the mirror more ephemeral storage' },
} as const satisfies Record<string, { retry: Retry; says: string }>

export type Code = keyof typeof CODES

/** Names and numbers that explain a failure. Never a payload, a credential, or anything a scan found. */
export type ErrorData = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * A failure with a code from {@link CODES}. Callers switch on `code`, never on the text or the class: two bundles hold two
 * copies of the class.
 */
export class RelayError extends Error {
  readonly code: Code
  readonly data: ErrorData

  constructor(code: Code, data: ErrorData = {}, options?: { cause?: unknown }) {
    const facts = Object.entries(data)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ')
    super(`${code}: ${CODES[code].says}${facts ? ` (${facts})` : ''}`, options)
    this.name = 'RelayError'
    this.code = code
    this.data = data
  }

  get retry(): Retry {
    return CODES[this.code].retry
  }
}

/** The code of a failure that is ours, wherever its class was bundled; undefined for anything else. */
export const codeOf = (error: unknown): Code | undefined => {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && code in CODES ? (code as Code) : undefined
}
