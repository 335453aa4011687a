import type {
  ListAssociatedApprovalRuleTemplatesForRepositoryInput,
  ListAssociatedApprovalRuleTemplatesForRepositoryOutput,
} from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { namesPage } from '../approvals/names-page.ts'
import type { Context } from '../context.ts'
import { existing } from '../validate.ts'

export const listAssociatedApprovalRuleTemplatesForRepository =
  (context: Context) =>
  (
    input: ListAssociatedApprovalRuleTemplatesForRepositoryInput,
    call: Call,
  ): ListAssociatedApprovalRuleTemplatesForRepositoryOutput => {
    const repository = existing(context, call, input.repositoryName)
    const scope = `ListAssociatedApprovalRuleTemplatesForRepository ${repository.id}`
    const { names, ...rest } = namesPage(input, scope, () => context.templates.of(repository))
    return { approvalRuleTemplateNames: names, ...rest }
  }
