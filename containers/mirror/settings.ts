import type { ReachableRepository, RepositoryAddress } from '../../shared/codecommit/address.ts'
import { oneOf, optionalText, readEnvironment, type Setting, text } from '../../shared/runtime/environment.ts'
import type { MirrorTask } from './mirror.ts'

/** What one run of the container is asked to do: the environment that RunTask sets. */
export interface Settings extends MirrorTask {
  readonly claim: string
  readonly attempt: number
  readonly reason: string
  readonly gitEndpoint: string | undefined
  readonly region: string | undefined
}

const attempt: Setting<number> = {
  name: 'RELAY_ATTEMPT',
  expected: 'a whole number',
  read: (value) => (/^\d{1,6}$/.test(value ?? '') ? { value: Number(value) } : undefined),
}

/** @throws RelayError ENVIRONMENT_INVALID naming everything that is missing or malformed */
export const readSettings = (environment: Readonly<Record<string, string | undefined>>): Settings => {
  const {
    reason = '',
    kmsKey,
    ...settings
  } = readEnvironment(environment, {
    source: repository('RELAY_REPOSITORY'),
    replica: repository('RELAY_REPLICA'),
    deletes: oneOf('RELAY_DELETES', ['mirror', 'keep']),
    kmsKey: optionalText('RELAY_KMS_KEY'),
    claim: text('RELAY_CLAIM'),
    attempt,
    reason: optionalText('RELAY_REASON'),
    gitEndpoint: optionalText('RELAY_GIT_ENDPOINT'),
    region: optionalText('AWS_REGION'),
  })
  const { account, region, name } = settings.source
  return {
    ...settings,
    source: { account, region, name } satisfies RepositoryAddress,
    reason,
    ...(kmsKey !== undefined && { kmsKey }),
  }
}

function repository(name: string): Setting<ReachableRepository> {
  return {
    name,
    expected: 'JSON with account (12 digits), region, name, and where needed role and externalId',
    read: (value) => {
      const parsed = parse(value)
      return parsed ? { value: parsed } : undefined
    },
  }
}

const parse = (value: string | undefined): ReachableRepository | undefined => {
  let found: unknown
  try {
    found = JSON.parse(value ?? '')
  } catch {
    return undefined
  }
  const { account, region, name, role, externalId } = (found ?? {}) as Record<string, unknown>
  const texts = [account, region, name].every((part) => typeof part === 'string')
  const optional = [role, externalId].every((part) => part === undefined || typeof part === 'string')
  if (!texts || !optional || !/^\d{12}$/.test(account as string)) return undefined
  return {
    account: account as string,
    region: region as string,
    name: name as string,
    ...(typeof role === 'string' && { role }),
    ...(typeof externalId === 'string' && { externalId }),
  }
}
