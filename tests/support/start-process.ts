import { type ChildProcess, spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const root = resolve(import.meta.dirname, '../..')

/** `relay start`, or another command, as a process of its own, in its own process group, with what it prints. */
export interface StartProcess {
  readonly child: ChildProcess
  readonly pid: number
  output(): string
  stdout(): string
  /** resolves with the match when the output holds it; throws when the process ends first or the time is up */
  until(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

export const startProcess = (
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  command = 'start',
): StartProcess => {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'cli/relay.mjs'), command, ...args],
    {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  )
  let stdout = ''
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  let over = false
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) =>
    child.on('close', (code, signal) => {
      over = true
      done({ code, signal })
    }),
  )
  return {
    child,
    pid: child.pid ?? 0,
    output: () => output,
    stdout: () => stdout,
    until: async (pattern, timeoutMs = 60_000) => {
      const deadline = performance.now() + timeoutMs
      for (;;) {
        const match = pattern.exec(output)
        if (match) return match
        if (over || performance.now() > deadline) throw new Error(`never printed ${pattern}:\n${output}`)
        await sleep(50)
      }
    },
    ended: () => ended,
  }
}
