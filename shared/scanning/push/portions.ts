import { codeOf, type RelayError } from '../../runtime/errors.ts'
import type { ScanParts, ScanWork } from './ports.ts'
import type { Scanned } from './scan.ts'
import { tellGivenUp } from './task-ended.ts'

type Scan = (work: ScanWork) => Promise<Scanned>

interface PortionParts extends Pick<ScanParts, 'emit' | 'once' | 'log'> {
  readonly scan: Scan
}

interface PortionWork extends Pick<ScanWork, 'repository' | 'deadline'> {
  /** under which the task works */
  readonly claim: string
}

/**
 * What the task does: one ref, then two, four and so on. After each portion the marks say what was searched: a task that dies is
 * gone on with from there, and what is too large in one is tried in smaller portions. A ref that is too large by itself is passed over,
 * told by name when all others were searched, and stays to be searched.
 * @throws what the scan throws; RelayError GIT_LIMIT of the first ref that is too large by itself
 */
export const scanInPortions = async (
  { scan, log, ...tell }: PortionParts,
  { repository, deadline, claim }: PortionWork,
): Promise<void> => {
  const beyond = new Map<string, RelayError>()
  for (let most = 1, left = 1; left > 0; ) {
    try {
      const without = new Set(beyond.keys())
      const { left: rest, ...scanned } = await scan({
        ...{ repository, deadline, most, without },
        events: [],
        evenPaused: true,
      })
      log.info('portion scanned', { refs: most, left: rest, ...scanned })
      left = rest
      most *= 2
    } catch (error) {
      if (codeOf(error) !== 'GIT_LIMIT') throw error
      if (most > 1) most = Math.floor(most / 2)
      else beyond.set(refOf(error as RelayError, beyond), error as RelayError)
    }
  }
  const [first] = beyond.values()
  if (!first) return
  const gaps = [...beyond.values()].map((error) => ({ reason: beyondText(error) }))
  await tellGivenUp(tell, { repository, claim }, gaps, NEXT_STEP)
  throw first
}

/** @throws the error where it is not a single ref that is too large, or the same again */
const refOf = (error: RelayError, beyond: ReadonlyMap<string, unknown>): string => {
  const { ref } = error.data
  if (typeof ref !== 'string' || beyond.has(ref)) throw error
  return ref
}

const beyondText = ({ data: { ref, limit, most, value } }: RelayError): string =>
  `${ref} was not searched: what it brings is larger than a scan can take at once (limit "${limit}": ${value} of at most ${most})`

const NEXT_STEP =
  'Clone the repository and search this ref in parts: `npx relay scan CLONE --since FROM..TO`, each with less than 4 GiB. All other refs were searched. docs/operate.md tells more of it under GIT_LIMIT ("A scan fails").'
