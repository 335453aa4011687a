import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { divergenceOf, ruleTags } from '../shared/config/replicas.ts'
import { replicationRequested } from '../shared/events/request.ts'
import { keepDefaultBranch } from '../shared/replication/default-branch.ts'
import { createGuard } from '../shared/replication/guard/guard.ts'
import { createMemory } from '../shared/replication/guard/memory.ts'
import { relay } from '../shared/replication/relay/relay.ts'
import { createReplica } from '../shared/replication/repository-settings.ts'
import { openOnce } from '../shared/store/idempotency.ts'
import { openLeftRefs } from '../shared/store/left-refs.ts'
import { openParked } from '../shared/store/parked.ts'
import { openSettings } from '../shared/store/settings.ts'
import type { Operator, Talk } from './operator.ts'
import { mirrorReplica } from './seed/mirror.ts'
import type { SeedParts } from './seed/replica.ts'

/**
 * What the relay works with in an operator's process: the same parts as in `replicate`, with the operator's own credentials.
 * @param force plans that lose much are meant
 */
export const relayingParts = async (
  operator: Operator,
  { terminal, signal }: Pick<Talk, 'terminal' | 'signal'>,
  { force }: { readonly force: boolean },
): Promise<SeedParts> => {
  const [own, table, store, codecommit, git, emit] = await Promise.all([
    operator.own(),
    operator.table(),
    operator.store(),
    operator.codecommit(),
    operator.git(),
    operator.emit(),
  ])
  const now = Date.now
  const id = randomUUID
  const { config } = operator
  const remote = codecommit.gitRemote
  const pause = (milliseconds: number) => sleep(milliseconds, undefined, { signal })
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (message: string, facts = {}) => terminal.note(`${message} ${JSON.stringify(facts)}`),
  }
  const common = { git, remote, now, pause, log }
  const left = openLeftRefs(table)
  const { once } = openOnce({ table, now, id })
  const guarding = { ...common, repositories: codecommit, parked: openParked(table), left, emit, once }
  const settings = {
    access: codecommit,
    settings: openSettings(table),
    emit,
    ruleTags: ruleTags(config),
    now,
    log,
  }
  const ask: Parameters<typeof mirrorReplica>[0]['ask'] = async (request) =>
    (await operator.queue('replicate')).send(replicationRequested(request, { id: id(), now: now(), ...own }))
  return {
    store,
    emit,
    relay,
    relayParts: common,
    now,
    pause,
    id,
    signal,
    memory: (target) => createMemory({ left, now }, target),
    guard: (target) =>
      createGuard(guarding, target, {
        days: config.parking.days,
        safety: config.safety,
        divergence: divergenceOf(config, target),
        force,
        signal,
        kmsKey: target.kmsKey,
      }),
    defaultBranch: (target) => keepDefaultBranch({ git, access: codecommit, log }, target),
    create: (target) => createReplica(settings, target),
    mirror: (target, reason, progress) =>
      mirrorReplica({ store, force, ask, now, pause, signal }, target, reason, progress),
  }
}
