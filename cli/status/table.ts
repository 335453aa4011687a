import { type ReplicaStatus, type StatusSummary, summaryOf } from '../../shared/replication/status.ts'

/** A terminal that is as wide as this shows every line whole, but for reasons that are longer. */
export const WIDTH = 100

const MARKS: Readonly<Record<ReplicaStatus['state'], string>> = {
  equal: '✓',
  kept: '✓',
  behind: '…',
  refused: '✗',
  failed: '✗',
  'source-missing': '✗',
  unread: '?',
  unknown: '?',
  ended: '–',
}

const HEAD = ['REPOSITORY', 'REPLICA', 'STATE', 'LAG', 'CAUGHT UP', 'PROVEN', 'DIGEST', 'REFS', 'BY'] as const
const GAP = 2
/** the two columns that give way */
const NARROWEST = 12

/**
 * The replicas as lines: one each, and below it what is behind, what runs, what failed and what to do now.
 * @param now milliseconds since the epoch
 */
export const statusLines = (all: readonly ReplicaStatus[], now: number): readonly string[] => {
  const regions = new Set(all.map(({ repository }) => repository.region))
  const rows = all.map((status) => cellsOf(status, now, regions.size > 1))
  const widths = widthsOf([HEAD, ...rows])
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => cellOf(cell, widths[index] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd()
  return [
    `  ${line(HEAD)}`,
    ...all.flatMap((status, index) => [
      `${MARKS[status.state]} ${line(rows[index] ?? [])}`,
      ...detailsOf(status, now).map((text) => `    ${text}`),
    ]),
  ]
}

const cellsOf = (status: ReplicaStatus, now: number, withSource: boolean): readonly string[] => {
  const { repository, replica, state, lagMs, caughtUpMs, proof, way } = status
  const where =
    replica.account === repository.account ? replica.region : `${replica.account}/${replica.region}`
  return [
    repository.name,
    withSource ? `${repository.region} → ${where}` : where,
    state,
    state === 'ended' ? '–' : lagMs === undefined ? '?' : lagMs === 0 ? '–' : span(lagMs),
    caughtUpMs === undefined ? '–' : span(caughtUpMs),
    proof ? `${span(now - Date.parse(proof.at))} ago` : 'never',
    proof ? proof.digest.replace(/^sha256:/, '').slice(0, 8) : '–',
    proof ? String(proof.refs) : '–',
    way?.way ?? '–',
  ]
}

const detailsOf = (status: ReplicaStatus, now: number): readonly string[] => {
  const { behind, running, trouble, waitingEvents, missedEvents, state, way } = status
  const lines: string[] = []
  if (behind) {
    const { created, updated, deleted } = behind
    lines.push(`refs behind: ${created} to create, ${updated} to update, ${deleted} to delete`)
  }
  if (state !== 'equal' && waitingEvents > 0) lines.push(`${count(waitingEvents, 'event')} not proven yet`)
  if (running) {
    const tries = running.attempt > 0 ? `, try ${running.attempt + 1}` : ''
    lines.push(
      `running for ${span(now - Date.parse(running.since))}: ${running.by} (${running.reason}${tries})`,
    )
  }
  if (trouble) {
    const tries = trouble.attempts === undefined ? '' : ` after ${count(trouble.attempts, 'try', 'tries')}`
    const when = trouble.at === undefined ? '' : `, ${span(now - Date.parse(trouble.at))} ago`
    lines.push(...wrap(`${trouble.code}${tries}${when}: ${trouble.reason}`), ...wrap(`→ ${trouble.nextStep}`))
  }
  if (state === 'ended')
    lines.push('not replicated any more: no tag of the source asks for it; kept as it is')
  if (way && way.way === 'mirror' && state !== 'equal') lines.push(`last by the mirror: ${way.reason}`)
  if (missedEvents > 0)
    lines.push(`${count(missedEvents, 'event')} never came; the sweep found the difference`)
  return lines
}

/** One line for all. */
export const summaryLine = (all: readonly ReplicaStatus[]): string => {
  const { replicas, states, worstLagMs, caughtUpMs, missedEvents }: StatusSummary = summaryOf(all)
  const parts = Object.entries(states).map(([state, number]) => `${number} ${state}`)
  return [
    `${count(replicas, 'replica')}: ${parts.join(', ')}`,
    ...(worstLagMs === undefined ? [] : [`worst lag ${span(worstLagMs)}`]),
    ...(caughtUpMs === undefined ? [] : [`caught up for ${span(caughtUpMs)}`]),
    ...(missedEvents === 0 ? [] : [`${count(missedEvents, 'event')} never came, in all`]),
  ].join('; ')
}

/** `12 s`, `4 min`, `3 h`, `2 d` */
export const span = (milliseconds: number): string => {
  const seconds = Math.max(0, milliseconds) / 1000
  if (seconds < 120) return `${Math.floor(seconds)} s`
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`
  return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`
}

const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`

/** As wide as their longest cell; the first two give way, the wider one first, until the line fits. */
const widthsOf = (rows: readonly (readonly string[])[]): readonly number[] => {
  const widths = HEAD.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  const total = () => widths.reduce((sum, width) => sum + width + GAP, 0)
  while (total() > WIDTH) {
    const widest = (widths[0] ?? 0) >= (widths[1] ?? 0) ? 0 : 1
    const width = widths[widest] ?? 0
    if (width <= NARROWEST) break
    widths[widest] = width - 1
  }
  return widths
}

/** Cut in the middle: names differ at both ends. */
const cellOf = (text: string, width: number): string => {
  if (text.length <= width) return text.padEnd(width)
  const head = Math.ceil((width - 1) / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`
}

/** At spaces, into lines that fit behind the indent. */
const wrap = (text: string): readonly string[] => {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const open = lines.at(-1)
    if (open !== undefined && open.length + 1 + word.length <= WIDTH - 6)
      lines[lines.length - 1] = `${open} ${word}`
    else lines.push(lines.length === 0 ? word : `  ${word}`)
  }
  return lines
}
