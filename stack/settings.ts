import { allow, type Statement } from './policy.ts'
import { replicaArns, sourceArns } from './repositories.ts'
import { ACCOUNT, arn, type Plan, sub, type Value } from './resources.ts'

/** What of a source is copied besides its refs, and where Git LFS would show. */
export const readSourceSettings = (plan: Plan): Statement =>
  allow(
    [
      'codecommit:GetFile',
      'codecommit:GetFolder',
      'codecommit:GetRepository',
      'codecommit:ListAssociatedApprovalRuleTemplatesForRepository',
      'codecommit:ListTagsForResource',
    ],
    sourceArns(plan),
  )

/** Makes a replica where it is missing; the right to tag goes with tags that it is made with. Keeps its default branch. */
export const makeReplicas = (plan: Plan): Statement =>
  allow(['codecommit:CreateRepository', ...SETTINGS], replicaArns(plan))

/** Brings a replica's settings in step, and takes back what Relay gave it. */
export const keepSettings = (plan: Plan): Statement =>
  allow(
    [
      ...SETTINGS,
      'codecommit:DisassociateApprovalRuleTemplateFromRepository',
      'codecommit:UntagResource',
      'codecommit:UpdateRepositoryDescription',
    ],
    replicaArns(plan),
  )

const SETTINGS = [
  'codecommit:AssociateApprovalRuleTemplateWithRepository',
  'codecommit:GetRepository',
  'codecommit:ListAssociatedApprovalRuleTemplatesForRepository',
  'codecommit:ListTagsForResource',
  'codecommit:TagResource',
  'codecommit:UpdateDefaultBranch',
]

/**
 * Use of the keys that relay.yml names for replicas of this account, through CodeCommit only: whoever reads or writes a
 * repository does so with its key (CodeCommit user guide, "AWS KMS and encryption"). An alias stands for whatever key it points to.
 */
export const useReplicaKeys = ({ config }: Plan): readonly Statement[] => {
  const named = config.replicate.flatMap(({ to }) =>
    to.flatMap(({ region, role, kmsKey }) =>
      role === undefined && kmsKey !== undefined ? [`${region} ${kmsKey}`] : [],
    ),
  )
  return [...new Set(named)].map((pair) => {
    const [region = '', kmsKey = ''] = pair.split(' ')
    const alias = /(?:^|:)(alias\/.+)$/.exec(kmsKey)?.[1]
    return allow(
      KEY_USE,
      [alias === undefined ? keyArnOf(kmsKey, region) : arn('kms', 'key/*', { region })],
      {
        StringEquals: {
          'kms:CallerAccount': ACCOUNT,
          'kms:ViaService': sub(`codecommit.${region}.\${AWS::URLSuffix}`),
        },
        ...(alias !== undefined && { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': alias } }),
      },
    )
  })
}

const KEY_USE = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*']

const keyArnOf = (kmsKey: string, region: string): Value =>
  kmsKey.startsWith('arn:') ? kmsKey : arn('kms', `key/${kmsKey}`, { region })
