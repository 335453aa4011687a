import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { LambdaClient, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda'
import { afterEach, expect, test } from '@jest/globals'
import { type Developer, developerOf } from '../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'

let live: LiveCloud | undefined
let nina: Developer | undefined
afterEach(async () => {
  nina?.leave()
  await live?.stop()
  live = undefined
  nina = undefined
})

/** Much less than the template's fifteen minutes and 512 MiB: five of these seconds are kept for what follows a relay. */
const shrink = async ({ aws }: LiveCloud, seconds: number, MemorySize = 256): Promise<void> => {
  const lambda = new LambdaClient(aws)
  const FunctionName = 'codecommit-relay-local-replicate'
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: seconds, MemorySize }))
}

const seed = async (cloud: LiveCloud, bytes: number): Promise<void> => {
  await cloud.createRepository('orders')
  nina = await developerOf(cloud, 'orders')
  writeFileSync(join(nina.folder, 'large.bin'), randomBytes(bytes))
  await nina.commit('Begin')
  await nina.git('push', '--quiet', 'origin', 'main')
}

const expectHandedOver = async (cloud: LiveCloud, reasons: readonly string[]): Promise<void> => {
  const updated = await cloud.untilEvent('Replica Updated')
  await cloud.untilEqual('orders')
  expect(updated.detail).toMatchObject({
    way: 'mirror',
    wayReason: expect.stringMatching(`^handed over to the mirror: (${reasons.join('|')})$`),
    created: 1,
  })
  const named = cloud.events.map((event) => event['detail-type'])
  expect(named.filter((name) => name === 'Replica Updated')).toHaveLength(1)
  expect(named).not.toContain('Mirror Failed')
}

test('a seed of more bytes than replicate is trusted with is handed over to the mirror, which makes it equal', async () => {
  live = await raiseCloud()
  // four seconds of 128 MiB: 16 MiB
  await shrink(live, 9, 128)
  await seed(live, 20 * 2 ** 20)
  // a busy machine may take longer than the four seconds for them; fallbacks.test.ts holds the two reasons apart
  await expectHandedOver(live, ['bytes', 'deadline'])
}, 120_000)

test('a seed that takes longer than replicate has is handed over before Lambda ends it', async () => {
  const between = await stallingOnce()
  try {
    live = await raiseCloud({ gitPort: () => between.port })
    between.forwardTo(live.cloud.port)
    await shrink(live, 9)
    await seed(live, 2 ** 20)
    await expectHandedOver(live, ['deadline'])
    expect(between.stalled()).toBe(1)
  } finally {
    between.close()
  }
}, 120_000)

/** Stands between the product and Git: of the first pack that anybody fetches it passes on the beginning, and then nothing more. */
const stallingOnce = async () => {
  let port = 0
  let stalled = 0
  const server = createServer((request, response) => {
    const { method, url = '', headers } = request
    const onward = ask({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      const isPack = method === 'POST' && url.endsWith('/git-upload-pack')
      if (!isPack || stalled > 0) {
        answer.pipe(response)
        return
      }
      let passed = 0
      answer.on('data', (piece: Buffer) => {
        response.write(piece)
        passed += piece.length
        // refs are asked for by the same kind of request, and are less
        if (passed < 4_096) return
        stalled += 1
        answer.destroy()
      })
      answer.on('end', () => response.end())
    })
    onward.on('error', () => stalled > 0 || response.destroy())
    request.pipe(onward)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    port: (server.address() as AddressInfo).port,
    forwardTo: (to: number) => {
      port = to
    },
    stalled: () => stalled,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
