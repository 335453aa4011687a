import type {
  DeleteApprovalRuleTemplateInput,
  DeleteApprovalRuleTemplateOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { templateName } from '../approvals/names.ts'
import { tellTemplate } from '../approvals/template-events.ts'
import type { Context } from '../context.ts'
import { reject } from '../validate.ts'

/** Deleting what is not there succeeds, without an id (API reference). */
export const deleteApprovalRuleTemplate =
  (context: Context) =>
  (input: DeleteApprovalRuleTemplateInput, call: Call): DeleteApprovalRuleTemplateOutput => {
    const { parts, templates, repositories } = context
    const name = templateName(input.approvalRuleTemplateName)
    const template = parts.store.transaction(() => {
      const found = templates.find(call, name)
      if (found === undefined) return undefined
      const inUse = templates.repositoriesOf(found).some((reference) => repositories.current(reference))
      if (inUse) {
        reject(
          'ApprovalRuleTemplateInUse',
          `Approval rule template ${name} is still associated with repositories.`,
        )
      }
      templates.remove(found)
      return found
    })
    if (template === undefined) return { approvalRuleTemplateId: undefined }
    tellTemplate(context, call.caller, 'approvalRuleTemplateDeleted', template)
    return { approvalRuleTemplateId: template.id }
  }
