import type { Faults, Iam, Kms, Parts, Trail } from '../contracts.ts'
import type { Wires } from '../gateway/wires.ts'
import type { Announce } from './announce.ts'
import type { Templates } from './approvals/templates.ts'
import { type Bare, openBare } from './bare.ts'
import type { Comments } from './comments/records.ts'
import type { Git } from './git.ts'
import type { ClientTokens } from './idempotency.ts'
import type { Maintenance } from './maintenance.ts'
import type { Queue } from './pull-requests/queue.ts'
import type { PullRequests } from './pull-requests/records.ts'
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
  /** in one repository */
  readonly openPullRequests: number
  readonly rulesPerPullRequest: number
  readonly approvalsPerPullRequest: number
  /** of an account in a region */
  readonly approvalRuleTemplates: number
  readonly templatesPerRepository: number
  readonly repositoriesPerPage: number
  readonly branchesPerPage: number
  /** differences, versions of a file, conflicting files and hunks of one answer: not documented, inferred */
  readonly entriesPerPage: number
  /** bytes of all files that are compared line by line for one merge: not documented, inferred */
  readonly mergeContentBytes: number
  /** files that differ on both sides of a merge: not documented, inferred */
  readonly mergeItems: number
  /** commits between the tips of a merge; absent: any number, for AWS names none */
  readonly tipsDivergence?: number
}

export const LIMITS: Limits = {
  repositories: 1_000,
  refsPerPush: 4_000,
  blobBytes: 2 * 1024 ** 3,
  openPullRequests: 1_000,
  rulesPerPullRequest: 30,
  approvalsPerPullRequest: 200,
  approvalRuleTemplates: 1_000,
  templatesPerRepository: 25,
  repositoriesPerPage: 1_000,
  branchesPerPage: 1_000,
  entriesPerPage: 1_000,
  mergeContentBytes: 100 * 1024 * 1024,
  mergeItems: 10_000,
}

/** What operations and the Git endpoint work with. */
export interface Context {
  readonly parts: Parts
  readonly iam: Pick<Iam, 'authorize' | 'resolveKey' | 'resolveGitCredential' | 'resolveSshKey'>
  readonly trail?: Pick<Trail, 'record'>
  readonly faults?: Pick<Faults, 'git' | 'diskFull'>
  readonly wires: Pick<Wires, 'emit' | 'publish' | 'invokeAsync'>
  /** absent: nobody asks for a key */
  readonly kms?: Pick<Kms, 'managedKey' | 'resolve' | 'use'>
  readonly git: Git
  readonly repositories: Repositories
  readonly pullRequests: PullRequests
  readonly comments: Comments
  readonly templates: Templates
  readonly clientTokens: ClientTokens
  /** what must not happen to one repository or pull request at once */
  readonly queue: Queue
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
