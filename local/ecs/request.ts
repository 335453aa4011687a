import { createHash } from 'node:crypto'
import type { ContainerOverride, RunTaskCommandInput } from '@aws-sdk/client-ecs'
import { AwsError } from '../gateway/service.ts'
import { type DefinitionRecord, invalidParameter } from './records.ts'

/** API reference, RunTask. */
const LIMITS = {
  count: 10,
  overrides: 8192,
  clientToken: 64,
  subnets: 16,
  securityGroups: 5,
  tags: 50,
} as const
/** Platform versions for Linux: developer guide, "Fargate platform versions". */
const PLATFORMS = ['LATEST', '1.4.0', '1.3.0']

/** Refuses a RunTask request as ECS would; returns the override of the task's container, if any. */
export const checkRunTask = (
  input: RunTaskCommandInput,
  definition: DefinitionRecord,
): ContainerOverride | undefined => {
  const { count = 1, clientToken, startedBy } = input
  if (!Number.isInteger(count) || count < 1 || count > LIMITS.count)
    throw invalidParameter(`Count must be between 1 and ${LIMITS.count}.`)
  if (clientToken !== undefined && !/^[\x21-\x7e]{1,64}$/.test(clientToken))
    throw invalidParameter('clientToken must be up to 64 printable ASCII characters.')
  if (startedBy !== undefined && !/^[\w/-]{0,128}$/.test(startedBy))
    throw invalidParameter('Invalid startedBy: up to 128 letters, digits, hyphens, slashes and underscores.')
  if (input.platformVersion && !PLATFORMS.includes(input.platformVersion))
    throw new AwsError('PlatformUnknownException', 'The specified platform does not exist.')
  if ((input.tags?.length ?? 0) > LIMITS.tags)
    throw invalidParameter(`Tags can have at most ${LIMITS.tags} items.`)
  checkNetwork(input)
  if (input.overrides && JSON.stringify(input.overrides).length > LIMITS.overrides)
    throw invalidParameter(`Overrides length must be at most ${LIMITS.overrides}.`)
  const overrides = input.overrides?.containerOverrides ?? []
  for (const override of overrides)
    if (Object.keys(override).length > 0 && override.name !== definition.container.name)
      throw invalidParameter(
        `Override for container named ${override.name} is not a container in the TaskDefinition.`,
      )
  return overrides.find(({ name }) => name !== undefined)
}

const checkNetwork = ({ networkConfiguration }: RunTaskCommandInput): void => {
  const network = networkConfiguration?.awsvpcConfiguration
  if (!network)
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
  if (!network.subnets?.length) throw invalidParameter('subnets can not be empty.')
  if (network.subnets.length > LIMITS.subnets)
    throw invalidParameter(`subnets can have at most ${LIMITS.subnets} items.`)
  if ((network.securityGroups?.length ?? 0) > LIMITS.securityGroups)
    throw invalidParameter(`securityGroups can have at most ${LIMITS.securityGroups} items.`)
}

/** What two requests with one client token must share. */
export const requestDigest = ({ clientToken: _, ...input }: RunTaskCommandInput): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(input)))
    .digest('hex')

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, sorted(child)]),
  )
}
