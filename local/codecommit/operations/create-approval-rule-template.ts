import { randomUUID } from 'node:crypto'
import type {
  CreateApprovalRuleTemplateInput,
  CreateApprovalRuleTemplateOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { templateContent, templateDescription } from '../approvals/inputs.ts'
import { templateName } from '../approvals/names.ts'
import { tellTemplate } from '../approvals/template-events.ts'
import { shownTemplate, type Template } from '../approvals/templates.ts'
import type { Context } from '../context.ts'
import { reject } from '../validate.ts'

export const createApprovalRuleTemplate =
  (context: Context) =>
  (input: CreateApprovalRuleTemplateInput, call: Call): CreateApprovalRuleTemplateOutput => {
    const { parts, templates, limits } = context
    const name = templateName(input.approvalRuleTemplateName)
    const content = templateContent(input.approvalRuleTemplateContent)
    const description = templateDescription(input.approvalRuleTemplateDescription)
    const { account, region, caller } = call
    const template: Template = {
      account,
      region,
      id: randomUUID(),
      name,
      ...(description !== undefined && { description }),
      ...content,
      createdAt: parts.now(),
      modifiedAt: parts.now(),
      modifiedBy: caller.arn,
    }
    parts.store.transaction(() => {
      if (templates.find(call, name) !== undefined) {
        reject('ApprovalRuleTemplateNameAlreadyExists', `Approval rule template ${name} exists already.`)
      }
      if (templates.list(call).length >= limits.approvalRuleTemplates) {
        reject(
          'NumberOfRuleTemplatesExceeded',
          'There are as many approval rule templates as there may be in a region.',
        )
      }
      templates.put(template)
    })
    tellTemplate(context, caller, 'approvalRuleTemplateCreated', template)
    return { approvalRuleTemplate: shownTemplate(template) }
  }
