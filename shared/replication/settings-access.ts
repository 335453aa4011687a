import type { ReachableRepository } from '../codecommit/address.ts'
import { codeOf, type RelayError } from '../runtime/errors.ts'
import { describeFailure, type Facts } from '../runtime/log.ts'
import type { Contents } from './lfs.ts'
import type { RepositorySettings, SettingsStep } from './settings-plan.ts'

type Tags = Readonly<Record<string, string>>

/** What of CodeCommit's API settings need. */
export interface SettingsAccess extends Contents {
  describe(
    repository: ReachableRepository,
  ): Promise<{ readonly defaultBranch?: string; readonly description?: string } | undefined>
  ensureRepository(
    repository: ReachableRepository,
    wanted: { readonly description?: string; readonly tags?: Tags; readonly kmsKey?: string },
  ): Promise<'created' | 'present'>
  setDefaultBranch(repository: ReachableRepository, branch: string): Promise<boolean>
  setDescription(repository: ReachableRepository, description: string): Promise<void>
  tagsOf(repository: ReachableRepository): Promise<Tags | undefined>
  addTags(repository: ReachableRepository, tags: Tags): Promise<void>
  removeTags(repository: ReachableRepository, keys: readonly string[]): Promise<void>
  linkedTemplates(repository: ReachableRepository): Promise<readonly string[]>
  linkTemplate(repository: ReachableRepository, template: string): Promise<boolean>
  unlinkTemplate(repository: ReachableRepository, template: string): Promise<void>
}

/** Something that could not be brought in step: told once, known again by its key. */
export interface Problem {
  readonly key: string
  readonly facts: Facts
}

/** `part CODE`; where access was refused the facts name the action to allow. */
export const problemOf = (part: string, error: unknown): Problem => {
  const code = codeOf(error) ?? 'unknown'
  const operation = (error as Partial<RelayError> | null)?.data?.operation
  const allow =
    code === 'REMOTE_DENIED' && operation !== undefined ? { allow: `codecommit:${operation}` } : {}
  return { key: `${part} ${code}`, facts: { part, ...allow, ...describeFailure(error) } }
}

export interface SettingsRead {
  readonly settings: RepositorySettings
  /** parts that could not be read */
  readonly problems: readonly Problem[]
}

/**
 * Three calls. Tags and templates that cannot be read leave a problem.
 * @returns undefined where there is no such repository
 * @throws what GetRepository failed with
 */
export const readSettings = async (
  access: SettingsAccess,
  repository: ReachableRepository,
  side: 'source' | 'replica',
): Promise<SettingsRead | undefined> => {
  const about = await access.describe(repository)
  if (!about) return undefined
  const problems: Problem[] = []
  const note = (part: string) => (error: unknown) => {
    problems.push(problemOf(`${side}’s ${part}`, error))
    return undefined
  }
  const [tags, templates] = await Promise.all([
    access.tagsOf(repository).catch(note('tags')),
    access.linkedTemplates(repository).catch(note('templates')),
  ])
  const { description = '', defaultBranch } = about
  return { settings: { description, defaultBranch, tags, templates }, problems }
}

/** The one place that changes settings. @returns why it could not be done */
export const applyStep = async (
  access: SettingsAccess,
  replica: ReachableRepository,
  step: SettingsStep,
): Promise<Problem | undefined> => {
  try {
    switch (step.kind) {
      case 'description':
        await access.setDescription(replica, step.description)
        return undefined
      case 'default-branch':
        return (await access.setDefaultBranch(replica, step.branch))
          ? undefined
          : { key: `no branch ${step.branch}`, facts: { part: 'default-branch', branch: step.branch } }
      case 'untag':
        await access.removeTags(replica, step.keys)
        return undefined
      case 'tag':
        await access.addTags(replica, step.tags)
        return undefined
      case 'unlink':
        await access.unlinkTemplate(replica, step.template)
        return undefined
      case 'link':
        return (await access.linkTemplate(replica, step.template))
          ? undefined
          : { key: `no template ${step.template}`, facts: { part: 'templates', template: step.template } }
    }
  } catch (error) {
    return problemOf(step.kind, error)
  }
}
