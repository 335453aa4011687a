import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { paired, type Row, rowAtMost } from '../harness.ts'
import type { ClientOrder, Recorded } from './messages.ts'
import { change, endsOf, mustBeEqual, type Stage } from './stage.ts'

const FLOOR = 'floor: the recorded requests, replayed by a minimal client'

export type Request = Recorded & { readonly base: string }

let recordings = 0

/** What a work asked of both servers, in the order in which it did. */
export const record = async (stage: Stage, work: () => Promise<unknown>): Promise<Request[]> => {
  const { source, replica } = stage
  recordings += 1
  const folder = join(stage.folder, `recorded-${recordings}`)
  mkdirSync(folder)
  await Promise.all([source.note(folder), replica.note(folder)])
  await work()
  const [asked, pushed] = [await source.noted(), await replica.noted()]
  const on = (base: string) => (each: Recorded) => ({ ...each, base })
  return [...asked.map(on(source.url(''))), ...pushed.map(on(replica.url('')))].sort((a, b) => a.at - b.at)
}

/** The same requests to another replica that is in the same state. */
export const sentTo = (requests: readonly Request[], from: string, to: string): Request[] =>
  requests.map((each) => ({ ...each, path: each.path.replace(`/${from}/`, `/${to}/`) }))

/**
 * One commit to three replicas in the same state: the first records the requests, the second is relayed to, the third gets the
 * recorded requests: what is left then is the servers' own time.
 * @param name a repository with the replicas `<name>`, `<name>-record` and `<name>-floor`
 */
export const benchFloor = async (
  stage: Stage,
  name: string,
  way: 'relay' | 'fast-path',
  named: { readonly work: string; readonly goal: number; readonly rounds: number },
): Promise<Row> => {
  const { client, judged } = stage
  let requests: Request[] = []
  const relayOnce = async (): Promise<{ milliseconds: number }> => {
    const move = await change(stage, name)
    const order = (replica: string): ClientOrder => ({
      ...endsOf(stage, name, replica),
      ...(way === 'relay' ? { kind: way } : { kind: way, moves: [move] }),
    })
    const noted = await record(stage, () => client.run(order(`${name}-record`)))
    requests = sentTo(noted, `${name}-record`, `${name}-floor`)
    return client.run(order(name))
  }
  const ours = async () => (await relayOnce()).milliseconds
  const theirs = async () => {
    const { milliseconds } = await client.run({ kind: 'replay', requests })
    await mustBeEqual(stage, name, `${name}-floor`)
    return milliseconds
  }
  for (const end of ['', '-record', '-floor'])
    await client.run({ kind: 'relay', ...endsOf(stage, name, `${name}${end}`) })
  for (let warm = 0; warm < 3; warm += 1) {
    await ours()
    await theirs()
  }
  const times = await paired(named.rounds, ours, theirs)
  await mustBeEqual(stage, name)
  return rowAtMost({ work: named.work, against: FLOOR, unit: 'ms', goal: named.goal, judged, ...times })
}
