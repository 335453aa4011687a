import { AwsError, type Caller } from '../../gateway/service.ts'
import type { Context } from '../context.ts'
import { keyOf, requireKey } from '../keys.ts'
import type { Repository } from '../repositories.ts'

/** codecommit user guide, "Troubleshooting": what Git says of the AWS managed key */
const NOT_AUTHORIZED =
  "User is not authorized for the KMS default master key for CodeCommit 'aws/codecommit' in your account"

/** Why Git cannot reach what is encrypted, as CodeCommit names it; undefined when the caller may use the key. */
export const keyProblem = (
  context: Pick<Context, 'kms'>,
  caller: Caller,
  repository: Repository,
): { code: string; message: string } | undefined => {
  try {
    requireKey(context, repository, caller)
    return undefined
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const { account, region } = repository
    const managed = context.kms?.managedKey(account, region, 'codecommit') === keyOf(context, repository)
    const denied = error.code === 'EncryptionKeyAccessDeniedException'
    return { code: error.code, message: denied && managed ? NOT_AUTHORIZED : error.message }
  }
}
