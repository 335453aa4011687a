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
import { reject } from '../reject.ts'

/** The description is required, though no exception of its own says so; an empty one takes the old one away. */
export const updateApprovalRuleTemplateDescription =
  (context: Context) =>
  (
    input: UpdateApprovalRuleTemplateDescriptionInput,
    call: Call,
  ): UpdateApprovalRuleTemplateDescriptionOutput => {
    const name = templateName(input.approvalRuleTemplateName)
    const description = templateDescription(input.approvalRuleTemplateDescription)
    if (description === undefined) {
      return reject('InvalidApprovalRuleTemplateDescription', 'A description is required.')
    }
    const changed = changeTemplate(context, call, name, () => ({ description }))
    return { approvalRuleTemplate: shownTemplate(changed) }
  }
