import type { ApprovalRuleTemplate } from '@aws-sdk/client-codecommit'
import type { Store } from '../../state/store.ts'
import type { Place, RepositoryReference } from '../pull-requests/records.ts'

export interface Template extends Place {
  readonly id: string
  readonly name: string
  readonly description?: string
  readonly content: string
  readonly sha256: string
  /** milliseconds since the epoch */
  readonly createdAt: number
  readonly modifiedAt: number
  readonly modifiedBy: string
}

/** Approval rule templates of an account and region, and the repositories that they are linked to. */
export interface Templates {
  find(place: Place, name: string): Template | undefined
  /** in order of name */
  list(place: Place): Template[]
  /** stores a new one, or a changed one in place of `before` */
  put(template: Template, before?: Template): void
  remove(template: Template): void
  link(template: Template, repository: RepositoryReference): void
  unlink(template: Template, repository: Pick<RepositoryReference, 'id'>): void
  isLinked(template: Template, repository: Pick<RepositoryReference, 'id'>): boolean
  /** those linked to a repository, in order of name */
  of(repository: RepositoryReference): Template[]
  /** where a template is linked: names may be older than the repositories' present ones */
  repositoriesOf(template: Template): RepositoryReference[]
  /** ids of the repositories that have links */
  repositories(): Set<string>
  forget(repositoryId: string): void
}

export const openTemplates = (store: Store): Templates => {
  const records = store.collection<Template>('codecommit.approval-rule-templates')
  const byTemplate = store.collection<RepositoryReference>('codecommit.approval-rule-templates.repositories')
  const byRepository = store.collection<string>('codecommit.approval-rule-templates.by-repository')
  const keyOf = ({ account, region, name }: Place & { name: string }) => `${account}/${region}/${name}`

  const list: Templates['list'] = ({ account, region }) =>
    records.entries(`${account}/${region}/`).map(([, template]) => template)
  return {
    find: (place, name) => records.get(keyOf({ ...place, name })),
    list,
    put: (template, before) => {
      if (before !== undefined) records.delete(keyOf(before))
      records.put(keyOf(template), template)
    },
    remove: (template) => void records.delete(keyOf(template)),
    link: (template, { account, region, id, name }) => {
      byTemplate.put(`${template.id}/${id}`, { account, region, id, name })
      byRepository.put(`${id}/${template.id}`, template.id)
    },
    unlink: (template, { id }) => {
      byTemplate.delete(`${template.id}/${id}`)
      byRepository.delete(`${id}/${template.id}`)
    },
    isLinked: (template, { id }) => byRepository.get(`${id}/${template.id}`) !== undefined,
    of: (repository) => {
      const ids = new Set(byRepository.entries(`${repository.id}/`).map(([, id]) => id))
      return ids.size === 0 ? [] : list(repository).filter(({ id }) => ids.has(id))
    },
    repositoriesOf: ({ id }) => byTemplate.entries(`${id}/`).map(([, repository]) => repository),
    repositories: () => new Set(byRepository.entries().map(([key]) => key.split('/')[0] ?? '')),
    forget: (repositoryId) => {
      for (const [key, templateId] of byRepository.entries(`${repositoryId}/`)) {
        byTemplate.delete(`${templateId}/${repositoryId}`)
        byRepository.delete(key)
      }
    },
  }
}

/** A template as the API shows it. */
export const shownTemplate = (template: Template): ApprovalRuleTemplate => ({
  approvalRuleTemplateId: template.id,
  approvalRuleTemplateName: template.name,
  ...(template.description !== undefined && { approvalRuleTemplateDescription: template.description }),
  approvalRuleTemplateContent: template.content,
  ruleContentSha256: template.sha256,
  lastModifiedDate: new Date(template.modifiedAt),
  creationDate: new Date(template.createdAt),
  lastModifiedUser: template.modifiedBy,
})
