import { addressText } from '../../codecommit/address.ts'
import { held } from '../../git/pack/held.ts'
import { openPack } from '../../git/pack/open.ts'
import type { SecretValues } from '../../runtime/aws-clients.ts'
import { enginesOf } from '../walk/engines.ts'
import { createJudged, type Judged } from '../walk/judged.ts'
import { walk } from '../walk/walk.ts'
import { readKeys } from './keys.ts'
import type { ScanParts } from './ports.ts'
import { loadRules } from './shipped.ts'

/** Of the repositories scanned lately: some megabytes each. */
const MOST_JUDGED = 20

/**
 * What function and task scan with alike.
 * @param rules the shipped ones, a file
 * @param fingerprintKey ARN of the secret
 */
export const scanTools = (options: {
  readonly rules: URL
  readonly secrets: SecretValues
  readonly fingerprintKey: string
  readonly now: () => number
}): Pick<ScanParts, 'openPack' | 'walk' | 'shipped' | 'enginesOf' | 'keys' | 'judgedOf' | 'now'> => {
  const { now } = options
  const judged = held<string, Judged>(MOST_JUDGED, () => 1)
  return {
    openPack,
    walk,
    shipped: loadRules(options.rules),
    enginesOf: (compiled) => enginesOf(compiled),
    keys: readKeys(options.secrets, options.fingerprintKey, now),
    judgedOf: (repository) => {
      const name = addressText(repository)
      const known = judged.get(name)
      if (known) return known
      const made = createJudged()
      judged.add(name, made)
      return made
    },
    now,
  }
}
