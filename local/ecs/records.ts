import type {
  CapacityProviderStrategyItem,
  ClusterSetting,
  ContainerDefinition,
  NetworkConfiguration,
  RegisterTaskDefinitionCommandInput,
  Tag,
  TaskOverride,
} from '@aws-sdk/client-ecs'
import { AwsError } from '../gateway/service.ts'

export interface ClusterRecord {
  readonly account: string
  readonly region: string
  readonly name: string
  readonly arn: string
  readonly tags?: readonly Tag[]
  readonly settings?: readonly ClusterSetting[]
  readonly capacityProviders?: readonly string[]
  readonly defaultStrategy?: readonly CapacityProviderStrategyItem[]
}

/** One revision of a task definition, with the input that registered it. */
export interface DefinitionRecord {
  readonly account: string
  readonly region: string
  readonly family: string
  readonly revision: number
  readonly arn: string
  readonly status: 'ACTIVE' | 'INACTIVE'
  readonly registeredAt: number
  readonly registeredBy?: string
  readonly deregisteredAt?: number
  readonly input: RegisterTaskDefinitionCommandInput
  readonly container: ContainerDefinition & { name: string }
}

/** Developer guide, "Amazon ECS task lifecycle". */
type TaskState =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED'

/** A task as the store keeps it; times in milliseconds since the epoch. */
export interface TaskRecord {
  readonly account: string
  readonly region: string
  readonly id: string
  readonly arn: string
  readonly clusterArn: string
  readonly definitionArn: string
  readonly containerArn: string
  readonly group: string
  readonly startedBy?: string
  readonly overrides: TaskOverride
  readonly capacityProvider?: string
  readonly platformVersion?: string
  readonly network?: NetworkConfiguration
  readonly enableExecuteCommand?: boolean
  readonly tags?: readonly Tag[]
  readonly lastStatus: TaskState
  readonly desiredStatus: 'RUNNING' | 'STOPPED'
  readonly version: number
  /** version up to which the world was told */
  readonly announced: number
  readonly createdAt: number
  readonly pullStartedAt?: number
  readonly pullStoppedAt?: number
  readonly startedAt?: number
  readonly stoppingAt?: number
  /** when its process had ended */
  readonly executionStoppedAt?: number
  readonly stoppedAt?: number
  readonly stopCode?: 'TaskFailedToStart' | 'EssentialContainerExited' | 'UserInitiated' | 'TerminationNotice'
  readonly stoppedReason?: string
  readonly exitCode?: number
  /** leader of the task's processes, and the mark that tells it from a later process of that number */
  readonly pid?: number
  readonly birth?: string
}

export type Place = { readonly account: string; readonly region: string }

export const keyOf = (place: Place, rest: string): string => `${place.account}/${place.region}/${rest}`

export const arnOf = (place: Place, rest: string): string =>
  `arn:aws:ecs:${place.region}:${place.account}:${rest}`

/** last part of an ARN, or the name itself */
export const nameOf = (arnOrName: string): string => arnOrName.split('/').at(-1) ?? arnOrName

export const invalidParameter = (message: string) => new AwsError('InvalidParameterException', message)

export const clusterMissing = () => new AwsError('ClusterNotFoundException', 'Cluster not found.')

export const clientError = (message: string) => new AwsError('ClientException', message)
