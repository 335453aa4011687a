import type { Call } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { existingTemplate } from './inputs.ts'
import { tellTemplate } from './template-events.ts'
import type { Template } from './templates.ts'

/**
 * Changes a template in one transaction, then tells it. Throws ApprovalRuleTemplateDoesNotExist, and what `decide` throws.
 * @returns the template as it is then
 */
export const changeTemplate = (
  context: Context,
  call: Call,
  name: string,
  decide: (template: Template) => Partial<Template>,
): Template => {
  const { store, now } = context.parts
  const changed = store.transaction(() => {
    const before = existingTemplate(context, call, name)
    const after = { ...before, ...decide(before), modifiedAt: now(), modifiedBy: call.caller.arn }
    context.templates.put(after, before)
    return after
  })
  tellTemplate(context, call.caller, 'approvalRuleTemplateUpdated', changed)
  return changed
}
