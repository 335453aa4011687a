import { randomUUID } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import type { Envelope, Wires } from '../gateway/wires.ts'
import { type Actor, identityOf } from './envelope.ts'
import { type Change, type MergeFacts, stateChange, unreferencedMerge } from './events.ts'
import type { Repository } from './repositories.ts'
import { fireTrigger, referenceOf, wantedBy } from './triggers.ts'

/** Tells the world which refs moved. Never throws: the refs have moved already. */
export interface Announce {
  /** pull requests are brought in step first: when this resolves they are, and everything is told */
  (repository: Repository, actor: Actor, changes: readonly Change[]): Promise<void>
  /** a merge commit was made that no ref points at: an event, no trigger */
  unreferenced(repository: Repository, actor: Actor, merged: MergeFacts & { readonly commitId: string }): void
  /** waits for triggers under way */
  settle(): Promise<void>
}

/** Changes what depends on refs after they moved; what it returns tells of that. */
export type Follow = (
  repository: Repository,
  actor: Actor,
  changes: readonly Change[],
) => Promise<readonly (() => void)[]>

/** One EventBridge event per ref; triggers once per push. AWS is silent about targets it cannot reach: the log is not. */
export const createAnnounce = (
  { now, log }: Parts,
  wires: Pick<Wires, 'emit' | 'publish' | 'invokeAsync'>,
  follow: Follow,
): Announce => {
  const underWay = new Set<Promise<void>>()

  const fire = (repository: Repository, callerArn: string, changes: readonly Change[]): Promise<void>[] =>
    repository.triggers.flatMap((trigger) => {
      const wanted = wantedBy(trigger, changes)
      if (wanted.length === 0) return []
      const run = {
        repository,
        callerArn,
        configurationId: repository.triggersId ?? '',
        eventName: 'ReferenceChanges' as const,
        at: now(),
        newId: randomUUID,
      }
      return fireTrigger(wires, trigger, wanted.map(referenceOf), run).catch((error: unknown) =>
        log('codecommit', 'a trigger could not be fired', {
          repository: repository.name,
          trigger: trigger.name,
          target: trigger.destinationArn,
          error: String(error),
        }),
      )
    })

  const emit = (repository: Repository, actor: Actor, envelope: Envelope): void => {
    try {
      wires.emit({ ...envelope, detail: { ...envelope.detail, ...identityOf(actor) } })
    } catch (error) {
      log('codecommit', 'an event was not taken', {
        repository: repository.name,
        event: envelope.detail,
        error: String(error),
      })
    }
  }
  const stamp = () => ({ id: randomUUID(), at: now() })

  const followed = async (
    repository: Repository,
    actor: Actor,
    changes: readonly Change[],
  ): Promise<readonly (() => void)[]> => {
    try {
      return await follow(repository, actor, changes)
    } catch (error) {
      log('codecommit', 'pull requests could not be brought in step with moved refs', {
        repository: repository.name,
        error: String(error),
      })
      return []
    }
  }

  const announce = async (
    repository: Repository,
    actor: Actor,
    changes: readonly Change[],
  ): Promise<void> => {
    const tells = await followed(repository, actor, changes)
    for (const change of changes) {
      emit(repository, actor, stateChange(repository, actor.arn, change, stamp()))
    }
    for (const tell of tells) tell()
    for (const firing of fire(repository, actor.arn, changes)) {
      underWay.add(firing)
      void firing.finally(() => underWay.delete(firing))
    }
  }
  return Object.assign(announce, {
    unreferenced: (
      repository: Repository,
      actor: Actor,
      merged: MergeFacts & { readonly commitId: string },
    ) => emit(repository, actor, unreferencedMerge(repository, actor.arn, merged, stamp())),
    settle: async () => {
      await Promise.all(underWay)
    },
  })
}
