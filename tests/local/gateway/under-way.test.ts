import { expect, test } from '@jest/globals'
import { createUnderWay } from '../../../local/gateway/under-way.ts'

/** a promise, and what fulfils it */
const later = () => {
  let done = () => {}
  const promise = new Promise<void>((resolve) => {
    done = resolve
  })
  return { promise, done }
}

test('settles once the last is through, also one that failed, and at once when nobody is inside', async () => {
  const underWay = createUnderWay()
  await underWay.settled(60_000)
  const [first, second] = [later(), later()]
  const failing = underWay.run(async () => {
    await first.promise
    throw new Error('on purpose')
  })
  const other = underWay.run(() => second.promise)
  const order: string[] = []
  const settled = underWay.settled(60_000).then(() => order.push('settled'))
  first.done()
  await expect(failing).rejects.toThrow('on purpose')
  order.push('first')
  second.done()
  await other
  await settled
  expect(order).toEqual(['first', 'settled'])
})

test('who takes too long is not waited for', async () => {
  const underWay = createUnderWay()
  const { promise, done } = later()
  const slow = underWay.run(() => promise)
  await underWay.settled(1)
  done()
  await slow
})
