import { addressText } from '../codecommit/address.ts'
import { type SettingsRecord, settingsKey } from '../store/settings.ts'
import type { Target } from './prove.ts'
import { type SettingsParts, syncReplicas } from './repository-settings.ts'

/** Replicas of one round: with a sweep every five minutes, a thousand replicas are looked at within two hours. */
export const ROUND = 50
/** Sources looked at side by side. */
const PARALLEL = 4

/** The replicas whose settings were looked at longest ago, at most `limit`; never looked at comes first. */
export const dueTargets = <T extends Target>(
  targets: readonly T[],
  records: ReadonlyMap<string, SettingsRecord>,
  limit: number,
): readonly T[] => {
  const at = (target: T) => records.get(settingsKey(target))?.syncedAt ?? 0
  return [...targets].sort((a, b) => at(a) - at(b)).slice(0, limit)
}

export interface Round {
  readonly looked: number
  /** replicas that something was changed of */
  readonly changed: number
  /** replicas that something could not be read or written of */
  readonly incomplete: number
}

/**
 * One bounded round over the settings of replicas, oldest look first: whoever calls it again and again reaches all. Reads the
 * table once; then per source four calls of CodeCommit's API, per replica three, and one for each change.
 * @param hasTime false: stop here
 * @throws RelayError STORE_FAILED
 */
export const settingsRound = async (
  parts: SettingsParts,
  targets: readonly Target[],
  { limit = ROUND, hasTime = () => true }: { readonly limit?: number; readonly hasTime?: () => boolean } = {},
): Promise<Round> => {
  const due = dueTargets(targets, await parts.settings.list(), limit)
  const groups = [...Map.groupBy(due, ({ repository }) => addressText(repository)).values()]
  const round = { looked: 0, changed: 0, incomplete: 0 }
  const work = async () => {
    for (let group = groups.shift(); group && hasTime(); group = groups.shift()) {
      const [first] = group
      for (const { done, problems } of first ? await syncReplicas(parts, first.repository, group) : []) {
        round.looked += 1
        if (done.length > 0) round.changed += 1
        if (problems.length > 0) round.incomplete += 1
      }
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  return round
}
