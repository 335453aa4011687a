import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs'
import { clientError } from './records.ts'

/** Developer guide, "Task size" for Fargate: memory in MiB by CPU units: from, to, step. */
const SIZES: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1024, 2048],
  512: range(1024, 4096, 1024),
  1024: range(2048, 8192, 1024),
  2048: range(4096, 16_384, 1024),
  4096: range(8192, 30_720, 1024),
  8192: range(16_384, 61_440, 4096),
  16384: range(32_768, 122_880, 8192),
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step)
}

/** `1 vCPU` and `2 GB` as the units that ECS keeps: API reference, RegisterTaskDefinition, `cpu` and `memory`. */
export const cpuUnits = (given: string): string => {
  const cores = /^([\d.]+)\s*vcpu$/i.exec(given)?.[1]
  return cores === undefined ? given : String(Number(cores) * 1024)
}

export const memoryUnits = (given: string): string => {
  const gigabytes = /^([\d.]+)\s*gb$/i.exec(given)?.[1]
  return gigabytes === undefined ? given : String(Number(gigabytes) * 1024)
}

const ECR = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\//

export const isEcrImage = (image: string): boolean => ECR.test(image)

/** @throws AwsError ClientException for what Fargate does not run, in ECS's words */
export const checkFargate = (input: RegisterTaskDefinitionCommandInput): void => {
  if (input.networkMode !== 'awsvpc') throw clientError('Fargate only supports network mode ‘awsvpc’.')
  if (!input.cpu) throw clientError("Fargate requires that 'cpu' be defined at the task level.")
  if (!input.memory) throw clientError("Fargate requires that 'memory' be defined at the task level.")
  const memory = Number(memoryUnits(input.memory))
  const cpu = Number(cpuUnits(input.cpu))
  if (!SIZES[cpu]?.includes(memory))
    throw clientError(
      `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory. See the Amazon ECS documentation for the valid values.`,
    )
  const storage = input.ephemeralStorage?.sizeInGiB
  if (storage !== undefined && !(storage >= 21 && storage <= 200))
    throw clientError('EphemeralStorage size must be between 21 and 200 GiB.')
  if (input.executionRoleArn) return
  for (const { image = '', logConfiguration } of input.containerDefinitions ?? []) {
    if (isEcrImage(image))
      throw clientError('Fargate requires task definition to have execution role ARN to support ECR images.')
    if (logConfiguration?.logDriver === 'awslogs')
      throw clientError(
        'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
      )
  }
}
