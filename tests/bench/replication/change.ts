import { join } from 'node:path'
import { type Row, row, rowAtMost } from '../harness.ts'
import { cloneAndPush, fetchAndPush, keepClone } from './git-program.ts'
import type { Ends } from './messages.ts'
import { change, endsOf, mediansOf, mustBeEqual, noSamples, type Stage, sample } from './stage.ts'

/**
 * One commit, relayed in full, by the event's fast path, by clone and push, and by fetch and push from a clone that was kept:
 * in turn, each with a commit of its own.
 */
const waysOf = async (stage: Stage, name: string, ends: Ends, withKept: boolean) => {
  const { client, folder } = stage
  const kept = join(folder, `kept-${name}`)
  const ways = {
    full: noSamples(),
    proven: noSamples(),
    fast: noSamples(),
    fastProven: noSamples(),
    hand: noSamples(),
    kept: noSamples(),
  }
  const full = () => client.run({ kind: 'relay', ...ends })
  if (withKept) await keepClone(ends.source, kept)
  await warmUp(stage, name, ends)
  for (let round = 0; round < stage.rounds; round += 1) {
    await change(stage, name)
    await sample(stage, ways.hand, () => cloneAndPush(ends, join(folder, 'clone')))
    await mustBeEqual(stage, name)
    for (let each = 0; each < stage.cheap; each += 1) {
      await change(stage, name)
      await sample(stage, ways.full, full)
      await mustBeEqual(stage, name)
      await change(stage, name)
      await sample(stage, ways.proven, () => client.run({ kind: 'relay', proof: true, ...ends }))
      const move = await change(stage, name)
      await sample(stage, ways.fast, () => client.run({ kind: 'fast-path', moves: [move], ...ends }))
      await mustBeEqual(stage, name)
      const next = await change(stage, name)
      await sample(stage, ways.fastProven, () =>
        client.run({ kind: 'fast-path', proof: true, moves: [next], ...ends }),
      )
      await mustBeEqual(stage, name)
      if (!withKept) continue
      await change(stage, name)
      await sample(stage, ways.kept, () => fetchAndPush(ends, kept))
      await mustBeEqual(stage, name)
    }
  }
  return {
    full: mediansOf(ways.full),
    proven: mediansOf(ways.proven),
    fast: mediansOf(ways.fast),
    fastProven: mediansOf(ways.fastProven),
    hand: mediansOf(ways.hand),
    kept: mediansOf(ways.kept),
  }
}

/** A warm function: its connections are open and its code is compiled. */
const warmUp = async (stage: Stage, name: string, ends: Ends): Promise<void> => {
  for (let each = 0; each < stage.cheap; each += 1) {
    await change(stage, name)
    await stage.client.run({ kind: 'relay', ...ends })
    const move = await change(stage, name)
    await stage.client.run({ kind: 'fast-path', moves: [move], ...ends })
  }
}

const HAND = 'git clone --mirror + git push --mirror'
const KEPT = 'warm clone: git fetch + git push'

/** @param name a repository that both sides hold */
export const benchChange = async (stage: Stage, name: string, history: string): Promise<Row[]> => {
  const { judged } = stage
  const { full, proven, fast, fastProven, hand, kept } = await waysOf(stage, name, endsOf(stage, name), true)
  const pair = (what: 'ms' | 'cpu' | 'kB' | 'disk', ours: typeof full, theirs = hand) => ({
    ours: ours[what],
    theirs: theirs[what],
    unit: what === 'kB' || what === 'disk' ? ('kB' as const) : ('ms' as const),
    judged,
  })
  const work = `1 commit, ${history}`
  return [
    row({ work: `${work}: relay`, against: HAND, goal: 180, ...pair('ms', full) }),
    row({ work: `${work}: relay, bytes`, against: HAND, goal: 50_000, ...pair('kB', full) }),
    row({ work: `${work}: relay, client CPU`, against: HAND, goal: 1_000, ...pair('cpu', full) }),
    rowAtMost({
      work: `${work}: relay, bytes on disk`,
      against: HAND,
      goal: 0,
      ...pair('disk', full),
      judged: true,
    }),
    row({ work: `${work}: relay and look again`, against: HAND, ...pair('ms', proven) }),
    row({ work: `${work}: fast path`, against: HAND, goal: 200, ...pair('ms', fast) }),
    row({ work: `${work}: fast path, bytes`, against: HAND, goal: 80_000, ...pair('kB', fast) }),
    row({ work: `${work}: fast path and its proof`, against: HAND, ...pair('ms', fastProven) }),
    row({ work: `${work}: fast path, client CPU`, against: HAND, ...pair('cpu', fast) }),
    row({ work: `${work}: relay`, against: KEPT, goal: 1.8, ...pair('ms', full, kept) }),
    row({ work: `${work}: fast path`, against: KEPT, goal: 2.2, ...pair('ms', fast, kept) }),
  ]
}

/** The same with the replica 80 ms away and the source 2 ms. */
export const benchFar = async (stage: Stage, name: string, history: string): Promise<Row[]> => {
  const { judged } = stage
  const [source, replica] = [await stage.source.distance(2), await stage.replica.distance(80)]
  const ends = { source: source(name), replica: replica(name) }
  const { full, fast, hand } = await waysOf(stage, name, ends, false)
  const work = `1 commit, ${history}, 80 ms to the replica`
  const theirs = { against: HAND, theirs: hand.ms, unit: 'ms' as const, judged }
  return [
    row({ work: `${work}: relay`, ours: full.ms, goal: 50, ...theirs }),
    row({ work: `${work}: fast path`, ours: fast.ms, goal: 90, ...theirs }),
  ]
}

/** Two histories in turn: does it matter how long they are? @param named the repositories `long` and `short`, and what to call them */
export const benchGrowth = async (
  stage: Stage,
  named: { readonly long: string; readonly short: string },
): Promise<Row> => {
  const samples = { long: noSamples(), short: noSamples() }
  const names = ['long', 'short'] as const
  for (const name of names) await warmUp(stage, name, endsOf(stage, name))
  for (let round = 0; round < stage.rounds * stage.cheap; round += 1) {
    for (const name of names) {
      await change(stage, name)
      await sample(stage, samples[name], () => stage.client.run({ kind: 'relay', ...endsOf(stage, name) }))
    }
  }
  return rowAtMost({
    work: `1 commit, ${named.long}: relay`,
    against: `the same with ${named.short}`,
    unit: 'ms',
    goal: 1.2,
    ours: mediansOf(samples.long).ms,
    theirs: mediansOf(samples.short).ms,
    judged: stage.judged,
  })
}
