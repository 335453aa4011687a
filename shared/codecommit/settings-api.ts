import { type ReachableRepository, repositoryArn } from './address.ts'
import { type Api, unless } from './api.ts'

/** Tags, by key. */
export type Tags = Readonly<Record<string, string>>

/** What a repository has besides its refs. */
export interface SettingsApi {
  /** undefined where there is no such repository */
  tagsOf(repository: ReachableRepository): Promise<Tags | undefined>
  addTags(repository: ReachableRepository, tags: Tags): Promise<void>
  removeTags(repository: ReachableRepository, keys: readonly string[]): Promise<void>
  /** an empty text takes the description away */
  setDescription(repository: ReachableRepository, description: string): Promise<void>
  /** names of the approval rule templates that are linked to it */
  linkedTemplates(repository: ReachableRepository): Promise<readonly string[]>
  /** false: there is no template of this name in the repository's account and region */
  linkTemplate(repository: ReachableRepository, template: string): Promise<boolean>
  /** a template that is not there, or not linked, is fine */
  unlinkTemplate(repository: ReachableRepository, template: string): Promise<void>
}

export const settingsApi = ({ call }: Api): SettingsApi => ({
  tagsOf: (repository) =>
    call('ListTagsForResource', repository, async (client, { ListTagsForResourceCommand }) => {
      const all: Record<string, string> = {}
      let nextToken: string | undefined
      do {
        const command = new ListTagsForResourceCommand({ resourceArn: repositoryArn(repository), nextToken })
        const page = await client.send(command).catch(unless(undefined, 'RepositoryDoesNotExist'))
        if (!page) return undefined
        Object.assign(all, page.tags)
        nextToken = page.nextToken
      } while (nextToken)
      return all
    }),

  addTags: (repository, tags) =>
    call('TagResource', repository, async (client, { TagResourceCommand }) => {
      await client.send(new TagResourceCommand({ resourceArn: repositoryArn(repository), tags: { ...tags } }))
    }),

  removeTags: (repository, keys) =>
    call('UntagResource', repository, async (client, { UntagResourceCommand }) => {
      await client.send(
        new UntagResourceCommand({ resourceArn: repositoryArn(repository), tagKeys: [...keys] }),
      )
    }),

  setDescription: (repository, description) =>
    call('UpdateRepositoryDescription', repository, async (client, sdk) => {
      await client.send(
        new sdk.UpdateRepositoryDescriptionCommand({
          repositoryName: repository.name,
          repositoryDescription: description,
        }),
      )
    }),

  linkedTemplates: (repository) =>
    call('ListAssociatedApprovalRuleTemplatesForRepository', repository, async (client, sdk) => {
      const names: string[] = []
      const pages = sdk.paginateListAssociatedApprovalRuleTemplatesForRepository(
        { client },
        { repositoryName: repository.name },
      )
      for await (const page of pages) names.push(...(page.approvalRuleTemplateNames ?? []))
      return names
    }),

  linkTemplate: (repository, template) =>
    call(
      'AssociateApprovalRuleTemplateWithRepository',
      repository,
      (client, sdk) =>
        client
          .send(
            new sdk.AssociateApprovalRuleTemplateWithRepositoryCommand({
              repositoryName: repository.name,
              approvalRuleTemplateName: template,
            }),
          )
          .then(() => true, unless(false, 'ApprovalRuleTemplateDoesNotExist')),
      { template },
    ),

  unlinkTemplate: (repository, template) =>
    call(
      'DisassociateApprovalRuleTemplateFromRepository',
      repository,
      async (client, sdk) => {
        await client
          .send(
            new sdk.DisassociateApprovalRuleTemplateFromRepositoryCommand({
              repositoryName: repository.name,
              approvalRuleTemplateName: template,
            }),
          )
          .catch(unless(undefined, 'ApprovalRuleTemplateDoesNotExist'))
      },
      { template },
    ),
})
