import type { Config } from '../shared/config/types.ts'

/** Whatever JSON a CloudFormation template may hold. */
export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value }

export interface Resource {
  readonly Type: string
  readonly Properties?: { readonly [key: string]: Value }
  readonly DependsOn?: string | readonly string[]
  readonly DeletionPolicy?: 'Retain' | 'Delete'
  readonly UpdateReplacePolicy?: 'Retain' | 'Delete'
}

/** Resources by logical id. */
export type Resources = Readonly<Record<string, Resource>>

/** What a stack is made from. Everything else in the template follows from these three. */
export interface Plan {
  readonly config: Config
  /** region the stack is deployed in: the source side of replication */
  readonly region: string
  readonly stage: string
}

const SERVICE = 'codecommit-relay'

/** Name of a resource of this stage, so that two stages live side by side in one account and region. */
export const named = ({ stage }: Pick<Plan, 'stage'>, what: string): string => `${SERVICE}-${stage}-${what}`

/** Service and stage, as serverless.yml names the stack. */
export const stackName = ({ stage }: Pick<Plan, 'stage'>): string => `${SERVICE}-${stage}`

/** Name of a role: IAM has one name space for all regions, and other accounts' trust policies must be able to name it. */
export const roleNamed = ({ stage, region }: Pick<Plan, 'stage' | 'region'>, what: string): string =>
  `${SERVICE}-${stage}-${region}-${what}`

/** Part of a logical id: letters and digits only. `mirror-stopped` becomes `MirrorStopped`. */
export const idOf = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

export const ref = (id: string): Value => ({ Ref: id })
export const att = (id: string, attribute = 'Arn'): Value => ({ 'Fn::GetAtt': [id, attribute] })
export const sub = (text: string): Value => ({ 'Fn::Sub': text })

export const ACCOUNT = ref('AWS::AccountId')

/**
 * ARN in this account and region, or in those given.
 * @param resource the part after the account, for example `table/x`
 */
export const arn = (
  service: string,
  resource: string,
  where: { readonly region?: string; readonly account?: string } = {},
): Value =>
  sub(
    `arn:\${AWS::Partition}:${service}:${where.region ?? `\${AWS::Region}`}:${where.account ?? `\${AWS::AccountId}`}:${resource}`,
  )
