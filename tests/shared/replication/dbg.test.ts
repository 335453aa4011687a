import { test } from '@jest/globals'
import { explore } from '../../support/explore.ts'
import { claimsModel } from './claims-model.ts'

test('x', async () => {
  const bounds = { pushes: 1, workers: 2, kills: 1, pauses: 1, handOvers: 'all' } as const
  const result = await explore(() => claimsModel(bounds))
  const model = claimsModel(bounds) as any
  for (const c of result.trace ?? []) {
    const labels = model.workers?.map((w: any) => `${w.name}:${w.steps.map((s: any) => s.label)}`)
    console.info(c, JSON.stringify(labels))
    await model.take(c)
  }
  console.log(result.problem)
}, 100000)
