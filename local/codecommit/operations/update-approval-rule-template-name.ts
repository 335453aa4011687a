import type {
  UpdateApprovalRuleTemplateNameInput,
  UpdateApprovalRuleTemplateNameOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { changeTemplate } from '../approvals/change-template.ts'
import { templateName } from '../approvals/names.ts'
import { shownTemplate } from '../approvals/templates.ts'
import type { Context } from '../context.ts'
import { reject } from '../validate.ts'

/** Rules that were made from the template keep its old name. */
export const updateApprovalRuleTemplateName =
  (context: Context) =>
  (input: UpdateApprovalRuleTemplateNameInput, call: Call): UpdateApprovalRuleTemplateNameOutput => {
    const old = templateName(input.oldApprovalRuleTemplateName)
    const name = templateName(input.newApprovalRuleTemplateName)
    const changed = changeTemplate(context, call, old, () => {
      if (context.templates.find(call, name) !== undefined) {
        reject('ApprovalRuleTemplateNameAlreadyExists', `Approval rule template ${name} exists already.`)
      }
      return { name }
    })
    return { approvalRuleTemplate: shownTemplate(changed) }
  }
