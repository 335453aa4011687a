import type {
  ListRepositoriesForApprovalRuleTemplateInput,
  ListRepositoriesForApprovalRuleTemplateOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { existingTemplate } from '../approvals/inputs.ts'
import { templateName } from '../approvals/names.ts'
import { namesPage } from '../approvals/names-page.ts'
import type { Context } from '../context.ts'

export const listRepositoriesForApprovalRuleTemplate =
  (context: Context) =>
  (
    input: ListRepositoriesForApprovalRuleTemplateInput,
    call: Call,
  ): ListRepositoriesForApprovalRuleTemplateOutput => {
    const template = existingTemplate(context, call, templateName(input.approvalRuleTemplateName))
    const scope = `ListRepositoriesForApprovalRuleTemplate ${template.id}`
    const { names, ...rest } = namesPage(input, scope, () =>
      context.templates
        .repositoriesOf(template)
        .flatMap((reference) => context.repositories.current(reference) ?? []),
    )
    return { repositoryNames: names, ...rest }
  }
