import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { heal } from './heal.ts'
import type { Level } from './level.ts'

// dynalite's server keeps one account and region per process and rethrows what it does not expect, which would end the whole
// cloud; its store and actions, which the server is a thin shell around, know neither.
const require = createRequire(import.meta.url)

/** What DynamoDB answered, or its error: `status` and a JSON value either way. */
export interface Outcome {
  readonly status: number
  readonly value: unknown
}

/** The tables of one account in one region. */
export interface Engine {
  /** @param input the request, a JSON object that the engine may change */
  run(operation: string, input: Record<string, unknown>): Promise<Outcome>
  /** ends what is under way first; further calls are rejected */
  close(): Promise<void>
}

interface Validation {
  readonly types: object
  readonly custom?: unknown
}

type Action = (store: Level, input: object, done: (error: unknown, output?: unknown) => void) => void

export const OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateItem',
  'UpdateTable',
] as const

interface Library {
  create(options: object): Level
  checkTypes(input: object, types: object): object
  checkValidations(input: object, types: object, custom: unknown, store: Level): void
  readonly actions: ReadonlyMap<string, { readonly validation: Validation; readonly act: Action }>
}

let loaded: Library | undefined

/** Loaded at the first request: a cloud without tables does without its 10 MB. */
const library = (): Library => {
  loaded ??= {
    ...(require('dynalite/db/index.js') as Pick<Library, 'create'>),
    ...(require('dynalite/validations/index.js') as Pick<Library, 'checkTypes' | 'checkValidations'>),
    actions: new Map(
      OPERATIONS.map((name) => {
        const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}.js`
        return [
          name,
          { validation: require(`dynalite/validations/${file}`), act: require(`dynalite/actions/${file}`) },
        ]
      }),
    ),
  }
  return loaded
}

export const isServed = (operation: string): boolean => (OPERATIONS as readonly string[]).includes(operation)

/**
 * Opens the tables kept under a folder (LevelDB: what a call answered for survives a killed process).
 * @throws when another process has the folder open
 */
export const openEngine = async (folder: string, account: string, region: string): Promise<Engine> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const store = library().create({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  store.tableDb.awsAccountId = account
  store.tableDb.awsRegion = region
  await store.db.open()
  await heal(store)
  const running = new Set<Promise<Outcome>>()
  let closing = false
  return {
    run: (operation, input) => {
      if (closing) return Promise.reject(new Error('the tables are being closed'))
      const going = run(store, operation, input).finally(() => running.delete(going))
      running.add(going)
      return going
    },
    close: async () => {
      closing = true
      // dynalite goes on in later ticks, and a store that is closed by then is thrown at nobody: the process would end
      await Promise.allSettled(running)
      await store.lifecycleManager.gracefulClose()
    },
  }
}

const run = (store: Level, operation: string, input: Record<string, unknown>): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const { actions, checkTypes, checkValidations } = library()
    const action = actions.get(operation)
    if (!action) throw new Error(`no operation ${operation}`)
    const { types, custom } = action.validation
    const done = (error: unknown, output?: unknown): void => {
      const outcome = error ? refusal(error) : { status: 200, value: output === '' ? {} : output }
      if (outcome) resolve(outcome)
      else reject(error)
    }
    try {
      const checked = checkTypes(input, types)
      checkValidations(checked, types, custom, store)
      action.act(store, checked, done)
    } catch (error) {
      done(error)
    }
  })

/** dynalite's own errors carry the answer with them. */
const refusal = (error: unknown): Outcome | undefined => {
  const { statusCode, body } = error as { statusCode?: unknown; body?: unknown }
  return typeof statusCode === 'number' ? { status: statusCode, value: body } : undefined
}
