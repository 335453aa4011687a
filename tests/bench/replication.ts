import type { Bench, Row } from './harness.ts'
import { benchChange, benchFar, benchGrowth } from './replication/change.ts'
import { benchCold } from './replication/cold.ts'
import { benchFloor } from './replication/floor.ts'
import { benchPushes } from './replication/pushes.ts'
import { benchRace } from './replication/race.ts'
import type { History } from './replication/repositories.ts'
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
  seed: 28_000,
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
  seed: 1_500,
  refs: 1_000,
  refsCommits: 500,
  moves: 24,
  rounds: 3,
  pushes: { pushes: 10, repositories: 5 },
}

/** Text, each file in fifty versions. Histories that people wrote have about as many objects and as long chains of deltas. */
const textOf = (commits: number, edits: number): History => ({
  commits,
  files: Math.max(100, commits / 25),
  content: { edits },
  refs: 10,
})

const benchStage = async (stage: Stage, sizes: Sizes): Promise<Row[]> => {
  const rows: Row[] = []
  tell('histories')
  const three = (name: string) => [name, `${name}-record`, `${name}-floor`]
  await prepare(stage, 'long', textOf(sizes.long, 36), three('long'))
  await prepare(stage, 'short', textOf(sizes.short, 36))
  const history = `history of ${sizes.long.toLocaleString('en')} commits`
  tell('one commit')
  rows.push(...(await benchChange(stage, 'long', history)))
  tell('one commit, against the floor')
  const named = { goal: 1.15, rounds: sizes.rounds }
  rows.push(await benchFloor(stage, 'long', 'relay', { work: `1 commit, ${history}: relay`, ...named }))
  rows.push(
    await benchFloor(stage, 'long', 'fast-path', { work: `1 commit, ${history}: fast path`, ...named }),
  )
  rows.push(await benchGrowth(stage, 'long', 'short', [sizes.long, sizes.short]))

  tell('many refs')
  const manyRefs = { commits: sizes.refsCommits, files: 2_000, content: { bytes: 6_000 }, refs: sizes.refs }
  await prepare(stage, 'refs', manyRefs, three('refs'))
  const work = `1 commit, ${sizes.refs.toLocaleString('en')} refs: relay`
  rows.push(await benchFloor(stage, 'refs', 'relay', { work, goal: 1.3, rounds: sizes.rounds }))

  tell('far away')
  await prepare(stage, 'far', textOf(sizes.far, 7))
  rows.push(...(await benchFar(stage, 'far', `history of ${sizes.far.toLocaleString('en')} commits`)))
  tell('first seed')
  const bytes = 10_600
  await prepare(stage, 'seed', { commits: sizes.seed, files: 2_000, content: { bytes }, refs: 10 })
  const size = `${Math.round((sizes.seed * bytes) / 1e6)} MB`
  rows.push(...(await benchSeed(stage, 'seed', size)))
  tell('cold start')
  rows.push(...(await benchCold(stage, 'short', sizes.rounds)))
  tell('race')
  rows.push(await benchRace(stage, sizes.moves))
  return rows
}
