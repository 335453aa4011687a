import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const root = resolve(import.meta.dirname, '../..')

/** Where the build puts the program of a function. */
export const programOf = (name: string): string => join(root, '.build/functions', name, 'index.mjs')

/** An empty handler, as a program: the floor of a cold start. */
export const EMPTY_HANDLER = 'export const handler = async () => ({})\n'

const QUEUE = 'https://sqs.us-east-1.amazonaws.com/111111111111/queue'

/** All that any function asks of its environment: it loads to its end, with its clients made and its relay.json read. */
const environment = (): NodeJS.ProcessEnv => {
  const { topics } = JSON.parse(readFileSync(join(programOf('notify'), '../relay.json'), 'utf8')) as {
    topics: object
  }
  const arns = Object.keys(topics).map((name) => [name, `arn:aws:sns:us-east-1:111111111111:${name}`])
  return {
    PATH: process.env.PATH,
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'function',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    RELAY_TABLE: 'table',
    RELAY_BUS: 'bus',
    RELAY_FINGERPRINT_SECRET: 'secret',
    RELAY_SCAN_TASK_DEFINITION: 'scan',
    RELAY_STACK: 'stack',
    RELAY_ACCOUNT: '111111111111',
    RELAY_CLUSTER: 'cluster',
    RELAY_TASK_DEFINITION: 'mirror',
    RELAY_SUBNETS: 'subnet',
    RELAY_SECURITY_GROUPS: 'group',
    RELAY_ASSIGN_PUBLIC_IP: 'ENABLED',
    RELAY_MAX_RECEIVES: '3',
    RELAY_TOPICS: JSON.stringify(Object.fromEntries(arns)),
    RELAY_OWN_QUEUE_URL: QUEUE,
    RELAY_REPLICATE_QUEUE_URL: QUEUE,
    RELAY_REPLICATE_DLQ_URL: QUEUE,
    RELAY_SCAN_QUEUE_URL: QUEUE,
    RELAY_SCAN_DLQ_URL: QUEUE,
    RELAY_SWEEP_QUEUE_URL: QUEUE,
    RELAY_NOTIFY_QUEUE_URL: QUEUE,
  }
}

export interface Lap {
  readonly milliseconds: number
  /** of all threads, user and system: what a machine that is busy with others does not blur */
  readonly cpuMs: number
}

/**
 * In a process of its own that has loaded nothing before.
 * @param program of a function
 * @param client a program whose `carryOut` then does what `order` (JSON) says
 * @returns a lap for the program's import, and one for the client's with what it did
 * @throws Error with what the process said, when the program does not load to its end or the order fails
 */
export const coldStart = async (program: string, client?: string, order?: string): Promise<Lap[]> => {
  const url = (file: string) => JSON.stringify(pathToFileURL(file).href)
  const script = `
    const laps = []
    let began, cpu
    const start = () => { cpu = process.cpuUsage(); began = performance.now() }
    const lap = () => {
      const milliseconds = performance.now() - began
      const { user, system } = process.cpuUsage(cpu)
      laps.push({ milliseconds, cpuMs: (user + system) / 1000 })
      start()
    }
    start()
    const { handler } = await import(${url(program)})
    lap()
    if (typeof handler !== 'function') throw new Error('no handler')
    ${client === undefined ? '' : `await (await import(${url(client)})).carryOut(${order}); lap()`}
    console.log(JSON.stringify(laps))
    process.exit()`
  const args = ['--input-type=module', '-e', script]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: environment() })
  return JSON.parse(stdout) as Lap[]
}
