import type {
  UpdateApprovalRuleTemplateContentInput,
  UpdateApprovalRuleTemplateContentOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { changeTemplate } from '../approvals/change-template.ts'
import { mustBeContent, templateContent } from '../approvals/inputs.ts'
import { templateName } from '../approvals/names.ts'
import { shownTemplate } from '../approvals/templates.ts'
import type { Context } from '../context.ts'

export const updateApprovalRuleTemplateContent =
  (context: Context) =>
  (input: UpdateApprovalRuleTemplateContentInput, call: Call): UpdateApprovalRuleTemplateContentOutput => {
    const name = templateName(input.approvalRuleTemplateName)
    const content = templateContent(input.newRuleContent)
    const changed = changeTemplate(context, call, name, (template) => {
      mustBeContent(input.existingRuleContentSha256, template)
      return content
    })
    return { approvalRuleTemplate: shownTemplate(changed) }
  }
