import type {
  UpdateApprovalRuleTemplateDescriptionInput,
  UpdateApprovalRuleTemplateDescriptionOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { changeTemplate } from '../approvals/change-template.ts'
import { templateDescription } from '../approvals/inputs.ts'
import { templateName } from '../approvals/names.ts'
import { shownTemplate } from '../approvals/templates.ts'
import type { Context } from '../context.ts'

/** No exception of its own exists for a missing description: it empties the old one. */
export const updateApprovalRuleTemplateDescription =
  (context: Context) =>
  (
    input: UpdateApprovalRuleTemplateDescriptionInput,
    call: Call,
  ): UpdateApprovalRuleTemplateDescriptionOutput => {
    const name = templateName(input.approvalRuleTemplateName)
    const description = templateDescription(input.approvalRuleTemplateDescription) ?? ''
    const changed = changeTemplate(context, call, name, () => ({ description }))
    return { approvalRuleTemplate: shownTemplate(changed) }
  }
