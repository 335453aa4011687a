import type { RepositoryAddress } from '../../codecommit/address.ts'
import type { DetailOf, RelayDetailType, RepositoryEvent } from '../../events/types.ts'
import type { OpenPack, PackLimits } from '../../git/pack/types.ts'
import type { GitClient, GitRemote } from '../../git/types.ts'
import type { Log } from '../../runtime/log.ts'
import type { FindingStore } from '../../store/findings.ts'
import type { ScanMarkStore } from '../../store/scan-marks.ts'
import type { Compiled } from '../engine/compile.ts'
import type { FingerprintKey } from '../finding.ts'
import type { Engines } from '../walk/engines.ts'
import type { Judged } from '../walk/judged.ts'
import type { WalkInput, WalkResult } from '../walk/types.ts'

/** What of CodeCommit's API a scan asks. */
export interface Contents {
  /** undefined: no such repository */
  describe(repository: RepositoryAddress): Promise<{ readonly defaultBranch?: string } | undefined>
  fileAt(
    repository: RepositoryAddress,
    commit: string,
    path: string,
  ): Promise<{ readonly blob: string; readonly content: Buffer } | 'too-large' | 'unnameable' | undefined>
  commit(
    repository: RepositoryAddress,
    oid: string,
  ): Promise<
    | {
        readonly parents: readonly string[]
        readonly author: { readonly name: string; readonly email: string }
        readonly at: number
        readonly message: string
      }
    | undefined
  >
  addedFiles(
    repository: RepositoryAddress,
    before: string | undefined,
    after: string,
    most: number,
  ): Promise<
    | {
        readonly files: readonly { readonly path: string; readonly blob: string }[]
        readonly more: boolean
      }
    | undefined
  >
  blob(repository: RepositoryAddress, oid: string): Promise<Buffer | undefined>
}

/** The key of fingerprints, and the one before it while findings made under that are still known. */
export interface FingerprintKeys {
  readonly current: FingerprintKey
  readonly previous?: FingerprintKey
}

export type Emit = <T extends RelayDetailType>(detailType: T, detail: DetailOf<T>) => Promise<void>

/** What a scan of a repository is made with. */
export interface ScanParts {
  readonly contents: Contents
  readonly git: Pick<GitClient, 'advertise' | 'fetch'>
  readonly remote: (repository: RepositoryAddress) => GitRemote
  readonly openPack: OpenPack
  readonly walk: (input: WalkInput) => Promise<WalkResult>
  /** the rules that are shipped */
  readonly shipped: () => Promise<Compiled>
  readonly enginesOf: (compiled: Compiled) => Engines
  readonly marks: ScanMarkStore
  readonly findings: FindingStore
  readonly keys: () => Promise<FingerprintKeys>
  readonly emit: Emit
  /** does the work unless it was done under this name before */
  readonly once: (name: string, work: () => Promise<void>) => Promise<unknown>
  /** blobs that were found clean, for the life of the process */
  readonly judgedOf: (repository: RepositoryAddress) => Judged
  /** where packs wait that are too large for the memory */
  readonly folder: string
  /** of packs; absent: those of a function */
  readonly limits?: Partial<PackLimits>
  /** `task`: findings say that the function could not do it */
  readonly way?: 'task'
  readonly now: () => number
  readonly log: Log
}

/** One repository to scan, and what is said of it. */
export interface ScanWork {
  readonly repository: RepositoryAddress
  readonly events: readonly RepositoryEvent[]
  /** milliseconds since the epoch: afterwards nothing more is begun */
  readonly deadline: number
  /** aborted when another has the claim: nothing is written or told any more */
  readonly signal?: AbortSignal
  /** whoever finds it too much gives it to somebody who has more room: nothing is left out before */
  readonly handsOver?: boolean
  /** refs at once; absent: all */
  readonly most?: number
  /** full names of refs that are passed over, and remain to be searched */
  readonly without?: ReadonlySet<string>
  /** even where a scan was given up lately */
  readonly evenPaused?: boolean
}
