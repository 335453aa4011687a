import type { PolicyDocument } from '../contracts.ts'

const allow = (action: string | readonly string[], resource = '*'): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
})

/** AWS managed policies that stacks commonly attach; AWS Managed Policy Reference Guide. Others do not exist here. */
export const AWS_MANAGED: ReadonlyMap<string, PolicyDocument> = new Map([
  ['arn:aws:iam::aws:policy/AdministratorAccess', allow('*')],
  [
    'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
    allow(['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']),
  ],
  [
    'arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole',
    allow([
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'logs:CreateLogGroup',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]),
  ],
  [
    'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
    allow([
      'ecr:GetAuthorizationToken',
      'ecr:BatchCheckLayerAvailability',
      'ecr:GetDownloadUrlForLayer',
      'ecr:BatchGetImage',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]),
  ],
  // the CodeCommit part alone of what AWS grants
  [
    'arn:aws:iam::aws:policy/AWSCodeCommitReadOnly',
    allow([
      'codecommit:BatchGet*',
      'codecommit:BatchDescribe*',
      'codecommit:Describe*',
      'codecommit:EvaluatePullRequestApprovalRules',
      'codecommit:Get*',
      'codecommit:List*',
      'codecommit:GitPull',
    ]),
  ],
  ['arn:aws:iam::aws:policy/AWSCodeCommitFullAccess', allow('codecommit:*')],
])
