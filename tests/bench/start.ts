import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { treeOf } from '../support/processes.ts'
import { startProcess } from '../support/start-process.ts'
import { type Bench, paired, row } from './harness.ts'

export const start: Bench = {
  name: 'start',
  means:
    'npm start until the local cloud answers with the stack deployed, and its memory at rest (resident, all its processes, after the story), against an empty Node process with an HTTP server: the floor of anything written for Node.',
  run: async (quick) => {
    const folder = mkdtempSync(join(tmpdir(), 'relay-bench-'))
    const memory: number[] = []
    const floorMemory: number[] = []
    const rounds = quick ? 2 : 5
    let round = 0
    try {
      const times = await paired(
        rounds,
        () => {
          round += 1
          // the functions' processes end after a minute without work; waiting for that once is enough
          return timeToReady(join(folder, 'state'), memory, !quick && round === rounds ? REST_MS : 0)
        },
        () => emptyServer(floorMemory),
      )
      const floor = floorMemory.at(-1) ?? Number.NaN
      const against = 'empty Node HTTP server'
      return [
        row({ work: 'npm start to ready', against, unit: 'ms', ...times }),
        row({
          work: 'memory after the story',
          against,
          unit: 'MB',
          ours: memory[0] ?? Number.NaN,
          theirs: floor,
        }),
        ...(quick
          ? []
          : [
              row({
                work: 'memory at rest',
                against,
                unit: 'MB',
                ours: memory.at(-1) ?? Number.NaN,
                theirs: floor,
              }),
            ]),
      ]
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

const REST_MS = 70_000

const timeToReady = async (state: string, memory: number[], restMs: number): Promise<number> => {
  const started = performance.now()
  const run = startProcess(['--port', '0', '--state', state, '--fresh'])
  await run.until(/local cloud on http/)
  const tookMs = performance.now() - started
  await run.until(/It stays up/)
  await sleep(restMs)
  memory.push(residentOf(run.pid))
  process.kill(run.pid, 'SIGTERM')
  await run.ended()
  return tookMs
}

const emptyServer = async (memory: number[]): Promise<number> => {
  const started = performance.now()
  const script = "require('node:http').createServer().listen(0, '127.0.0.1', () => console.log('ready'))"
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const tookMs = performance.now() - started
  memory.push(residentOf(child.pid ?? 0))
  child.kill()
  await new Promise((resolve) => child.once('close', resolve))
  return tookMs
}

/** Resident memory of a process and all below it, in MB. */
const residentOf = (pid: number): number => treeOf(pid).reduce((sum, line) => sum + line.resident, 0) / 1000
