import type { Bench, Row } from './harness.ts'
import { benchChange, benchFar, benchGrowth } from './replication/change.ts'
import { benchCold } from './replication/cold.ts'
import { benchFloor } from './replication/floor.ts'
import { benchPushes } from './replication/pushes.ts'
import { benchRace } from './replication/race.ts'
import { benchSeed } from './replication/seed.ts'
import { openStage, prepare, type Stage, tell } from './replication/stage.ts'

export const replication: Bench = {
  name: 'replication',
  means:
    'The relay in a process of its own, warm unless said otherwise, between two `git http-backend` servers in processes of their own; against what people run by hand and against floors, in turn in one run. Bytes are those at the servers’ sockets, both ways. ≥ is how many times better, ≤ how many times as much.',
  run: async (quick) => {
    const stage = await openStage({ rounds: quick ? 3 : 7, cheap: quick ? 1 : 3, judged: !quick })
    try {
      const rows = await benchStage(stage, quick ? QUICK : FULL)
      tell('pushes on the local cloud')
      return [...rows, ...(await benchPushes(quick ? QUICK.pushes : FULL.pushes))]
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

const benchStage = async (stage: Stage, sizes: Sizes): Promise<Row[]> => {
  const rows: Row[] = []
  const refs = 10
  const three = (name: string) => [name, `${name}-record`, `${name}-floor`]
  tell('histories')
  const long = await prepare(stage, 'long', { commits: sizes.long, edits: 37, refs }, three('long'))
  const short = await prepare(stage, 'short', { commits: sizes.short, edits: 37, refs })
  tell('one commit')
  rows.push(...(await benchChange(stage, 'long', long)))
  tell('one commit, against the floor')
  for (const way of ['relay', 'fast-path'] as const) {
    const named = { work: `1 commit, ${long}: ${way.replace('-', ' ')}`, goal: 1.15, rounds: sizes.rounds }
    rows.push(await benchFloor(stage, 'long', way, named))
  }
  rows.push(await benchGrowth(stage, { long, short }))

  tell('many refs')
  await prepare(stage, 'refs', { commits: sizes.refsCommits, edits: 7, refs: sizes.refs }, three('refs'))
  const work = `1 commit, ${sizes.refs.toLocaleString('en')} refs: relay`
  rows.push(await benchFloor(stage, 'refs', 'relay', { work, goal: 1.3, rounds: sizes.rounds }))

  tell('far away')
  const far = await prepare(stage, 'far', { commits: sizes.far, edits: 7, refs })
  rows.push(...(await benchFar(stage, 'far', far)))
  tell('first seed')
  const seed = await prepare(stage, 'seed', { commits: sizes.seed, edits: 19, refs })
  rows.push(...(await benchSeed(stage, 'seed', seed)))
  tell('cold start')
  rows.push(...(await benchCold(stage, 'short', sizes.rounds)))
  tell('race')
  rows.push(await benchRace(stage, sizes.moves))
  return rows
}
