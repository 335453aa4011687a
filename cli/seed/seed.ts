import { addressText } from '../../shared/codecommit/address.ts'
import type { Target } from '../../shared/replication/prove.ts'
import { confirmed } from '../ask.ts'
import { createBoard } from '../board.ts'
import type { SeedOptions } from '../commands/seed.ts'
import { UserError } from '../errors.ts'
import type { Operator, Talk } from '../operator.ts'
import { inParallel } from '../pool.ts'
import { duration } from '../terminal.ts'
import { lookAt } from './look.ts'
import { type Progress, seedReplica } from './replica.ts'
import { megabytes, type SeedRow, statusOf, summaryOf } from './row.ts'

type Way = (target: Target, progress: Progress) => Promise<SeedRow>

/**
 * `relay seed`: makes replicas equal to their sources, so many at a time, each for itself. What is equal already is passed over at
 * once, so that the same command goes on where it was stopped.
 * @returns exit status: 0 when every replica is equal now
 * @throws UserError when no replica is chosen, or force is not meant
 */
export const seed = async (
  operator: Operator,
  talk: Talk,
  repositories: readonly string[],
  options: SeedOptions,
): Promise<number> => {
  const targets = await operator.targets({ repositories, to: options.to })
  if (targets.length === 0) throw nothingChosen(repositories, options)
  if (options.force) await checkForce(talk, targets, repositories, options)
  const way = options.dryRun ? await looking(operator) : await working(operator, talk, options)
  const began = performance.now()
  const rows = await runAll(targets, options.parallel, way, talk)
  tellSummary(rows, talk, performance.now() - began)
  talk.json({
    stage: operator.stage,
    region: operator.region,
    dryRun: options.dryRun,
    ok: statusOf(rows) === 0,
    rows,
  })
  talk.signal.throwIfAborted()
  return statusOf(rows)
}

const nothingChosen = (repositories: readonly string[], { to }: SeedOptions): UserError => {
  const chosen = repositories.length === 0 ? 'any repository that there is' : repositories.join(', ')
  return new UserError(
    `relay.yml wants no replica of ${chosen}${to === undefined ? '' : ` in ${to}`}.`,
    'Is the repository there, and does a rule under `replicate` choose it? Globs need quotes in a shell.',
  )
}

const checkForce = async (
  talk: Talk,
  targets: readonly Target[],
  repositories: readonly string[],
  { yes, dryRun }: SeedOptions,
): Promise<void> => {
  if (repositories.length === 0)
    throw new UserError('--force is for repositories that are named.', 'Example: relay seed orders --force')
  if (yes || dryRun) return
  const names = targets.map(({ replica }) => addressText(replica)).join(', ')
  const question = `Refs of ${names} may be deleted or rewound, however many. Go on?`
  if (!(await confirmed(talk, question)))
    throw new UserError('Nothing was done.', 'Where nobody can be asked, --yes says that it is meant.')
}

const looking = async (operator: Operator): Promise<Way> => {
  const reader = await operator.codecommit()
  return (target) => lookAt(reader, target, Date.now)
}

const working = async (operator: Operator, talk: Talk, { force, mirror }: SeedOptions): Promise<Way> => {
  // the relay is loaded only when there is something to do
  const { relayingParts } = await import('../relaying.ts')
  const parts = await relayingParts(operator, talk, { force })
  return mirror
    ? (target, progress) => parts.mirror(target, 'relay seed --mirror', progress)
    : (target, progress) => seedReplica(parts, target, progress)
}

const runAll = async (
  targets: readonly Target[],
  parallel: number,
  way: Way,
  { terminal, signal }: Talk,
): Promise<readonly SeedRow[]> => {
  const board = createBoard({ stream: terminal.stream, total: targets.length, now: Date.now })
  try {
    return await inParallel(targets, parallel, async (target) => {
      if (signal.aborted) return neverBegun(target)
      const line = board.begin(`${target.repository.name} → ${target.replica.region}`)
      const row = await way(target, line)
      line.done(
        `  ${MARKS[row.result] ?? '✗'} ${nameOf(row)}  ${row.result}, ${duration(row.milliseconds)}${bytesOf(row)}`,
      )
      return row
    })
  } finally {
    board.end()
  }
}

const MARKS: Partial<Record<SeedRow['result'], string>> = {
  equal: '✓',
  seeded: '✓',
  kept: '✓',
  different: '≠',
  missing: '≠',
  stopped: '·',
}

const nameOf = ({ repository, replica }: SeedRow) => `${repository.name} → ${replica.region}`
const bytesOf = ({ bytes }: SeedRow) => (bytes === 0 ? '' : `, ${megabytes(bytes)} MB`)

const neverBegun = ({ repository, replica }: Target): SeedRow => ({
  repository: { account: repository.account, region: repository.region, name: repository.name },
  replica: { account: replica.account, region: replica.region, name: replica.name },
  result: 'stopped',
  way: 'none',
  bytes: 0,
  milliseconds: 0,
})

const tellSummary = (rows: readonly SeedRow[], { terminal }: Talk, milliseconds: number): void => {
  terminal.line()
  for (const line of summaryOf(rows)) terminal.line(`  ${line}`)
  const counts = [...Map.groupBy(rows, ({ result }) => result)].map(
    ([result, of]) => `${of.length} ${result}`,
  )
  terminal.line()
  terminal.line(
    `  ${rows.length} replica${rows.length === 1 ? '' : 's'} in ${duration(milliseconds)}: ${counts.join(', ')}`,
  )
}
