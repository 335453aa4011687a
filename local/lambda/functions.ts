import { randomUUID } from 'node:crypto'
import type { Iam, Parts } from '../contracts.ts'
import type { Collection } from '../state/store.ts'
import { conflict, missingFunction } from './errors.ts'
import {
  functionArn,
  functionKey,
  isVersion,
  LATEST,
  type Named,
  namedFunction,
  type Place,
} from './names.ts'
import type { AliasRecord, FunctionRecord, VersionRecord } from './records.ts'

/** A version of a function as it was asked for. */
export interface Target {
  readonly function: FunctionRecord
  readonly version: VersionRecord
  /** version or alias that the request named */
  readonly qualifier?: string
  readonly alias?: AliasRecord
}

/** The functions of all accounts and regions, their versions and aliases. */
export interface Functions {
  /** the function; throws ResourceNotFoundException */
  get(given: unknown, place: Place): FunctionRecord
  /** the version behind a name, a qualifier, an alias; throws ResourceNotFoundException */
  target(named: Named): Target
  /** by ARN, with or without qualifier */
  find(arn: string): Target | undefined
  list(place: Place): FunctionRecord[]
  all(): FunctionRecord[]
  /** everything whose code must be kept */
  allVersions(): VersionRecord[]
  versions(record: FunctionRecord): VersionRecord[]
  version(record: FunctionRecord, version: string): VersionRecord | undefined
  put(record: FunctionRecord): FunctionRecord
  putVersion(version: VersionRecord): VersionRecord
  /** with all its versions and aliases */
  remove(record: FunctionRecord): void
  removeVersion(record: FunctionRecord, version: string): void
}

export const openFunctions = ({ store }: Pick<Parts, 'store'>, changed: (arn: string) => void): Functions => {
  const records: Collection<FunctionRecord> = store.collection('lambda.functions')
  const versionRecords: Collection<VersionRecord> = store.collection('lambda.versions')
  const versionKey = (record: VersionRecord, version: string) =>
    `${functionKey(record, record.name)}/${version.padStart(8, '0')}`

  const found = ({ name, ...place }: Named) => records.get(functionKey(place, name))
  const version = (record: FunctionRecord, wanted: string) =>
    wanted === LATEST ? record : versionRecords.get(versionKey(record, wanted))
  const target = (named: Named): Target => {
    const record = found(named)
    const { qualifier } = named
    const missing = () => missingFunction(functionArn(named, named.name, qualifier))
    if (!record) throw missing()
    if (qualifier === undefined) return { function: record, version: record }
    const alias = isVersion(qualifier) ? undefined : record.aliases?.[qualifier]
    const behind = version(record, alias?.version ?? qualifier)
    if (!behind || (!alias && !isVersion(qualifier))) throw missing()
    return { function: record, version: behind, qualifier, ...(alias ? { alias } : {}) }
  }

  return {
    target,
    get: (given, place) => {
      const named = namedFunction(given, place)
      const record = found(named)
      if (record) return record
      throw missingFunction(functionArn(named, named.name))
    },
    find: (arn) => {
      try {
        return target(namedFunction(arn, { account: '', region: '' }))
      } catch {
        return undefined
      }
    },
    list: (place) => records.entries(functionKey(place, '')).map(([, record]) => record),
    all: () => records.entries().map(([, record]) => record),
    allVersions: () => [...records.entries(), ...versionRecords.entries()].map(([, record]) => record),
    versions: (record) =>
      versionRecords.entries(`${functionKey(record, record.name)}/`).map(([, one]) => one),
    version,
    put: (record) => {
      records.put(functionKey(record, record.name), record)
      return record
    },
    putVersion: (record) => {
      versionRecords.put(versionKey(record, record.version ?? LATEST), record)
      return record
    },
    remove: (record) => {
      store.transaction(() => {
        for (const [key] of versionRecords.entries(`${functionKey(record, record.name)}/`))
          versionRecords.delete(key)
        records.delete(functionKey(record, record.name))
      })
      changed(record.arn)
    },
    removeVersion: (record, wanted) => {
      versionRecords.delete(versionKey(record, wanted))
    },
  }
}

/** What each change of code or configuration brings anew. */
export const changeMarks = (now: number, settleMs: number, settling: 'creation' | 'update') => ({
  revisionId: randomUUID(),
  buildId: randomUUID(),
  lastModified: new Date(now).toISOString().replace('Z', '+0000'),
  settlesAt: now + settleMs,
  settling,
})

/** @throws AwsError ResourceConflictException while an earlier change is still under way */
export const assertSettled = (record: VersionRecord, now: number): void => {
  if (now >= (record.settlesAt ?? 0)) return
  throw conflict(
    record.settling === 'creation'
      ? 'The operation cannot be performed at this time. The function is currently in the following state: Pending'
      : `The operation cannot be performed at this time. An update is in progress for resource: ${record.arn}`,
  )
}

export type RoleJudge = Pick<Iam, 'assumeForService' | 'authorize' | 'callerOfRole'>
