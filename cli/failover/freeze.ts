import { createHash } from 'node:crypto'
import type { RepositoryAddress } from '../../shared/codecommit/address.ts'
import { partitionOf } from '../../shared/config/regions.ts'
import type { Config } from '../../shared/config/types.ts'
import { named } from '../../stack/resources.ts'
import { UserError } from '../errors.ts'

/** Whom a policy can be attached to. */
export interface Principal {
  readonly kind: 'group' | 'role' | 'user'
  readonly name: string
}

/** What a freeze needs of IAM. Every method may be repeated. */
export interface Policies {
  create(policy: { name: string; document: string; description: string }): Promise<'created' | 'present'>
  attach(arn: string, principal: Principal): Promise<void>
  /** undefined: there is no such policy */
  attached(arn: string): Promise<readonly Principal[] | undefined>
  detach(arn: string, principal: Principal): Promise<void>
  delete(arn: string): Promise<void>
}

/**
 * Every action that moves a ref of a repository: Git's push, and what the API does to branches (Service Authorization Reference, AWS
 * CodeCommit; user guide, "Limit pushes and merges to branches", whose sample leaves out CreateBranch, CreateCommit and DeleteFile).
 */
const MOVING = [
  'GitPush',
  'CreateBranch',
  'DeleteBranch',
  'PutFile',
  'DeleteFile',
  'CreateCommit',
  'MergeBranchesByFastForward',
  'MergeBranchesBySquash',
  'MergeBranchesByThreeWay',
  'MergePullRequestByFastForward',
  'MergePullRequestBySquash',
  'MergePullRequestByThreeWay',
]

export interface FreezePolicy {
  readonly name: string
  readonly arn: string
  readonly document: string
  readonly description: string
}

/** The policy that keeps whoever has it from moving any ref of one repository. One name for each repository and stage. */
export const freezePolicy = (stage: string, repository: RepositoryAddress): FreezePolicy => {
  const { account, region, name: repositoryName } = repository
  const partition = partitionOf(region) ?? 'aws'
  const resource = `arn:${partition}:codecommit:${region}:${account}:${repositoryName}`
  const hash = createHash('sha256').update(resource).digest('hex').slice(0, 10)
  const name = named({ stage }, `freeze-${hash}`)
  return {
    name,
    arn: `arn:${partition}:iam::${account}:policy/${name}`,
    description: `CodeCommit Relay: nobody pushes to ${repositoryName} in ${region} while its direction is swapped`,
    document: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'FrozenWhileItsDirectionIsSwapped',
          Effect: 'Deny',
          Action: MOVING.map((action) => `codecommit:${action}`),
          Resource: resource,
        },
      ],
    }),
  }
}

/** Whom relay.yml wants to be kept from pushing. */
export const frozenBy = ({ failover }: Pick<Config, 'failover'>): readonly Principal[] => [
  ...(failover?.freeze.groups ?? []).map((name) => ({ kind: 'group' as const, name })),
  ...(failover?.freeze.roles ?? []).map((name) => ({ kind: 'role' as const, name })),
  ...(failover?.freeze.users ?? []).map((name) => ({ kind: 'user' as const, name })),
]

export const principalsText = (principals: readonly Principal[]): string =>
  principals.map(({ kind, name }) => `${kind} ${name}`).join(', ')

/**
 * Attaches the policy to everybody, made if it is not there.
 * @throws UserError when one of them does not exist, or has as many policies as IAM allows
 */
export const freeze = async (
  policies: Policies,
  policy: FreezePolicy,
  principals: readonly Principal[],
): Promise<void> => {
  await policies.create(policy)
  for (const principal of principals) {
    try {
      await policies.attach(policy.arn, principal)
    } catch (error) {
      throw attachFailure(error, principal)
    }
  }
}

const attachFailure = (error: unknown, { kind, name }: Principal): unknown => {
  const aws = (error as Error).name
  const say = (text: string, remedy: string) => new UserError(text, remedy, { cause: error })
  if (/^NoSuchEntity/.test(aws))
    return say(
      `There is no IAM ${kind} ${name}.`,
      `Mend failover.freeze.${kind}s in relay.yml, then run this again.`,
    )
  if (/^LimitExceeded/.test(aws))
    return say(
      `IAM ${kind} ${name} has as many managed policies as IAM allows (10, unless the quota was raised).`,
      'Detach one for a while, or freeze another group, then run this again.',
    )
  return error
}

/** Takes the policy from whoever has it, whatever relay.yml says by now, and deletes it. Nothing to do where there is none. */
export const thaw = async (policies: Policies, { arn }: FreezePolicy): Promise<readonly Principal[]> => {
  const principals = await policies.attached(arn)
  if (!principals) return []
  for (const principal of principals) await policies.detach(arn, principal)
  await policies.delete(arn)
  return principals
}
