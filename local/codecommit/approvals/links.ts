import type { Call } from '../../gateway/service.ts'
import { AwsError } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import type { RepositoryReference } from '../pull-requests/records.ts'
import { existing, reject } from '../validate.ts'
import { existingTemplate } from './inputs.ts'
import type { Template } from './templates.ts'

const MAX_NAMES = 100

/**
 * Links a template and a repository, or takes the link away; one that is so already stays so. Call it in a transaction.
 * @returns the repository when something changed. Throws MaximumRuleTemplatesAssociatedWithRepository
 */
export const setLink = (
  { templates, limits }: Pick<Context, 'templates' | 'limits'>,
  template: Template,
  repository: RepositoryReference,
  wanted: boolean,
): RepositoryReference | undefined => {
  if (templates.isLinked(template, repository) === wanted) return undefined
  if (!wanted) templates.unlink(template, repository)
  else {
    if (templates.of(repository).length >= limits.templatesPerRepository) {
      reject(
        'MaximumRuleTemplatesAssociatedWithRepository',
        `A repository can be associated with at most ${limits.templatesPerRepository} approval rule templates.`,
      )
    }
    templates.link(template, repository)
  }
  return repository
}

interface BatchResult {
  readonly template: Template
  readonly names: string[]
  /** those where something changed */
  readonly changed: RepositoryReference[]
  readonly errors: { repositoryName: string; errorCode: string; errorMessage: string }[]
}

/** The same for several repositories: what is wrong with one of them is reported, the others are done. */
export const setLinks = (
  context: Context,
  call: Call,
  name: string,
  repositoryNames: unknown,
  wanted: boolean,
): BatchResult => {
  if (!Array.isArray(repositoryNames)) {
    return reject('RepositoryNamesRequired', 'A list of repository names is required.')
  }
  if (repositoryNames.length > MAX_NAMES) {
    reject('MaximumRepositoryNamesExceeded', `At most ${MAX_NAMES} repositories can be named.`)
  }
  return context.parts.store.transaction(() => {
    const result: BatchResult = {
      template: existingTemplate(context, call, name),
      names: [],
      changed: [],
      errors: [],
    }
    for (const repositoryName of new Set(repositoryNames.map(String))) {
      try {
        const repository = existing(context, call, repositoryName)
        result.changed.push(...(setLink(context, result.template, repository, wanted) ? [repository] : []))
        result.names.push(repositoryName)
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        result.errors.push({ repositoryName, errorCode: error.code, errorMessage: error.message })
      }
    }
    return result
  })
}
