import type { Credentials } from '../contracts.ts'
import { type VersionRecord, versionOf } from './records.ts'

/**
 * Everything a function's process finds in its environment, and nothing of ours: its own variables, then what Lambda sets
 * (developer guide, "Defined runtime environment variables"), then what this cloud adds so that calls stay on this machine.
 */
export const childEnvironment = (
  record: VersionRecord,
  taskRoot: string,
  logStream: string,
  credentials: Credentials,
  extra: Readonly<Record<string, string>>,
): Record<string, string> => ({
  LANG: 'en_US.UTF-8',
  TZ: ':UTC',
  PATH: '/usr/local/bin:/usr/bin:/bin',
  ...record.variables,
  AWS_REGION: record.region,
  AWS_DEFAULT_REGION: record.region,
  AWS_EXECUTION_ENV: `AWS_Lambda_${record.runtime}`,
  AWS_LAMBDA_FUNCTION_NAME: record.name,
  AWS_LAMBDA_FUNCTION_VERSION: versionOf(record),
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(record.memorySize),
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_LAMBDA_LOG_GROUP_NAME: record.logGroup,
  AWS_LAMBDA_LOG_STREAM_NAME: logStream,
  _HANDLER: record.handler,
  LAMBDA_TASK_ROOT: taskRoot,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
  ...extra,
})

/** Folders in which the machine's python3 is looked for: ours. */
export const pythonSearchPath = (ours: string = process.env.PATH ?? ''): string => ours || '/usr/bin:/bin'
