import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { openCloudlet, QUEUE } from './cloudlet.ts'

test.each([1, 40, 300])('kill -9 after %i events: every event that was accepted arrives', async (enough) => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-'))
  const file = join(folder, 'state.sqlite')
  const script = join(import.meta.dirname, 'cloudlet.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes
    if (said.split('\n').length > enough) child.kill('SIGKILL')
  })
  await once(child, 'close')
  const accepted = said.split('\n').slice(0, -1).map(Number)
  expect(accepted.length).toBeGreaterThanOrEqual(enough)

  const cloudlet = openCloudlet(file)
  const arrived = new Set<number>()
  while (!accepted.every((n) => arrived.has(n))) {
    const got = await cloudlet.sqs.receive(QUEUE, 1_000, 20_000)
    expect(got.length).toBeGreaterThan(0)
    for (const message of got) arrived.add(Number(JSON.parse(message.body).id))
    cloudlet.sqs.deleteMessages(
      QUEUE,
      got.map((message) => message.receiptHandle),
    )
  }
  await cloudlet.close()
  rmSync(folder, { recursive: true })
})
