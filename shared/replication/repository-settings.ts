import { isDeepStrictEqual } from 'node:util'
import { addressText, type RepositoryAddress } from '../codecommit/address.ts'
import { codeOf, RelayError } from '../runtime/errors.ts'
import { describeFailure, type Log } from '../runtime/log.ts'
import type { SettingsRecord, SettingsStore } from '../store/settings.ts'
import { type LfsLook, lookForLfs, tellLfs } from './lfs.ts'
import type { Emit } from './ports.ts'
import type { Target } from './prove.ts'
import {
  applyStep,
  type Problem,
  problemOf,
  readSettings,
  type SettingsAccess,
  type SettingsRead,
} from './settings-access.ts'
import { copiedTags, givenAfter, type SettingsStep, settingsPlan } from './settings-plan.ts'

export interface SettingsParts {
  readonly access: SettingsAccess
  readonly settings: SettingsStore
  readonly emit: Emit
  /** keys of tags that rules of relay.yml look for: they are not copied */
  readonly ruleTags: readonly string[]
  readonly log: Log
}

export interface Synced {
  readonly kind: 'synced' | 'source-missing' | 'replica-missing'
  readonly done: readonly SettingsStep[]
  /** what could not be read or written: `part CODE` */
  readonly problems: readonly string[]
}

/**
 * Makes a missing replica with the source's description and tags and the key that relay.yml names, then brings the rest in step.
 * Tags that the replica's account does not take (a tag policy, a missing permission) do not keep it from being made.
 * @throws RelayError SOURCE_MISSING; KEY_REFUSED; else what kept the repository from being made
 */
export const createReplica = async (parts: SettingsParts, target: Target): Promise<'created' | 'present'> => {
  const { access, settings, log } = parts
  const { repository, replica, kmsKey } = target
  const source = await readSettings(access, repository, 'source')
  if (!source) throw new RelayError('SOURCE_MISSING', { repository: addressText(repository) })
  const { description, tags: all = {} } = source.settings
  const facts = { replica: addressText(replica) }
  const wanted = {
    ...(description === '' ? {} : { description }),
    ...(kmsKey === undefined ? {} : { kmsKey }),
  }
  let tags = copiedTags(all, parts.ruleTags)
  const made = await access.ensureRepository(replica, { ...wanted, tags }).catch((error: unknown) => {
    if (Object.keys(tags).length === 0 || !mayBeTheTags(error)) throw error
    log.warn('replica not made with tags, made without', { ...facts, ...describeFailure(error) })
    tags = {}
    return access.ensureRepository(replica, wanted)
  })
  log.info('replica made', { ...facts, made, kmsKey, tags: Object.keys(tags).length })
  if (made === 'created') await settings.note(target, { tags })
  await syncReplicas(parts, repository, [target], source)
  return made
}

/** IAM says AccessDenied; CodeCommit InvalidTagsMap, TagPolicy and the like, when tags are what it does not take. */
const mayBeTheTags = (error: unknown): boolean =>
  ['REMOTE_DENIED', 'REMOTE_FAILED'].includes(codeOf(error) ?? '')

/**
 * Brings one replica's settings in step with its source's, and looks for Git LFS. Three calls read the source, one its root
 * folder, three the replica; each change is one more. What cannot be read or written is logged once and left as it is: no ref
 * waits for it.
 * @throws RelayError STORE_FAILED
 */
export const syncSettings = async (parts: SettingsParts, target: Target): Promise<Synced> => {
  const [synced] = await syncReplicas(parts, target.repository, [target])
  return synced as Synced
}

/**
 * The same for several replicas of one source, which is read once.
 * @param source as it was read a moment ago
 */
export const syncReplicas = async (
  parts: SettingsParts,
  repository: RepositoryAddress,
  targets: readonly Target[],
  source?: SettingsRead,
): Promise<readonly Synced[]> => {
  const results: Synced[] = []
  let read: SettingsRead | undefined
  let failure: Problem | undefined
  try {
    read = source ?? (await readSettings(parts.access, repository, 'source'))
  } catch (error) {
    failure = problemOf('source', error)
  }
  let look: LfsLook | undefined
  for (const target of targets) {
    const before = await parts.settings.get(target)
    const outcome = read ? await bringInStep(parts, target, read, before) : notRead(failure)
    const lfs = read && outcome.kind === 'synced' ? await lfsOf(parts, target, read, before, look) : {}
    look = lfs.look ?? look
    const problems = [...(read?.problems ?? []), ...outcome.problems, ...(lfs.problem ? [lfs.problem] : [])]
    await note(parts, target, before, { ...outcome.changes, ...(lfs.look && { lfs: lfs.look }) }, problems)
    results.push({ kind: outcome.kind, done: outcome.done, problems: problems.map(({ key }) => key) })
  }
  return results
}

interface Outcome extends Pick<Synced, 'kind' | 'done'> {
  readonly problems: readonly Problem[]
  readonly changes: Partial<SettingsRecord>
}

const nothing = (kind: Synced['kind'], ...problems: readonly Problem[]): Outcome => ({
  kind,
  done: [],
  problems,
  changes: {},
})

const notRead = (failure: Problem | undefined): Outcome =>
  failure ? nothing('synced', failure) : nothing('source-missing')

const bringInStep = async (
  { access, ruleTags, log }: SettingsParts,
  { replica }: Target,
  source: SettingsRead,
  before: SettingsRecord,
): Promise<Outcome> => {
  let read: SettingsRead | undefined
  try {
    read = await readSettings(access, replica, 'replica')
  } catch (error) {
    return nothing('synced', problemOf('replica', error))
  }
  if (!read) return nothing('replica-missing')
  const done: SettingsStep[] = []
  const problems = [...read.problems]
  for (const step of settingsPlan(source.settings, read.settings, before, ruleTags)) {
    const problem = await applyStep(access, replica, step)
    if (problem) problems.push(problem)
    else done.push(step)
  }
  if (done.length > 0) log.info('settings brought in step', { replica: addressText(replica), done })
  const { tags, templates } = givenAfter(before, done)
  return { kind: 'synced', done, problems, changes: { tags, templates } }
}

/** @param look of another replica of the same source, made a moment ago */
const lfsOf = async (
  { access, emit }: SettingsParts,
  target: Target,
  { settings: { defaultBranch } }: SettingsRead,
  { lfs: before }: SettingsRecord,
  look: LfsLook | undefined,
): Promise<{ readonly look?: LfsLook; readonly problem?: Problem }> => {
  if (defaultBranch === undefined) return {}
  try {
    const now = look ?? (await lookForLfs(access, target.repository, defaultBranch, before))
    if (!now) return {}
    await tellLfs(emit, target, before, now)
    return { look: now }
  } catch (error) {
    return { problem: problemOf('git-lfs', error) }
  }
}

/** Logs what is new of the problems, and remembers what is new of the rest. */
const note = async (
  { settings, log }: SettingsParts,
  target: Target,
  before: SettingsRecord,
  changes: Partial<SettingsRecord>,
  problems: readonly Problem[],
): Promise<void> => {
  for (const { key, facts } of problems) {
    if (before.told.includes(key)) continue
    log.warn('setting not in step', { replica: addressText(target.replica), ...facts })
  }
  const now = { ...changes, told: problems.map(({ key }) => key) }
  if (!isDeepStrictEqual({ ...before, ...now }, before)) await settings.note(target, now)
}
