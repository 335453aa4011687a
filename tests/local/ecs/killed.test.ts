import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { isGone, until } from '../lambda/bench.ts'
import { bench } from './bench.ts'

test('kill -9 of the cloud ends functions, tasks and what they started; the next start tells the world', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ecs-'))
  const cloud = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('./doomed.ts', import.meta.url)), root],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let text = ''
  for await (const chunk of cloud.stdout) {
    text += chunk
    if (text.includes('\n')) break
  }
  const { pids, lambdaFolder } = JSON.parse(text) as { pids: number[]; lambdaFolder: string }
  expect(pids).toHaveLength(6)
  for (const pid of pids) expect(await isGone(pid)).toBe(false)
  cloud.kill('SIGKILL')
  await once(cloud, 'exit')
  for (const pid of pids) await until(() => isGone(pid))

  const next = bench({}, { root })
  next.ecs.start()
  await until(() => next.stopped().length === 1)
  expect(next.stopped()[0]).toMatchObject({
    version: 8,
    desiredStatus: 'STOPPED',
    stoppedReason: 'Host terminated',
    containers: [{ exitCode: 137 }],
  })
  await until(() => !existsSync(join(root, 'ecs', 'tasks')) || next.stopped().length === 1)
  await next.end()
  rmSync(lambdaFolder, { recursive: true, force: true })
})

test('stopping the cloud ends its tasks', async () => {
  const cloud = bench({ 'main.mjs': 'console.log(process.pid); setInterval(() => {}, 1000)' })
  await cloud.define()
  await cloud.runTask()
  await until(() => cloud.lines.length === 1)
  await cloud.end()
  expect(cloud.stopped()[0]).toMatchObject({ containers: [{ exitCode: 143 }] })
  expect(await isGone(Number(cloud.lines[0]))).toBe(true)
})

test('what was stored but not told before a kill is told at the next start, once', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ecs-'))
  let deaf = false
  const events: object[] = []
  const first = bench(
    { 'main.mjs': 'setTimeout(() => {}, 200)' },
    {
      root,
      emit: (envelope) => {
        if (deaf) throw new Error('killed here')
        events.push(envelope)
        deaf = (envelope.detail as { lastStatus: string }).lastStatus === 'RUNNING'
      },
    },
  )
  await first.define()
  await first.runTask()
  await until(() => deaf)
  await new Promise((resolve) => setTimeout(resolve, 400))
  await first.close().catch(() => undefined)

  const second = bench({}, { root })
  second.ecs.start()
  await until(() => second.stopped().length === 1)
  await second.close()
  const third = bench({}, { root })
  third.ecs.start()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(third.events).toEqual([])
  await third.end()
})
