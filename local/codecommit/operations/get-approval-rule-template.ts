import type { GetApprovalRuleTemplateInput, GetApprovalRuleTemplateOutput } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { existingTemplate } from '../approvals/inputs.ts'
import { templateName } from '../approvals/names.ts'
import { shownTemplate } from '../approvals/templates.ts'
import type { Context } from '../context.ts'

export const getApprovalRuleTemplate =
  (context: Context) =>
  (input: GetApprovalRuleTemplateInput, call: Call): GetApprovalRuleTemplateOutput => {
    const template = existingTemplate(context, call, templateName(input.approvalRuleTemplateName))
    return { approvalRuleTemplate: shownTemplate(template) }
  }
