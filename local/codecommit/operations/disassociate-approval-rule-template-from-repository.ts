import type { DisassociateApprovalRuleTemplateFromRepositoryInput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { existingTemplate } from '../approvals/inputs.ts'
import { setLink } from '../approvals/links.ts'
import { templateName } from '../approvals/names.ts'
import { tellTemplate } from '../approvals/template-events.ts'
import type { Context } from '../context.ts'
import { existing, repositoryName } from '../validate.ts'

export const disassociateApprovalRuleTemplateFromRepository =
  (context: Context) =>
  (input: DisassociateApprovalRuleTemplateFromRepositoryInput, call: Call): undefined => {
    const name = templateName(input.approvalRuleTemplateName)
    repositoryName(input.repositoryName)
    const { template, changed } = context.parts.store.transaction(() => {
      const template = existingTemplate(context, call, name)
      const repository = existing(context, call, input.repositoryName)
      return { template, changed: setLink(context, template, repository, false) }
    })
    if (changed === undefined) return
    tellTemplate(context, call.caller, 'approvalRuleTemplateDisassociatedFromRepository', template, [changed])
  }
