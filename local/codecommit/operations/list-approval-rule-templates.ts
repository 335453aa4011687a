import type {
  ListApprovalRuleTemplatesInput,
  ListApprovalRuleTemplatesOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { namesPage } from '../approvals/names-page.ts'
import type { Context } from '../context.ts'

export const listApprovalRuleTemplates =
  ({ templates }: Context) =>
  (input: ListApprovalRuleTemplatesInput, call: Call): ListApprovalRuleTemplatesOutput => {
    const scope = `ListApprovalRuleTemplates ${call.account} ${call.region}`
    const { names, ...rest } = namesPage(input, scope, () => templates.list(call))
    return { approvalRuleTemplateNames: names, ...rest }
  }
