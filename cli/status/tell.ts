import { allWell, type ReplicaStatus, summaryOf } from '../../shared/replication/status.ts'
import { UserError } from '../errors.ts'
import type { Operator, Talk } from '../operator.ts'
import { statusLines, summaryLine } from './table.ts'

/**
 * Shows it, and prints the JSON object of `--json` (docs/operate.md).
 * @param how `over`: draws over what was shown before, where that is possible; `asJson`: shows nothing to people
 * @returns exit status: 0 when every replica is equal
 */
export const tellStatus = (
  { stage, region }: Pick<Operator, 'stage' | 'region'>,
  { terminal, json }: Talk,
  all: readonly ReplicaStatus[],
  { over, asJson }: { readonly over: boolean; readonly asJson: boolean },
): number => {
  const now = Date.now()
  json({ at: new Date(now).toISOString(), stage, region, summary: summaryOf(all), replicas: all })
  if (!asJson) {
    if (over && terminal.stream.isTTY) terminal.stream.write('\u001b[2J\u001b[H')
    for (const line of statusLines(all, now)) terminal.line(line)
    terminal.line(
      all.length === 0 ? 'relay.yml wants no replica of any repository that there is.' : summaryLine(all),
    )
    if (over) terminal.line()
  }
  return allWell(all) ? 0 : 1
}

export const nothingChosen = (repositories: readonly string[]): UserError =>
  new UserError(
    `relay.yml wants no replica of ${repositories.join(', ')}.`,
    'Is the repository there, and does a rule under `replicate` choose it? Globs need quotes in a shell.',
  )
