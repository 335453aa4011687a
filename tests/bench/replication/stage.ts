import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from '../harness.ts'
import { type Spent, sizeOf } from './git-program.ts'
import type { Ends } from './messages.ts'
import { bundleClient, type Client, type Done, type GitSide, startClient, startSide } from './processes.ts'
import { advance, copyBare, generate, git, type History, makeBare } from './repositories.ts'

/** Two Git servers, a warm client, and a folder for everything. */
export interface Stage {
  readonly folder: string
  readonly source: GitSide
  readonly replica: GitSide
  readonly client: Client
  /** what clients run */
  readonly program: string
  /** where a repository lies */
  readonly at: (side: 'source' | 'replica', name: string) => string
  /** rounds of what takes long; what is quick has more of them */
  readonly rounds: number
  /** the cheap ways run so many times beside one run of clone and push */
  readonly cheap: number
  /** false: the inputs are too small for a verdict */
  readonly judged: boolean
  stop(): Promise<void>
}

export const openStage = async (options: Pick<Stage, 'rounds' | 'cheap' | 'judged'>): Promise<Stage> => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-bench-replication-'))
  const made = ['source', 'replica', 'temporary'].map((name) => join(folder, name))
  for (const each of made) mkdirSync(each)
  const [sources = '', replicas = '', temporary = ''] = made
  // gigabytes are not left behind by who loses patience
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  const stopped = () => {
    remove()
    process.exit(130)
  }
  process.once('SIGINT', stopped).once('SIGTERM', stopped)
  const [source, replica] = await Promise.all([startSide(sources), startSide(replicas)])
  const program = join(folder, 'client.mjs')
  await bundleClient(program)
  const client = startClient(program, temporary)
  return {
    ...options,
    folder,
    source,
    replica,
    client,
    program,
    at: (side, name) => join(side === 'source' ? sources : replicas, name),
    stop: async () => {
      const left = readdirSync(temporary)
      await Promise.all([client.stop(), source.stop(), replica.stop()])
      remove()
      process.off('SIGINT', stopped).off('SIGTERM', stopped)
      if (left.length > 0) throw new Error(`the relay left files behind: ${left}`)
    },
  }
}

export const endsOf = ({ source, replica }: Stage, name: string, replicaName = name): Ends => ({
  source: source.url(name),
  replica: replica.url(replicaName),
})

/** A source of that history, and replicas that hold it already. @returns what to call it: `50,000 commits, 550 MB` */
export const prepare = async (
  { at }: Stage,
  name: string,
  history: History,
  replicas: readonly string[] = [name],
): Promise<string> => {
  await makeBare(at('source', name))
  await generate(at('source', name), history)
  for (const replica of replicas) await copyBare(at('source', name), at('replica', replica))
  return `${history.commits.toLocaleString('en')} commits, ${Math.round(sizeOf(at('source', name)) / 1e6)} MB`
}

/** What is on, for whoever waits. */
export const tell = (what: string): void => {
  const seconds = Math.round(performance.now() / 1000)
  process.stderr.write(`${String(seconds).padStart(5)} s  ${what}\n`)
}

let changes = 0

/** One commit more at the source. */
export const change = async ({ at }: Stage, name: string) => {
  changes += 1
  const { from, to } = await advance(at('source', name), changes)
  return { ref: 'refs/heads/main', from, to }
}

/** Nothing that is measured may have done half its work. */
export const mustBeEqual = async ({ at }: Stage, name: string, replica = name): Promise<void> => {
  const refs = (folder: string) =>
    git(folder, 'for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads', 'refs/tags')
  const [a, b] = await Promise.all([refs(at('source', name)), refs(at('replica', replica))])
  if (a !== b) throw new Error(`${name}: the replica is not equal`)
}

/** What one way cost, round by round. */
export interface Samples {
  readonly milliseconds: number[]
  readonly cpuMs: number[]
  /** both ways, between the client and both servers */
  readonly kB: number[]
  /** on the client's disk */
  readonly diskKB: number[]
}

export const noSamples = (): Samples => ({ milliseconds: [], cpuMs: [], kB: [], diskKB: [] })

export const mediansOf = (samples: Samples) => ({
  ms: median(samples.milliseconds),
  cpu: median(samples.cpuMs),
  kB: median(samples.kB),
  disk: median(samples.diskKB),
})

/** Runs it, and adds what it took and what passed the servers' sockets meanwhile. */
export const sample = async (
  { source, replica }: Stage,
  samples: Samples,
  work: () => Promise<Spent | Done>,
): Promise<void> => {
  const passed = async () => (await source.count()).bytes + (await replica.count()).bytes
  const before = await passed()
  const spent = await work()
  samples.kB.push(((await passed()) - before) / 1000)
  samples.milliseconds.push(spent.milliseconds)
  samples.cpuMs.push(spent.cpuMs)
  samples.diskKB.push(('disk' in spent ? spent.disk : spent.written) / 1000)
}
