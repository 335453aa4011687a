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
  run: async (quick, only) => {
    const sizes = quick ? QUICK : FULL
    const known = only === undefined ? PARTS : { ...PARTS, ...ASIDE }
    const chosen = Object.entries(known).filter(([name]) => only === undefined || only === name)
    if (chosen.length === 0) throw new Error(`no part ${only}; there are: ${Object.keys(known).join(', ')}`)
    const stage = await openStage({ rounds: quick ? 3 : 7, cheap: quick ? 1 : 3, judged: !quick })
    try {
      const rows: Row[] = []
      const histories = historiesOf(stage, sizes)
      for (const [name, part] of chosen) {
        tell(name)
        rows.push(...(await part(stage, sizes, histories)))
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

const REFS = 10

/** Repositories that several parts share, made when the first asks. @returns what to call a history */
const historiesOf = (stage: Stage, sizes: Sizes) => {
  const once = (make: () => Promise<string>) => {
    let made: Promise<string> | undefined
    return () => {
      made ??= make()
      return made
    }
  }
  return {
    long: once(() =>
      prepare(stage, 'long', { commits: sizes.long, edits: 37, refs: REFS }, replicasOf('long')),
    ),
    short: once(() => prepare(stage, 'short', { commits: sizes.short, edits: 37, refs: REFS })),
  }
}

const replicasOf = (name: string) => [name, `${name}-record`, `${name}-floor`]

type Part = (stage: Stage, sizes: Sizes, histories: ReturnType<typeof historiesOf>) => Promise<Row[]>

/**
 * In this order; each can be run alone. The source of a seed keeps a bitmap, as servers do: git writes one by itself whenever it packs
 * a bare repository whole (`repack.writeBitmaps`).
 */
const PARTS: Readonly<Record<string, Part>> = {
  'one-commit': async (stage, _sizes, { long }) => benchChange(stage, 'long', await long()),
  floor: async (stage, { rounds }, { long }) => {
    const rows: Row[] = []
    for (const way of ['relay', 'fast-path'] as const) {
      const named = { work: `1 commit, ${await long()}: ${way.replace('-', ' ')}`, goal: 1.15, rounds }
      rows.push(await benchFloor(stage, 'long', way, named))
    }
    return rows
  },
  growth: async (stage, _sizes, { long, short }) => [
    await benchGrowth(stage, { long: await long(), short: await short() }),
  ],
  refs: async (stage, { refs, refsCommits, rounds }) => {
    await prepare(stage, 'refs', { commits: refsCommits, edits: 7, refs }, replicasOf('refs'))
    const work = `1 commit, ${refs.toLocaleString('en')} refs: relay`
    return [await benchFloor(stage, 'refs', 'relay', { work, goal: 1.3, rounds })]
  },
  far: async (stage, sizes) =>
    benchFar(stage, 'far', await prepare(stage, 'far', { commits: sizes.far, edits: 7, refs: REFS })),
  seed: async (stage, sizes) => {
    const seed = await prepare(stage, 'seed', { commits: sizes.seed, edits: 19, refs: REFS })
    await writeBitmap(stage.at('source', 'seed'))
    return benchSeed(stage, 'seed', seed)
  },
  cold: async (stage, { rounds }, { short }) => {
    await short()
    return benchCold(stage, 'short', rounds)
  },
  race: async (stage, { moves }) => [await benchRace(stage, moves)],
  pushes: (_stage, { pushes }) => benchPushes(pushes),
}

/** Not part of the whole: only by name. */
const ASIDE: Readonly<Record<string, Part>> = {
  'seed-without-bitmap': async (stage, sizes) => {
    const plain = await prepare(stage, 'plain', { commits: sizes.seed, edits: 19, refs: REFS })
    return benchSeed(stage, 'plain', `${plain}, no bitmap`)
  },
}
