import type {
  BatchDisassociateApprovalRuleTemplateFromRepositoriesInput,
  BatchDisassociateApprovalRuleTemplateFromRepositoriesOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { setLinks } from '../approvals/links.ts'
import { templateName } from '../approvals/names.ts'
import { tellTemplate } from '../approvals/template-events.ts'
import type { Context } from '../context.ts'

/** One event for the whole call, with the repositories where something changed. */
export const batchDisassociateApprovalRuleTemplateFromRepositories =
  (context: Context) =>
  (
    input: BatchDisassociateApprovalRuleTemplateFromRepositoriesInput,
    call: Call,
  ): BatchDisassociateApprovalRuleTemplateFromRepositoriesOutput => {
    const name = templateName(input.approvalRuleTemplateName)
    const { template, names, changed, errors } = setLinks(context, call, name, input.repositoryNames, false)
    if (changed.length > 0)
      tellTemplate(
        context,
        call.caller,
        'batchDisassociateApprovalRuleTemplateFromRepositories',
        template,
        changed,
      )
    return { disassociatedRepositoryNames: names, errors }
  }
