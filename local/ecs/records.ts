import type {
  ContainerDefinition,
  RegisterTaskDefinitionCommandInput,
  TaskOverride,
} from '@aws-sdk/client-ecs'
import { AwsError } from '../gateway/service.ts'

export interface ClusterRecord {
  readonly account: string
  readonly region: string
  readonly name: string
  readonly arn: string
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
  readonly input: RegisterTaskDefinitionCommandInput
  readonly container: ContainerDefinition & { name: string }
}

type TaskState = 'PROVISIONING' | 'PENDING' | 'RUNNING' | 'STOPPED'

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

export const clientError = (message: string) => new AwsError('ClientException', message)
