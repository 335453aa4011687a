import type { Faults, Iam, Kms, Parts, Trail } from '../contracts.ts'
import type { Wires } from '../gateway/wires.ts'
import type { Announce } from './announce.ts'
import { type Bare, openBare } from './bare.ts'
import type { Git } from './git.ts'
import type { Maintenance } from './maintenance.ts'
import type { Repositories, Repository } from './repositories.ts'
import type { Rate } from './wire/rate.ts'

/** Limits of the service (codecommit user guide, "Quotas"); page sizes are not documented and inferred. */
export interface Limits {
  readonly repositories: number
  /** references in one push */
  readonly refsPerPush: number
  /** of one file in Git */
  readonly blobBytes: number
  /** of an account in a region; absent: as many as come, since AWS publishes no figure */
  readonly gitRequestsPerSecond?: number
  readonly repositoriesPerPage: number
  readonly branchesPerPage: number
}

export const LIMITS: Limits = {
  repositories: 1_000,
  refsPerPush: 4_000,
  blobBytes: 2 * 1024 ** 3,
  repositoriesPerPage: 1_000,
  branchesPerPage: 1_000,
}

/** What operations and the Git endpoint work with. */
export interface Context {
  readonly parts: Parts
  readonly iam: Pick<Iam, 'authorize' | 'resolveKey' | 'resolveGitCredential' | 'resolveSshKey'>
  readonly kms?: Pick<Kms, 'managedKey' | 'resolve' | 'use'>
  readonly trail?: Pick<Trail, 'record'>
  readonly faults?: Pick<Faults, 'git' | 'diskFull'>
  readonly wires: Pick<Wires, 'emit' | 'publish' | 'invokeAsync'>
  readonly git: Git
  readonly repositories: Repositories
  readonly announce: Announce
  readonly maintenance: Maintenance
  readonly limits: Limits
  /** whether a Git request may pass */
  readonly rate: Rate
  /** that are served; where a Git client's address names none, it is one of these */
  readonly regions: readonly string[]
  readonly gitBaseUrl: (region: string) => string
}

export const bareOf = (context: Context, repository: Repository): Bare =>
  openBare(context.git, context.repositories.directory(repository))
