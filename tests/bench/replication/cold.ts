import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../../../stack/build.ts'
import { coldStart, EMPTY_HANDLER, programOf } from '../cold-import.ts'
import { median, type Row, row, rowAtMost } from '../harness.ts'
import { change, endsOf, mustBeEqual, type Stage } from './stage.ts'

/**
 * What a cold start of `replicate` pays beyond an empty handler: the import of its bundle, as Lambda does it, and then the first
 * relay of the process, over new connections and through code that nothing has compiled yet. A process starts for each round.
 */
export const benchCold = async (stage: Stage, name: string, rounds: number): Promise<Row[]> => {
  await build()
  const folder = join(stage.folder, 'cold')
  mkdirSync(folder)
  const empty = join(folder, 'index.mjs')
  writeFileSync(empty, EMPTY_HANDLER)
  const ends = endsOf(stage, name)
  const [nothing, imports, relays, warm] = [[], [], [], []] as [number[], number[], number[], number[]]
  for (let round = 0; round < rounds; round += 1) {
    nothing.push((await coldStart(empty))[0] ?? Number.NaN)
    await change(stage, name)
    const [bundle = Number.NaN, relay = Number.NaN] = await coldStart(
      programOf('replicate'),
      stage.program,
      JSON.stringify({ kind: 'relay', ...ends }),
    )
    imports.push(bundle)
    relays.push(relay)
    await mustBeEqual(stage, name)
    await change(stage, name)
    warm.push((await stage.client.run({ kind: 'relay', ...ends })).milliseconds)
  }
  const [floor, bundle, relay] = [median(nothing), median(imports), median(relays)]
  const both = median(imports.map((each, index) => each + (relays[index] ?? 0)))
  return [
    row({
      work: 'replicate, cold: import',
      against: 'empty handler',
      unit: 'ms',
      ours: bundle,
      theirs: floor,
    }),
    row({
      work: 'replicate, cold: first relay',
      against: 'a relay when warm',
      unit: 'ms',
      ours: relay,
      theirs: median(warm),
    }),
    rowAtMost({
      work: 'replicate, cold: import and first relay, beyond an empty handler',
      against: 'limit',
      unit: 'ms',
      goal: 1,
      ours: both - floor,
      theirs: 120,
      judged: stage.judged,
    }),
  ]
}
