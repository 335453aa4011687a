import { addressText, type RepositoryAddress } from '../../codecommit/address.ts'
import type { FindingStore } from '../../store/findings.ts'
import { type Elsewhere, elsewhereOf } from '../findings/elsewhere.ts'

/** Repositories looked at for one secret, those that had it first; the rest is counted. */
const MAX_LOOKS = 20

/** A secret, and its fingerprint under the key before, under which other repositories may still know it. */
export interface Sought {
  readonly fingerprint: string
  readonly former?: string | undefined
  /** it was not known in this repository before */
  readonly isFirst: boolean
}

/** Where else secrets are, or were, by fingerprint. */
export const lookElsewhere = async (
  findings: Pick<FindingStore, 'elsewhere' | 'of'>,
  repository: RepositoryAddress,
  sought: readonly Sought[],
): Promise<ReadonlyMap<string, Elsewhere>> => {
  const look = async ({ fingerprint, former, isFirst }: Sought) => {
    const names = former === undefined ? [fingerprint] : [fingerprint, former]
    const links = await Promise.all(names.map((name) => findings.elsewhere(name, repository)))
    const others = new Map(links.flat().map((other) => [addressText(other), other]))
    const records = await Promise.all(
      [...others.values()].slice(0, MAX_LOOKS).map(async (other) => {
        const found = await Promise.all(names.map((name) => findings.of(other, name)))
        return found.flat()
      }),
    )
    return [fingerprint, elsewhereOf(records, others.size, isFirst)] as const
  }
  return new Map(await Promise.all(sought.map(look)))
}
