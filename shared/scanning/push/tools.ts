import { addressText } from '../../codecommit/address.ts'
import { openPack } from '../../git/pack/open.ts'
import type { SecretValues } from '../../runtime/aws-clients.ts'
import { enginesOf } from '../walk/engines.ts'
import { createJudged } from '../walk/judged.ts'
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
  const judged = new Map<string, ReturnType<typeof createJudged>>()
  return {
    openPack,
    walk,
    shipped: loadRules(options.rules),
    enginesOf: (compiled) => enginesOf(compiled),
    keys: readKeys(options.secrets, options.fingerprintKey, now),
    judgedOf: (repository) => {
      const name = addressText(repository)
      const known = judged.get(name) ?? createJudged()
      judged.delete(name)
      judged.set(name, known)
      if (judged.size > MOST_JUDGED) judged.delete(judged.keys().next().value ?? '')
      return known
    },
    now,
  }
}
