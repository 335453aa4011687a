import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { median, type Row, row, rowAtMost } from '../harness.ts'
import { type Request, record, sentTo } from './floor.ts'
import { cloneAndPush } from './git-program.ts'
import { startClient } from './processes.ts'
import { makeBare } from './repositories.ts'
import { endsOf, mediansOf, mustBeEqual, noSamples, type Stage, sample } from './stage.ts'

const HAND = 'git clone --mirror + git push --mirror'
const PEAK_MB = 130

/** A replica that holds nothing becomes equal: relay, clone and push, and the replica's own share of it, in turn. */
export const benchSeed = async (stage: Stage, name: string, size: string): Promise<Row[]> => {
  const { judged } = stage
  const [relayed, byHand, own, peaks] = [noSamples(), noSamples(), noSamples(), [] as number[]]
  const pushes = await recordedPush(stage, name)
  for (let round = 0; round < stage.rounds; round += 1) {
    await withEmpty(stage, name, 'seed', (ends) =>
      sample(stage, byHand, () => cloneAndPush(ends, join(stage.folder, 'clone'))),
    )
    await withEmpty(stage, name, 'seed', (ends) =>
      sample(stage, relayed, async () => {
        const done = await seedAlone(stage, ends)
        peaks.push(done.peakMB)
        return done
      }),
    )
    await withEmpty(stage, name, 'seed', () =>
      sample(stage, own, () =>
        stage.client.run({ kind: 'replay', requests: sentTo(pushes, 'seed-record', 'seed') }),
      ),
    )
  }
  const [ours, hand, floor] = [mediansOf(relayed), mediansOf(byHand), mediansOf(own)]
  const work = `first seed, ${size}: relay`
  return [
    row({ work, against: HAND, unit: 'ms', goal: 2.2, ours: ours.ms, theirs: hand.ms, judged }),
    rowAtMost({
      work,
      against: 'the replica’s own receive-pack, sent the same pack',
      unit: 'ms',
      goal: 1.1,
      ours: ours.ms,
      theirs: floor.ms,
      judged,
    }),
    rowAtMost({
      work: `${work}, peak memory`,
      against: 'limit',
      unit: 'MB',
      goal: 1,
      ours: median(peaks),
      theirs: PEAK_MB,
      judged,
    }),
    rowAtMost({
      work: `${work}, bytes on disk`,
      against: HAND,
      unit: 'kB',
      goal: 0,
      ours: ours.disk,
      theirs: hand.disk,
    }),
    row({ work: `${work}, client CPU`, against: HAND, unit: 'ms', ours: ours.cpu, theirs: hand.cpu }),
  ]
}

/** A process of its own for each seed: its memory is the seed's. */
const seedAlone = async ({ folder, program }: Stage, ends: ReturnType<typeof endsOf>) => {
  const temporary = mkdtempSync(join(folder, 'seed-temporary-'))
  const client = startClient(program, temporary)
  try {
    const done = await client.run({ kind: 'relay', proof: true, ...ends })
    const left = readdirSync(temporary)
    if (left.length > 0) throw new Error(`the seed left files behind: ${left}`)
    return done
  } finally {
    await client.stop()
  }
}

const withEmpty = async (
  stage: Stage,
  name: string,
  replica: string,
  work: (ends: ReturnType<typeof endsOf>) => Promise<unknown>,
): Promise<void> => {
  const folder = stage.at('replica', replica)
  await makeBare(folder)
  try {
    await work(endsOf(stage, name, replica))
    await mustBeEqual(stage, name, replica)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The pushes of a seed, as the replica got them. */
const recordedPush = async (stage: Stage, name: string): Promise<Request[]> => {
  let requests: Request[] = []
  await withEmpty(stage, name, 'seed-record', async (ends) => {
    requests = await record(stage, () => stage.client.run({ kind: 'relay', proof: true, ...ends }))
  })
  return requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/git-receive-pack'))
}
