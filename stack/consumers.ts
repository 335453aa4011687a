/** The functions, and what each may take of time, memory and messages. One place: queues, roles and alarms follow from it. */
export interface FunctionShape {
  readonly description: string
  /** MiB; a Lambda's share of a processor grows with it (1,769 MiB = one) */
  readonly memory: number
  /** seconds */
  readonly timeout: number
  /** MiB of temporary storage; absent: the 512 that every function has */
  readonly storage?: number
  /** absent: not fed by a queue */
  readonly queue?: {
    /** messages handed over at once; more than 10 needs a window (Lambda developer guide, "Using Lambda with Amazon SQS") */
    readonly batchSize: number
    /** seconds to wait for more */
    readonly window?: number
    /** most invocations at a time; absent: the account's limit */
    readonly concurrency?: number
    /** seconds after which a waiting message is worth an alarm */
    readonly oldAfter: number
  }
}

export const FUNCTIONS = {
  replicate: {
    description: 'Streams what differs from source to replica, and starts a mirror for what it cannot',
    memory: 512,
    // the most that Lambda gives: a first seed fits in here, or is handed over
    timeout: 900,
    // a message is as old as the seed that it asks for takes
    queue: { batchSize: 10, oldAfter: 1800 },
  },
  'mirror-stopped': {
    description: 'Closes the claim of a mirror that ended: proof, another try, or an alarm',
    memory: 512,
    timeout: 60,
    queue: { batchSize: 10, oldAfter: 900 },
  },
  sweep: {
    description: 'Compares every replica with its source and asks for the repair of those that differ',
    memory: 512,
    timeout: 900,
    // two at a time is the least that can be set; slices of one sweep come due one after another
    queue: { batchSize: 1, concurrency: 2, oldAfter: 7200 },
  },
  scan: {
    description: 'Searches what a push brought for secrets',
    // one processor: the search is bound by it, and packs of 256 MiB stay in memory
    memory: 1769,
    timeout: 900,
    // MiB of /tmp: a pack of 2 GiB, the most that is read, and room beside it
    storage: 3072,
    // a message is as old as the scan of a first push takes
    queue: { batchSize: 10, oldAfter: 1800 },
  },
  notify: {
    description: 'Tells the topics of relay.yml what happened',
    memory: 256,
    timeout: 30,
    queue: { batchSize: 100, window: 1, oldAfter: 900 },
  },
  trigger: {
    description: "Puts records of CodeCommit's built-in triggers into the same queues as events",
    memory: 256,
    timeout: 15,
  },
} as const satisfies Record<string, FunctionShape>

export type FunctionName = keyof typeof FUNCTIONS
export type Consumer = Exclude<FunctionName, 'trigger'>

export const FUNCTION_NAMES = Object.keys(FUNCTIONS) as readonly FunctionName[]
export const CONSUMERS = FUNCTION_NAMES.filter((name): name is Consumer => name !== 'trigger')

/** Deliveries of one message before it goes to the dead-letter queue. */
export const MAX_RECEIVES = 5
/** Tries of an asynchronous invocation after the first, the most that Lambda allows. */
export const TRIGGER_RETRIES = 2
