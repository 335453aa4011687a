import type { World } from './world.ts'

/** What of a world is looked at. */
export interface Letters extends Pick<World, 'lines' | 'counts'> {
  readonly queues: Pick<World['queues'], 'replicate' | 'dead'>
  readonly aws: Pick<World['aws'], 'emitted'>
}

/**
 * What may be told of a message that ended in a dead-letter queue. Its last reader tells `Mirror Failed`, once for the replica,
 * however many of its messages failed with it; or writes that it could not tell; or, where the sweep had asked and people know
 * already, that the replica is still failing. Whoever was killed, or threw, tells nothing: there the queue's alarm rings alone.
 */
export const told = (
  { queues, aws, lines, counts }: Letters,
  memory: { deadSeen: number },
  wrong: (rule: string, detail: string) => void,
): void => {
  const count = (name: string, more: number) => {
    if (more > 0) counts[name] = (counts[name] ?? 0) + more
  }
  const dead = queues.replicate.dead.slice(memory.deadSeen)
  memory.deadSeen = queues.replicate.dead.length
  const failures = aws.emitted.filter(({ type }) => type === 'Mirror Failed')
  const said = (requestId: string, words: string) =>
    lines.some((line) => line.includes(words) && line.includes(requestId))
  const answered = dead.flatMap(({ end, reader }) => (end === 'answered' && reader ? [reader] : []))
  count('dead letters', dead.length)
  count('dead letters with the alarm alone', dead.length - answered.length)
  for (const { requestId, by, begun, ended } of new Set(answered)) {
    const own = failures.filter((one) => one.by === by && begun <= one.at && one.at <= ended)
    const isSilent = said(requestId, 'still failing')
    const isUnsaid = said(requestId, 'failure not announced')
    count('failures told', own.length > 0 ? 1 : 0)
    count('failures known already', isSilent ? 1 : 0)
    count('failures not told for want of a bus', isUnsaid ? 1 : 0)
    if (own.length === 0 && !isSilent && !isUnsaid)
      wrong('every loss is reported', `${requestId} gave up on its messages, and told nobody`)
    const heard = own.filter(({ unheard }) => !unheard)
    if (heard.length > 1) wrong('every loss is told once', JSON.stringify(own.map(({ detail }) => detail)))
  }
  // what the mirror's end buries is told by whoever saw that end
  const buried = queues.dead.receive(1_000, 0)
  for (const { id } of buried) queues.dead.done(id)
  count('requests buried', buried.length)
  const anybody = failures.length > 0 || lines.some((line) => /still failing|not announced/.test(line))
  if (buried.length > 0 && !anybody)
    wrong('every loss is reported', `${buried.length} requests were buried, and nobody was told`)
}
