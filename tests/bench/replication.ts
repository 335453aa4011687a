import type { Bench, Row } from './harness.ts'
import { benchChange, benchFar, benchGrowth } from './replication/change.ts'
import { benchCold } from './replication/cold.ts'
import { benchFloor } from './replication/floor.ts'
import { benchPushes } from './replication/pushes.ts'
import { benchRace } from './replication/race.ts'
import { writeBitmap } from './replication/repositories.ts'
import { benchSeed } from './replication/seed.ts'
import { openStage, prepare, type Stage, tell } from './replication/stage.ts'

export const replication: Bench = {
  name: 'replication',
  means:
    'The relay in a process of its own, warm unless said otherwise, between two `git http-backend` servers in processes of their own; against what people run by hand and against floors, in turn in one run. Bytes are those at the servers’ sockets, both ways. ≥ is how many times better, ≤ how many times as much.',
  parts: () => Object.keys({ ...PARTS, ...ASIDE }),
  run: async (quick, only) => {
    const chosen = only === undefined ? PARTS : { [only]: { ...PARTS, ...ASIDE }[only] }
    const stage = await openStage({ rounds: quick ? 3 : 7, cheap: quick ? 1 : 3, judged: !quick })
    const rows: Row[] = []
    try {
      for (const [name, part] of Object.entries(chosen)) {
        tell(name)
        if (part) rows.push(...(await part(stage, quick ? QUICK : FULL)))
      }
      return rows
    } finally {
      await stage.stop()
    }
  },
}

interface Sizes {
  readonly long: number
  readonly short: number
  /** commits of the history that is relayed over 80 ms */
  readonly far: number
  /** commits of the history that is seeded */
  readonly seed: number
  readonly refs: number
  readonly refsCommits: number
  readonly moves: number
  readonly rounds: number
  readonly pushes: { readonly pushes: number; readonly repositories: number }
}

/** The long history has about 550 MB, the one far away and the seed 300 MB each. */
const FULL: Sizes = {
  long: 50_000,
  short: 1_000,
  far: 85_000,
  seed: 45_000,
  refs: 10_000,
  refsCommits: 4_000,
  moves: 150,
  rounds: 21,
  pushes: { pushes: 200, repositories: 50 },
}

const QUICK: Sizes = {
  long: 1_000,
  short: 200,
  far: 1_000,
  seed: 1_000,
  refs: 1_000,
  refsCommits: 500,
  moves: 24,
  rounds: 3,
  pushes: { pushes: 10, repositories: 5 },
}

type Part = (stage: Stage, sizes: Sizes) => Promise<Row[]>

const REFS = 10
const recorded = (name: string) => [name, `${name}-record`, `${name}-floor`]

const oneCommit: Part = async (stage, sizes) => {
  const history = { edits: 37, refs: REFS }
  const long = await prepare(stage, 'long', { ...history, commits: sizes.long }, recorded('long'))
  const short = await prepare(stage, 'short', { ...history, commits: sizes.short })
  const rows = await benchChange(stage, 'long', long)
  for (const way of ['relay', 'fast-path'] as const) {
    const named = { work: `1 commit, ${long}: ${way.replace('-', ' ')}`, goal: 1.15, rounds: sizes.rounds }
    rows.push(await benchFloor(stage, 'long', way, named))
  }
  rows.push(await benchGrowth(stage, { long, short }))
  return rows
}

const manyRefs: Part = async (stage, { refsCommits, refs, rounds }) => {
  await prepare(stage, 'refs', { commits: refsCommits, edits: 7, refs }, recorded('refs'))
  const work = `1 commit, ${refs.toLocaleString('en')} refs: relay`
  return [await benchFloor(stage, 'refs', 'relay', { work, goal: 1.3, rounds })]
}

const farAway: Part = async (stage, sizes) => {
  const far = await prepare(stage, 'far', { commits: sizes.far, edits: 7, refs: REFS })
  return benchFar(stage, 'far', far)
}

/** Servers keep bitmaps: git writes them by itself whenever it packs a bare repository whole (`repack.writeBitmaps`). */
const firstSeed: Part = async (stage, sizes) => {
  const seed = await prepare(stage, 'seed', { commits: sizes.seed, edits: 19, refs: REFS }, [])
  await writeBitmap(stage.at('source', 'seed'))
  return benchSeed(stage, 'seed', seed)
}

const firstSeedWithoutBitmap: Part = async (stage, sizes) => {
  const seed = await prepare(stage, 'plain', { commits: sizes.seed, edits: 19, refs: REFS }, [])
  return benchSeed(stage, 'plain', `${seed}, no bitmap`)
}

const coldStart: Part = async (stage, { short, rounds }) => {
  await prepare(stage, 'cold', { commits: short, edits: 37, refs: REFS })
  return benchCold(stage, 'cold', rounds)
}

const PARTS: Readonly<Record<string, Part>> = {
  'one-commit': oneCommit,
  'many-refs': manyRefs,
  'far-away': farAway,
  'first-seed': firstSeed,
  'cold-start': coldStart,
  race: async (stage, { moves }) => [await benchRace(stage, moves)],
  pushes: (_stage, { pushes }) => benchPushes(pushes),
}

/** Not part of the whole: only by name. */
const ASIDE: Readonly<Record<string, Part>> = { 'first-seed-without-bitmap': firstSeedWithoutBitmap }
