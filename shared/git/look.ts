import { codeOf } from '../runtime/errors.ts'
import {
  type Advertisement,
  type AdvertisementLimits,
  advertisementReader,
  type GitService,
} from './advertisement.ts'
import type { Call, Caller } from './call.ts'
import { encodeLsRefs, LS_REFS_LIMITS, lsRefsReader, offersLsRefs, openingReader } from './ls-refs.ts'
import type { RefMap } from './refs.ts'
import type { Exchange, GitRemote } from './types.ts'

/** By URL: servers that answer ls-refs. */
export type RefsKnowledge = Map<string, 'ls-refs'>

/** All refs of one side. @throws RelayError as GitClient says */
export const advertise = (
  caller: Caller,
  remote: GitRemote,
  service: GitService,
  limits: AdvertisementLimits,
  exchange: Exchange,
): Promise<Advertisement | undefined> =>
  ask(caller, { remote, service, step: 'info/refs', exchange }, advertisementReader(service, limits))

/**
 * A few refs. Where the server speaks version 2 it is asked for these alone, by one small request once that is known; else the
 * whole advertisement is read. What is known may be out of date: then it is asked for anew.
 * @throws RelayError as GitClient says
 */
export const lookRefs = async (
  caller: Caller,
  known: RefsKnowledge,
  remote: GitRemote,
  names: readonly string[],
  limits: AdvertisementLimits,
  exchange: Exchange,
): Promise<RefMap | undefined> => {
  const only = (refs: RefMap): RefMap => new Map([...refs].filter(([name]) => names.includes(name)))
  const call = { remote, service: 'git-upload-pack', exchange, version: 2 } as const
  const lsRefs = async () => {
    const body = encodeLsRefs(names)
    const refs = await ask(caller, { ...call, step: 'exchange', body }, lsRefsReader(limits))
    return refs && only(refs)
  }

  if (names.length > LS_REFS_LIMITS.names) {
    const all = await advertise(caller, remote, 'git-upload-pack', limits, exchange)
    return all && only(all.refs)
  }
  if (known.has(remote.url)) {
    try {
      return await lsRefs()
    } catch (error) {
      known.delete(remote.url)
      if (codeOf(error) !== 'GIT_PROTOCOL' && codeOf(error) !== 'REMOTE_FAILED') throw error
    }
  }
  const opening = await ask(caller, { ...call, step: 'info/refs' }, openingReader(limits))
  if (opening?.version === 0) return only(opening.advertisement.refs)
  if (!opening) return undefined
  if (!offersLsRefs(opening.capabilities)) {
    const all = await advertise(caller, remote, 'git-upload-pack', limits, exchange)
    return all && only(all.refs)
  }
  const refs = await lsRefs()
  known.set(remote.url, 'ls-refs')
  return refs
}

/** Reads a whole answer; undefined for 404. */
const ask = async <T>(
  caller: Caller,
  call: Call,
  reader: { push(bytes: Uint8Array): void; end(): T },
): Promise<T | undefined> => {
  const line = await caller.call(call)
  try {
    if ((await line.accepted([404])) === 404) return undefined
    for await (const bytes of line.body()) reader.push(bytes)
    return reader.end()
  } catch (error) {
    throw line.failure(error)
  }
}
