import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, bundleBeside } from '../../../stack/build.ts'
import { coldStart, EMPTY_HANDLER, type Lap, programOf } from '../cold-import.ts'
import { median, type Row, row, rowAtMost } from '../harness.ts'
import { change, endsOf, mustBeEqual, type Stage } from './stage.ts'

/**
 * What a cold start of `replicate` pays beyond an empty handler: the import of its bundle, as Lambda does it, and then the first
 * relay of the process by the modules that were imported, over new connections and through code that nothing has compiled yet. A process
 * starts for each round.
 */
export const benchCold = async (stage: Stage, name: string, rounds: number): Promise<Row[]> => {
  await build()
  const folder = join(stage.folder, 'cold')
  mkdirSync(folder)
  const empty = join(folder, 'index.mjs')
  writeFileSync(empty, EMPTY_HANDLER)
  const program = await withClient(join(folder, 'replicate'))
  const ends = endsOf(stage, name)
  const [nothing, imports, relays, warm] = [[], [], [], []] as [Lap[], Lap[], Lap[], Lap[]]
  for (let round = 0; round < rounds; round += 1) {
    nothing.push(...(await coldStart(empty)))
    await change(stage, name)
    const order = JSON.stringify({ kind: 'relay', ...ends })
    const [bundle = NO_LAP, relay = NO_LAP] = await coldStart(program.index, program.client, order)
    imports.push(bundle)
    relays.push(relay)
    await mustBeEqual(stage, name)
    await change(stage, name)
    warm.push(await stage.client.run({ kind: 'relay', ...ends }))
  }
  const rowsOf = (what: keyof Lap): Row[] => {
    const all = (laps: readonly Lap[]) => laps.map((lap) => lap[what])
    const floor = median(all(nothing))
    const both = median(imports.map((each, index) => each[what] + (relays[index] ?? NO_LAP)[what]))
    const work = what === 'cpuMs' ? 'replicate, cold, CPU' : 'replicate, cold'
    const unit = 'ms'
    const beyond = { work: `${work}: import and first relay, beyond an empty handler`, unit } as const
    return [
      row({
        work: `${work}: import`,
        against: 'empty handler',
        unit,
        ours: median(all(imports)),
        theirs: floor,
      }),
      row({
        work: `${work}: first relay`,
        against: 'a relay when warm',
        unit,
        ours: median(all(relays)),
        theirs: median(all(warm)),
      }),
      what === 'cpuMs'
        ? row({ ...beyond, against: 'nothing', ours: both - floor, theirs: Number.NaN })
        : rowAtMost({
            ...beyond,
            against: 'limit',
            goal: 1,
            ours: both - floor,
            theirs: 120,
            judged: stage.judged,
          }),
    ]
  }
  return [...rowsOf('milliseconds'), ...rowsOf('cpuMs')]
}

/** The function's program and what has its modules do a relay. */
const withClient = async (folder: string): Promise<{ index: string; client: string }> => {
  for (const [path, contents] of await bundleBeside('replicate', join(import.meta.dirname, 'client.ts'))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), contents)
  }
  copyFileSync(join(dirname(programOf('replicate')), 'relay.json'), join(folder, 'relay.json'))
  return { index: join(folder, 'index.mjs'), client: join(folder, 'beside.mjs') }
}

const NO_LAP: Lap = { milliseconds: Number.NaN, cpuMs: Number.NaN }
