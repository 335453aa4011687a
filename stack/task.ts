import { CLUSTER_ID, SCAN_LOG_GROUP_ID } from './ids.ts'
import { useKeyForTable } from './keys.ts'
import { parkTips } from './parking.ts'
import { allow, OWN_ACCOUNT, putOwnEvents, role } from './policy.ts'
import { replicaArns, replicaRoles, sourceArns } from './repositories.ts'
import {
  arn,
  att,
  named,
  type Plan,
  type Resource,
  type Resources,
  ref,
  roleNamed,
  sub,
  type Value,
} from './resources.ts'
import { useReplicaKeys } from './settings.ts'
import { TABLE_ID, useTable } from './table.ts'

export const TASK_DEFINITION_ID = 'MirrorTaskDefinition'
export const TASK_ROLE_ID = 'MirrorTaskRole'
export const EXECUTION_ROLE_ID = 'MirrorExecutionRole'
const LOG_GROUP_ID = 'MirrorLogGroup'
const REPOSITORY_ID = 'MirrorImageRepository'

/** Name of the image's repository in the account's registry. */
export const imageRepository = ({ stage }: Plan): string => `codecommit-relay-mirror-${stage}`

export const clusterName = (plan: Plan): string => named(plan, 'cluster')

const IMAGE_PARAMETER = 'MirrorImage'
const STORAGE_PARAMETER = 'MirrorEphemeralStorageGiB'
export const LOG_DAYS = 30

/** What of the mirror may be chosen at deployment, beside relay.yml. */
export const taskParameters = (plan: Plan, image: string | undefined): Readonly<Record<string, Value>> => ({
  [IMAGE_PARAMETER]: {
    Type: 'String',
    Description: "The mirror's image in this account's registry: repository:tag or repository@sha256:digest",
    Default: image ?? `${imageRepository(plan)}:latest`,
    // the execution role may pull from this repository only
    AllowedPattern: `^${imageRepository(plan)}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})$`,
    ConstraintDescription: `must be ${imageRepository(plan)}:<tag> or ${imageRepository(plan)}@sha256:<digest>`,
  },
  [STORAGE_PARAMETER]: {
    Type: 'Number',
    Description: 'Disk of a mirror task in GiB: about twice the largest repository',
    Default: plan.config.mirror.ephemeralStorageGiB,
    // bounds of Fargate platform version 1.4.0 (ECS API Reference, EphemeralStorage)
    MinValue: 21,
    MaxValue: 200,
  },
})

/** Cluster, image repository, task definition, its two roles and its log group. */
export const task = (plan: Plan): Resources => ({
  [CLUSTER_ID]: {
    Type: 'AWS::ECS::Cluster',
    Properties: {
      ClusterName: clusterName(plan),
      // Container Insights bills custom metrics for every task; exit codes, logs and Relay's own events say the same here
      ClusterSettings: [{ Name: 'containerInsights', Value: 'disabled' }],
    },
  },
  [REPOSITORY_ID]: imageRepositoryResource(plan),
  [LOG_GROUP_ID]: {
    Type: 'AWS::Logs::LogGroup',
    Properties: { LogGroupName: `/ecs/${named(plan, 'mirror')}`, RetentionInDays: LOG_DAYS },
  },
  [TASK_DEFINITION_ID]: taskDefinition(plan),
  [TASK_ROLE_ID]: taskRole(plan),
  [EXECUTION_ROLE_ID]: executionRole(plan),
})

const imageRepositoryResource = (plan: Plan): Resource => ({
  Type: 'AWS::ECR::Repository',
  Properties: {
    RepositoryName: imageRepository(plan),
    ImageScanningConfiguration: { ScanOnPush: true },
    // `latest` must be able to move; who wants a fixed image names its digest
    ImageTagMutability: 'MUTABLE',
    // CloudFormation refuses to delete a repository that holds images
    EmptyOnDelete: true,
    LifecyclePolicy: {
      LifecyclePolicyText: JSON.stringify({
        rules: [
          {
            rulePriority: 1,
            description: 'images that no tag names any more',
            selection: {
              tagStatus: 'untagged',
              countType: 'sinceImagePushed',
              countUnit: 'days',
              countNumber: 30,
            },
            action: { type: 'expire' },
          },
        ],
      }),
    },
  },
})

