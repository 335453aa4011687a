import { reject } from '../validate.ts'

/** codecommit user guide, "Quotas": letters, digits, periods, spaces, underscores and dashes; not ending in `.git`. */
const isName = (name: unknown): name is string =>
  typeof name === 'string' && /^[A-Za-z0-9. _-]{1,100}$/.test(name) && !name.endsWith('.git')

const RULE =
  'is not valid. It can be made of letters, numbers, periods, spaces, underscores and dashes, is 1 to 100 characters long and does ' +
  'not end in .git.'

/** @returns the name; throws ApprovalRuleNameRequired or InvalidApprovalRuleName */
export const ruleName = (name: unknown): string => {
  if (name === undefined || name === null) {
    reject('ApprovalRuleNameRequired', 'A name for the approval rule is required.')
  }
  if (!isName(name)) return reject('InvalidApprovalRuleName', `The name of the approval rule ${RULE}`)
  return name
}

/** @returns the name; throws ApprovalRuleTemplateNameRequired or InvalidApprovalRuleTemplateName */
export const templateName = (name: unknown): string => {
  if (name === undefined || name === null) {
    reject('ApprovalRuleTemplateNameRequired', 'A name for the approval rule template is required.')
  }
  if (!isName(name)) {
    return reject('InvalidApprovalRuleTemplateName', `The name of the approval rule template ${RULE}`)
  }
  return name
}
