import type { Context } from '../context.ts'
import type { Place } from '../pull-requests/records.ts'
import { reject } from '../validate.ts'
import { type CheckedContent, checkContent } from './content.ts'
import type { Template } from './templates.ts'

const isMissing = (value: unknown): value is undefined | null | '' =>
  value === undefined || value === null || value === ''

/** Throws ApprovalRuleContentRequired or InvalidApprovalRuleContent. */
export const ruleContent = (content: unknown): CheckedContent => {
  if (isMissing(content)) reject('ApprovalRuleContentRequired', 'Content for the approval rule is required.')
  const checked = checkContent(String(content), 'rule')
  return typeof checked === 'string'
    ? reject('InvalidApprovalRuleContent', `The content of the approval rule is not valid: ${checked}.`)
    : checked
}

/** Throws ApprovalRuleTemplateContentRequired or InvalidApprovalRuleTemplateContent. */
export const templateContent = (content: unknown): CheckedContent => {
  if (isMissing(content)) {
    reject('ApprovalRuleTemplateContentRequired', 'Content for the approval rule template is required.')
  }
  const checked = checkContent(String(content), 'template')
  return typeof checked === 'string'
    ? reject(
        'InvalidApprovalRuleTemplateContent',
        `The content of the approval rule template is not valid: ${checked}.`,
      )
    : checked
}

const MAX_DESCRIPTION = 1_000

/** @returns undefined when there is none; throws InvalidApprovalRuleTemplateDescription */
export const templateDescription = (text: unknown): string | undefined => {
  if (text === undefined || text === null) return undefined
  if (typeof text !== 'string' || [...text].length > MAX_DESCRIPTION) {
    return reject(
      'InvalidApprovalRuleTemplateDescription',
      `The description of the approval rule template is not valid. It can be at most ${MAX_DESCRIPTION.toLocaleString('en')} characters long.`,
    )
  }
  return text
}

/** The optimistic lock of the calls that replace content; throws InvalidRuleContentSha256 when the content is another by now. */
export const mustBeContent = (expected: unknown, { sha256 }: { sha256: string }): void => {
  if (expected === undefined || expected === null) return
  if (expected !== sha256) {
    reject('InvalidRuleContentSha256', 'The SHA-256 given is not that of the present content of the rule.')
  }
}

/** @param name as `templateName` returned it. Throws ApprovalRuleTemplateDoesNotExist */
export const existingTemplate = (
  { templates }: Pick<Context, 'templates'>,
  place: Place,
  name: string,
): Template =>
  templates.find(place, name) ??
  reject('ApprovalRuleTemplateDoesNotExist', `Approval rule template ${name} does not exist`)
