import {
  type ReachableRepository,
  type RepositoryAddress,
  readAddress,
} from '../../shared/codecommit/address.ts'
import { oneOf, optionalText, readEnvironment, type Setting, text } from '../../shared/runtime/environment.ts'
import type { MirrorTask } from './mirror.ts'
import type { WatchRules } from './watch.ts'

/** What one run of the container is asked to do: the environment that RunTask sets. */
export interface Settings extends MirrorTask {
  readonly claim: string
  readonly attempt: number
  readonly reason: string
  /** relay: the relay first, and the git program for what it cannot do */
  readonly way: 'relay' | 'git'
  /** plans that lose much are meant */
  readonly force: boolean
  /** absent where the stack is older than the image: nothing is guarded then */
  readonly watch?: WatchRules
  readonly gitEndpoint: string | undefined
  readonly region: string | undefined
}

const attempt: Setting<number> = {
  name: 'RELAY_ATTEMPT',
  expected: 'a whole number',
  read: (value) => (/^\d{1,6}$/.test(value ?? '') ? { value: Number(value) } : undefined),
}

const way: Setting<Settings['way']> = {
  name: 'RELAY_WAY',
  expected: 'relay, git, or nothing',
  read: (value = 'relay') => (value === 'relay' || value === 'git' ? { value } : undefined),
}

/** Written by the stack from a relay.yml that was checked: only its presence and its outline are looked at. */
const rules: Setting<Omit<WatchRules, 'table' | 'bus'> | undefined> = {
  name: 'RELAY_RULES',
  expected: 'JSON with safety, parking and replicate, or nothing',
  read: (value) => {
    if (value === undefined) return { value: undefined }
    const found = parseJson(value) as Partial<WatchRules> | undefined
    const isWhole = found?.safety && found.parking && Array.isArray(found.replicate)
    return isWhole ? { value: found as WatchRules } : undefined
  },
}

const parseJson = (value: string | undefined): unknown => {
  try {
    return JSON.parse(value ?? '')
  } catch {
    return undefined
  }
}

/** @throws RelayError ENVIRONMENT_INVALID naming everything that is missing or malformed */
export const readSettings = (environment: Readonly<Record<string, string | undefined>>): Settings => {
  const {
    reason = '',
    kmsKey,
    force,
    watch,
    table,
    bus,
    ...settings
  } = readEnvironment(environment, {
    source: repository('RELAY_REPOSITORY'),
    replica: repository('RELAY_REPLICA'),
    deletes: oneOf('RELAY_DELETES', ['mirror', 'keep']),
    kmsKey: optionalText('RELAY_KMS_KEY'),
    force: optionalText('RELAY_FORCE'),
    watch: rules,
    table: optionalText('RELAY_TABLE'),
    bus: optionalText('RELAY_BUS'),
    claim: text('RELAY_CLAIM'),
    attempt,
    reason: optionalText('RELAY_REASON'),
    way,
    gitEndpoint: optionalText('RELAY_GIT_ENDPOINT'),
    region: optionalText('AWS_REGION'),
  })
  const { account, region, name } = settings.source
  return {
    ...settings,
    source: { account, region, name } satisfies RepositoryAddress,
    reason,
    force: force === 'yes',
    ...(kmsKey !== undefined && { kmsKey }),
    ...(watch && table !== undefined && bus !== undefined && { watch: { ...watch, table, bus } }),
  }
}

function repository(name: string): Setting<ReachableRepository> {
  return {
    name,
    expected: 'JSON with account (12 digits), region, name, and where needed role and externalId',
    read: (value) => {
      const found = readAddress(value)
      return found && { value: found }
    },
  }
}
