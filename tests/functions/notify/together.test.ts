import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Claim, tellTogether } from '../../../functions/notify/together.ts'

type Fate = 'granted' | 'done before' | 'held elsewhere' | 'cannot be marked'

const claimOf =
  (fates: readonly Fate[]): Claim<number> =>
  async (errand, work) => {
    const fate = fates[errand]
    for (let turns = errand % 3; turns > 0; turns--) await Promise.resolve()
    if (fate === 'held elsewhere') throw new Error(fate)
    if (fate !== 'done before') await work()
    if (fate === 'cannot be marked') throw new Error(fate)
  }

const fates = fc.array(
  fc.constantFrom<Fate>('granted', 'done before', 'held elsewhere', 'cannot be marked'),
  {
    maxLength: 12,
  },
)

test('tells what was granted once, together, and always ends', async () => {
  await fc.assert(
    fc.asyncProperty(fates, fc.boolean(), async (all, works) => {
      const told: number[][] = []
      const outcome = await tellTogether(
        all.map((_, index) => index),
        claimOf(all),
        async (errands) => {
          told.push(errands)
          if (!works) throw new Error('no')
        },
      )
      const granted = all.flatMap((fate, index) =>
        fate === 'granted' || fate === 'cannot be marked' ? [index] : [],
      )
      expect(told).toEqual(granted.length === 0 ? [] : [granted])
      const failing = all.flatMap((fate, index) => {
        if (fate === 'held elsewhere' || fate === 'cannot be marked') return [index]
        return fate === 'granted' && !works ? [index] : []
      })
      expect(outcome.failed.map(({ errand }) => errand)).toEqual(failing)
      expect(outcome.told).toBe(all.filter((fate) => fate === 'granted' && works).length)
    }),
  )
})
