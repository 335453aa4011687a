import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { outfitWith } from '../../functions/replicate/outfit.ts'
import { createCodeCommit } from '../../shared/codecommit/access.ts'
import { loadConfig } from '../../shared/config/load.ts'
import { createEmitter } from '../../shared/events/emit.ts'
import { createGitClient } from '../../shared/git/client.ts'
import type { Target } from '../../shared/replication/prove.ts'
import { fastPath } from '../../shared/replication/relay/fast-path.ts'
import { relay } from '../../shared/replication/relay/relay.ts'
import type { NamedMove } from '../../shared/replication/relay/types.ts'
import { lazyBus } from '../../shared/runtime/aws-clients.ts'
import { describeFailure, type Facts } from '../../shared/runtime/log.ts'
import { openOnce } from '../../shared/store/idempotency.ts'
import { openTable } from '../../shared/store/table.ts'

// The relay without a claim, which announces, confirms and remembers as the product does: as many at once as there are, against one another and against those that hold one. Nothing but the
// order of reading and the compare-and-swap of each ref stands between them.

export interface Race {
  readonly target: Target
  /** present: the fast path first */
  readonly moves?: readonly NamedMove[]
  /** how often, one after another */
  readonly times: number
}

const { RELAY_TABLE = '', RELAY_BUS = '', RELAY_GIT_ENDPOINT, CHAOS_BUILD, AWS_REGION } = process.env
const now = () => Date.now()
const write = (level: string) => (message: string, facts?: Facts) =>
  void process.stdout.write(`${JSON.stringify({ level, message, service: 'racer', ...facts })}\n`)
const log = { info: write('INFO'), warn: write('WARN'), error: write('ERROR') }
const config = loadConfig(new URL(`file://${CHAOS_BUILD}/functions/replicate/relay.json`))
const codecommit = createCodeCommit({ gitEndpoint: RELAY_GIT_ENDPOINT, region: AWS_REGION, now })
const git = createGitClient({ spool: { folder: tmpdir(), bytes: 2 ** 27 } })
const table = openTable({ client: new DynamoDBClient(), name: RELAY_TABLE })
const { emit } = createEmitter({ client: lazyBus(), bus: RELAY_BUS })
const { once } = openOnce({ table, now, id: () => crypto.randomUUID() })
const outfit = outfitWith({ config, codecommit, git, table, now })({ emit, once, log })

/** Never throws: a racer that loses has lost. */
const race = async ({ target, moves }: Race): Promise<string> => {
  const terms = {
    until: now() + 600_000,
    bytes: 2 ** 27,
    signal: new AbortController().signal,
  }
  const { guard, announce, confirm, remember } = outfit.guardFor?.(target, { ...terms, force: false }) ?? {}
  const parts = { git, remote: codecommit.gitRemote, now, log, pause: (ms: number) => sleep(ms) }
  const work = { ...terms, target, guard, announce, defaultBranch: outfit.defaultBranchFor?.(target) }
  const given = Object.fromEntries(
    Object.entries(work).filter(([, value]) => value !== undefined),
  ) as typeof terms & {
    target: Target
  }
  try {
    const fast = moves && (await fastPath(parts, given, moves))
    if (fast?.kind === 'moved') {
      await confirm?.(moves ?? [])
      return 'moved'
    }
    const outcome = await relay(parts, given)
    if (outcome.kind === 'equal') await remember?.(outcome.refs, Date.parse(outcome.proof.at))
    return outcome.kind
  } catch (error) {
    log.warn('race lost', describeFailure(error))
    return 'failed'
  }
}

export const handler = async (event: Race): Promise<readonly string[]> => {
  const ends: string[] = []
  for (let time = 0; time < event.times; time += 1) {
    ends.push(await race(time === 0 ? event : { target: event.target, times: 1 }))
  }
  return ends
}
