import type {
  BatchAssociateApprovalRuleTemplateWithRepositoriesInput,
  BatchAssociateApprovalRuleTemplateWithRepositoriesOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { setLinks } from '../approvals/links.ts'
import { templateName } from '../approvals/names.ts'
import { tellTemplate } from '../approvals/template-events.ts'
import type { Context } from '../context.ts'

/** One event for the whole call, with the repositories where something changed. */
export const batchAssociateApprovalRuleTemplateWithRepositories =
  (context: Context) =>
  (
    input: BatchAssociateApprovalRuleTemplateWithRepositoriesInput,
    call: Call,
  ): BatchAssociateApprovalRuleTemplateWithRepositoriesOutput => {
    const name = templateName(input.approvalRuleTemplateName)
    const { template, names, changed, errors } = setLinks(context, call, name, input.repositoryNames, true)
    if (changed.length > 0)
      tellTemplate(
        context,
        call.caller,
        'batchAssociateApprovalRuleTemplateWithRepositories',
        template,
        changed,
      )
    return { associatedRepositoryNames: names, errors }
  }
