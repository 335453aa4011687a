import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { REGION, until } from '../sqs/fixture.ts'
import { type Bridge, openBridge, queueArn } from './bridge.ts'

const MINUTE = 60_000

/** What the cloud's clock is ahead of the real one, by which its timers go. */
let ahead = 0
let bridge: Bridge
let fired: string[]
const listen = () => {
  bridge.bridge.watch((event) => fired.push(event.resources[0]?.split('/').at(-1) ?? ''))
}
beforeEach(async () => {
  ahead = 0
  fired = []
  bridge = await openBridge({}, { now: () => Date.now() + ahead, pass: () => {} })
  listen()
})
afterEach(() => bridge.close())

/** Winds the clock on to shortly before a rule is due, again a minute later if that was too late, until it has fired. */
const fire = async (due: number, arm: () => Promise<void>) => {
  for (let next = due; fired.length === 0; next += MINUTE) {
    ahead = next - 100 - Date.now()
    await arm()
    const armed = Date.now()
    await until(() => fired.length > 0 || Date.now() > armed + 1_000)
  }
}

test('a rule with a schedule fires in its rhythm, for itself and for who listens', async () => {
  const began = Date.now()
  const tick = { Name: 'tick', ScheduleExpression: 'rate(1 minute)', EventPattern: undefined }
  await bridge.rule({ Arn: queueArn('q') }, tick)
  await bridge.rule({ Arn: queueArn('dead') }, { Name: 'ear', EventPattern: '{"source":["aws.events"]}' })
  await fire(began + MINUTE, async () => {
    await bridge.restart()
    listen()
  })
  for (const queue of ['q', 'dead']) {
    const [event] = (await bridge.receive(queue)).map((body) => JSON.parse(body))
    expect(event).toMatchObject({
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      resources: [`arn:aws:events:${REGION}:111111111111:rule/tick`],
      detail: {},
    })
    expect(Date.parse(event.time)).toBeGreaterThanOrEqual(began + MINUTE - 1_000)
  }
})

test('a disabled or deleted rule does not fire, a cron rule does', async () => {
  const schedule = { ScheduleExpression: 'cron(* * * * ? *)' }
  await bridge.events('PutRule', { Name: 'off', ...schedule, State: 'DISABLED' })
  await bridge.events('PutRule', { Name: 'gone', ...schedule })
  await bridge.events('DeleteRule', { Name: 'gone' })
  await fire(Math.ceil(Date.now() / MINUTE) * MINUTE, () =>
    bridge.events('PutRule', { Name: 'on', ...schedule }),
  )
  expect(fired).toEqual(['on'])
  expect(await bridge.events('DescribeRule', { Name: 'on' })).toMatchObject(schedule)
})
