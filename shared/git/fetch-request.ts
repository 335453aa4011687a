import { RelayError } from '../runtime/errors.ts'
import { encodeLines } from './pkt-line.ts'
import type { FetchRequest } from './types.ts'

/** Most ids in one request. A want is 50 bytes; the request is in memory while it is sent. */
export const FETCH_LIMITS = { wants: 250_000, haves: 65_536 }

export const OID = /^[0-9a-f]{40}$/

/**
 * The body of a fetch: wants, the first with the capabilities that were offered and are of use, then the haves, then `done`,
 * so that the pack comes with the first answer.
 * Source: gitprotocol-pack ("Packfile Negotiation"), gitprotocol-capabilities. `agent` is left out even where it is offered:
 * CodeCommit is known to abort a push that names one. `filter` and `shallow` are never asked for: a replica is whole.
 * @throws RelayError GIT_LIMIT past {@link FETCH_LIMITS}, NAME_INVALID without a want and for what is no object id
 */
export const encodeFetch = (request: FetchRequest): Buffer => {
  const wants = [...new Set(request.wants)]
  const haves = [...new Set(request.haves)]
  bounded('wants', wants)
  bounded('haves', haves)
  if (wants.length === 0) throw new RelayError('NAME_INVALID', { problem: 'nothing is wanted' })
  const capabilities = capabilitiesOf(request).join(' ')
  return encodeLines([
    ...wants.map((oid, n) => `want ${oid}${n === 0 && capabilities ? ` ${capabilities}` : ''}\n`),
    { type: 'flush' },
    ...haves.map((oid) => `have ${oid}\n`),
    'done\n',
  ])
}

const capabilitiesOf = ({ offered, thin, offsetDeltas }: FetchRequest): string[] => {
  const has = (name: string) => offered.includes(name)
  const sideBand = bestSideBand(offered)
  return [
    ...['multi_ack_detailed', 'no-done'].filter(has),
    ...(sideBand ? [sideBand, ...['no-progress'].filter(has)] : []),
    ...(thin ? ['thin-pack'] : []).filter(has),
    ...(offsetDeltas ? ['ofs-delta'] : []).filter(has),
  ]
}

/** The wider side band of those that are offered. */
export const bestSideBand = (offered: readonly string[]): string | undefined =>
  ['side-band-64k', 'side-band'].find((name) => offered.includes(name))

const bounded = (limit: keyof typeof FETCH_LIMITS, oids: readonly string[]): void => {
  const most = FETCH_LIMITS[limit]
  if (oids.length > most) throw new RelayError('GIT_LIMIT', { limit, most, count: oids.length })
  const wrong = oids.find((oid) => !OID.test(oid))
  if (wrong !== undefined) throw new RelayError('NAME_INVALID', { problem: 'object id' })
}