const taskDefinition = (plan: Plan): Resource => ({
  Type: 'AWS::ECS::TaskDefinition',
  Properties: {
    Family: named(plan, 'mirror'),
    ...ON_FARGATE,
    Cpu: String(plan.config.mirror.cpu),
    Memory: String(plan.config.mirror.memoryMiB),
    EphemeralStorage: { SizeInGiB: ref(STORAGE_PARAMETER) },
    TaskRoleArn: att(TASK_ROLE_ID),
    ContainerDefinitions: [container(plan)],
  },
})

const container = ({ config }: Plan): Value => ({
  ...ofImage('mirror', LOG_GROUP_ID),
  Command: ['node', 'main.mjs'],
  Environment: [...ENVIRONMENT, { Name: 'RELAY_RULES', Value: JSON.stringify(rulesOf(config)) }],
})

/** What all task definitions have. */
export const ON_FARGATE = {
  RequiresCompatibilities: ['FARGATE'],
  RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
  NetworkMode: 'awsvpc',
  ExecutionRoleArn: att(EXECUTION_ROLE_ID),
  Volumes: [{ Name: 'work' }],
}

/** The environment of every program of the image. */
export const ENVIRONMENT = [
  { Name: 'TMPDIR', Value: '/work' },
  { Name: 'RELAY_TABLE', Value: ref(TABLE_ID) },
  { Name: 'RELAY_BUS', Value: 'default' },
]

/**
 * A container of the image, whatever its program is.
 * @param logGroup id of the resource
 */
export const ofImage = (name: string, logGroup: string) => ({
  Name: name,
  Image: imageUri(),
  Essential: true,
  WorkingDirectory: '/app',
  User: '1000:1000',
  ReadonlyRootFilesystem: true,
  MountPoints: [{ SourceVolume: 'work', ContainerPath: '/work', ReadOnly: false }],
  // seconds between SIGTERM and SIGKILL
  StopTimeout: 30,
  // a first process that collects what git leaves behind and passes signals on
  LinuxParameters: { InitProcessEnabled: true },
  LogConfiguration: {
    LogDriver: 'awslogs',
    Options: {
      'awslogs-group': ref(logGroup),
      'awslogs-region': ref('AWS::Region'),
      'awslogs-stream-prefix': name,
    },
  },
})

/** The image that this deployment names. */
export const imageUri = (): Value =>
  sub(`\${AWS::AccountId}.dkr.ecr.\${AWS::Region}.\${AWS::URLSuffix}/\${${IMAGE_PARAMETER}}`)

/** What of relay.yml the mirror's guard goes by. */
const rulesOf = ({ safety, parking, replicate }: Plan['config']) => ({
  safety,
  parking,
  replicate: replicate.map(({ from, repositories, to, divergence }) => ({
    ...(from !== undefined && { from }),
    repositories,
    to: to.map(({ region, account }) => ({ region, ...(account !== undefined && { account }) })),
    divergence,
  })),
})

/** What the mirror itself does: read sources, make and write replicas, take the roles of other accounts. */
const taskRole = (plan: Plan): Resource =>
  role({
    name: roleNamed(plan, 'mirror'),
    description:
      'CodeCommit Relay, mirror task: reads sources, makes and writes replicas, parks what is overwritten',
    service: 'ecs-tasks.amazonaws.com',
    trustCondition: OWN_ACCOUNT,
    statements: [
      allow(['codecommit:GetRepository', 'codecommit:GitPull'], sourceArns(plan)),
      allow(
        [
          'codecommit:CreateRepository',
          'codecommit:GetRepository',
          'codecommit:GitPush',
          'codecommit:UpdateDefaultBranch',
        ],
        replicaArns(plan),
      ),
      allow(['sts:AssumeRole'], replicaRoles(plan)),
      ...useReplicaKeys(plan),
      ...parkTips(plan),
      useTable('Query'),
      useKeyForTable(),
      putOwnEvents(),
    ],
  })

/** What ECS does before and beside the container: pull the image, write the log. */
const executionRole = (plan: Plan): Resource =>
  role({
    name: roleNamed(plan, 'mirror-execution'),
    description: 'CodeCommit Relay, mirror and scan tasks: pulls the image, writes the log',
    service: 'ecs-tasks.amazonaws.com',
    statements: [
      // has no resource type (Service Authorization Reference, Amazon ECR)
      allow(['ecr:GetAuthorizationToken'], ['*']),
      allow(
        ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        [arn('ecr', `repository/${imageRepository(plan)}`)],
      ),
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [att(LOG_GROUP_ID), att(SCAN_LOG_GROUP_ID)]),
    ],
  })
