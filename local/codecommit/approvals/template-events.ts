import type { Context } from '../context.ts'
import { type Actor, consoleUrl, identityOf, identitySentences, javaDate, tell } from '../envelope.ts'
import type { RepositoryReference } from '../pull-requests/records.ts'
import { repositoryArn } from '../repositories.ts'
import type { Template } from './templates.ts'

/** Each event, and what `notificationBody` says about it in the words of AWS's samples. */
const SENTENCES = {
  approvalRuleTemplateCreated: ({ name, id }: Template) =>
    `An approval rule template with the following name has been created: ${name}. The ID of the created template is: ${id}.`,
  approvalRuleTemplateUpdated: ({ name, id, sha256 }: Template) =>
    `An approval rule template with the following name has been updated: ${name}. The ID of the updated template is: ${id}. ` +
    `The after rule template content SHA256 is ${sha256}.`,
  approvalRuleTemplateDeleted: ({ name, id }: Template) =>
    `An approval rule template with the following name has been deleted: ${name}. The ID of the deleted template is: ${id}.`,
  approvalRuleTemplateAssociatedWithRepository: (_: Template, names: string) =>
    `An approval rule template has been associated with the following repository: [${names}].`,
  approvalRuleTemplateDisassociatedFromRepository: (_: Template, names: string) =>
    `An approval rule template has been disassociated from the following repository: [${names}].`,
  batchAssociateApprovalRuleTemplateWithRepositories: (_: Template, names: string) =>
    `An approval rule template has been batch associated with the following repository names: [${names}].`,
  batchDisassociateApprovalRuleTemplateFromRepositories: (_: Template, names: string) =>
    `An approval rule template has been batch disassociated from the following repository names: [${names}].`,
}

/**
 * "CodeCommit Approval Rule Template Change" (codecommit user guide, "Monitoring CodeCommit events"): events of the template itself name
 * no repositories, neither in `resources` nor in `repositories`.
 */
export const tellTemplate = (
  context: Pick<Context, 'wires' | 'parts'>,
  actor: Actor,
  event: keyof typeof SENTENCES,
  template: Template,
  repositories: readonly RepositoryReference[] = [],
): void => {
  const { account, region } = template
  const names = repositories.map(({ name }) => name).join(', ')
  const page = `approval-rule-templates/${encodeURIComponent(template.name)}`
  tell(context, template, 'CodeCommit Approval Rule Template Change', repositories.map(repositoryArn), {
    event,
    approvalRuleTemplateId: template.id,
    approvalRuleTemplateName: template.name,
    approvalRuleTemplateContentSha256: template.sha256,
    ...identityOf(actor),
    creationDate: javaDate(template.createdAt),
    lastModifiedDate: javaDate(template.modifiedAt),
    notificationBody:
      `A approval rule template event occurred in the following AWS CodeCommit account: ${account}. ` +
      `${identitySentences(actor)}User: ${actor.arn}. Additional information: ${SENTENCES[event](template, names)} ` +
      `For more information, go to the AWS CodeCommit console ${consoleUrl(region, page)}`,
    repositories: Object.fromEntries(repositories.map(({ name, id }) => [name, id])),
  })
}
