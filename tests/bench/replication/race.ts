import { type Row, rowAtMost } from '../harness.ts'
import { startClient } from './processes.ts'
import { git } from './repositories.ts'
import { change, endsOf, mustBeEqual, prepare, type Stage } from './stage.ts'

const RELAYS = 4

/** So long at most, however few the moves. */
const PATIENCE_MS = 120_000

/**
 * Relays race over one replica while its source moves on. The replica's own reflog tells every value that each branch held:
 * whatever is older than what stood there before went back in time.
 */
export const benchRace = async (stage: Stage, moves: number): Promise<Row> => {
  const { at, folder, program } = stage
  await prepare(stage, 'race', { commits: 200, edits: 7, refs: 1 })
  await git(at('replica', 'race'), 'config', 'core.logAllRefUpdates', 'always')
  const order = [await git(at('source', 'race'), 'rev-parse', 'refs/heads/main')]
  const clients = Array.from({ length: RELAYS }, () => startClient(program, folder))
  let over = false
  const relayOn = async (client: (typeof clients)[number]) => {
    while (!over)
      await client.run({ kind: 'relay', proof: true, ...endsOf(stage, 'race') }).catch(unlessBeaten)
  }
  try {
    const relays = clients.map(relayOn)
    const deadline = performance.now() + PATIENCE_MS
    const going = async () => (await moved(stage)).length < moves && performance.now() < deadline
    while (await Promise.race([going(), ...relays.map((each) => each.then(() => false))])) {
      for (let each = 0; each < 10; each += 1) order.push((await change(stage, 'race')).to)
    }
    over = true
    await Promise.all(relays)
    await clients[0]?.run({ kind: 'relay', proof: true, ...endsOf(stage, 'race') })
    await mustBeEqual(stage, 'race')
  } finally {
    over = true
    await Promise.all(clients.map((client) => client.stop()))
  }
  const seen = await moved(stage)
  return rowAtMost({
    work: `${RELAYS} racing relays, ${seen.length} moves of the replica: back in time`,
    against: 'none may',
    unit: 'refs',
    goal: 0,
    ours: backwards(seen, order),
    theirs: 0,
    judged: seen.length >= moves,
  })
}

/** The values of the replica's main, oldest first. */
const moved = async ({ at }: Stage): Promise<string[]> =>
  (
    await git(at('replica', 'race'), 'log', '--walk-reflogs', '--format=%H', 'refs/heads/main').catch(
      () => '',
    )
  )
    .split('\n')
    .filter(Boolean)
    .reverse()

const backwards = (seen: readonly string[], order: readonly string[]): number => {
  const places = seen.map((oid) => order.indexOf(oid))
  if (places.includes(-1)) throw new Error('the replica held what its source never had')
  return places.filter((place, index) => place < Math.max(-1, ...places.slice(0, index))).length
}

/** Another relay was quicker: the queue would bring the work again. */
const unlessBeaten = (error: Error): void => {
  if (!/REPLICA_MOVED|PUSH_REJECTED|"hand-over"/.test(error.message)) throw error
}
