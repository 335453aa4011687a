import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { build } from 'esbuild'
import { plainBuiltins } from '../../../stack/build.ts'
import type { ClientAnswer, ClientOrder, Recorded, ServerAnswer, ServerOrder } from './messages.ts'

export interface GitSide {
  readonly url: (name: string) => string
  /** bytes in both directions, headers included, and requests, since the start */
  count(): Promise<{ bytes: number; requests: number }>
  /** the same server at another port, this far away */
  distance(roundTripMs: number): Promise<(name: string) => string>
  /** from now on every request is kept in the folder */
  note(folder: string): Promise<void>
  noted(): Promise<readonly Recorded[]>
  stop(): Promise<void>
}

/** A Git server over the bare repositories of a folder, in a process of its own. */
export const startSide = async (root: string): Promise<GitSide> => {
  const child = start(join(import.meta.dirname, 'server.ts'), [root], {})
  const ask = asker<ServerOrder, ServerAnswer>(child)
  const urls = (listening: ServerAnswer) => {
    if (listening.kind !== 'listening') throw new Error('the Git server did not start')
    return (name: string) => `http://127.0.0.1:${listening.port}/${name}`
  }
  return {
    url: urls(await ask(undefined)),
    distance: async (roundTripMs) => urls(await ask({ kind: 'distance', roundTripMs })),
    count: async () => {
      const answer = await ask({ kind: 'count' })
      return answer.kind === 'count' ? answer : { bytes: Number.NaN, requests: Number.NaN }
    },
    note: async (folder) => void (await ask({ kind: 'note', folder })),
    noted: async () => {
      const answer = await ask({ kind: 'noted' })
      return answer.kind === 'noted' ? answer.recorded : []
    },
    stop: () => end(child),
  }
}

export type Done = Extract<ClientAnswer, { kind: 'done' }>

export interface Client {
  /** @throws Error with the reason when it did not end as it should */
  run(order: ClientOrder): Promise<Done>
  stop(): Promise<void>
}

/** The relay as one file without types, as it lies in the function's bundle. */
export const bundleClient = async (outfile: string): Promise<void> => {
  await build({
    entryPoints: [join(import.meta.dirname, 'client.ts')],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    logLevel: 'silent',
    plugins: [plainBuiltins],
  })
}

/**
 * The relay in a process of its own, so that its time, memory and writes are its own.
 * @param program what {@link bundleClient} made
 * @param temporary its TMPDIR
 */
export const startClient = (program: string, temporary: string): Client => {
  const child = start(program, [], { TMPDIR: temporary })
  const ask = asker<ClientOrder, ClientAnswer>(child)
  return {
    run: async (order) => {
      const answer = await ask(order)
      if (answer.kind === 'failed') throw new Error(`${order.kind}: ${answer.reason}`)
      return answer
    },
    stop: () => end(child),
  }
}

const start = (program: string, words: string[], environment: NodeJS.ProcessEnv): ChildProcess =>
  fork(program, words, {
    env: { PATH: process.env.PATH, ...environment },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
  })

/** One question at a time; without a question it waits for what the child says of itself. */
const asker =
  <Order, Answer>(child: ChildProcess) =>
  (order: Order | undefined): Promise<Answer> =>
    new Promise((done, failed) => {
      const ended = (code: number | null) => failed(new Error(`${child.spawnargs[2]} ended with ${code}`))
      child.once('exit', ended)
      child.once('message', (answer) => {
        child.off('exit', ended)
        done(answer as Answer)
      })
      if (order !== undefined) child.send(order as object)
    })

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((done) => child.once('exit', done))
  child.kill()
  await gone
}
