import { awsName } from '../shared/runtime/aws-failures.ts'
import { CODES, codeOf, type ErrorData } from '../shared/runtime/errors.ts'
import { named } from '../stack/resources.ts'
import { UserError } from './errors.ts'
import type { Operator } from './operator.ts'

type Where = Pick<Operator, 'stage' | 'region'>

/** AWS's words: "User: <arn> is not authorized to perform: <action> on resource: <arn> because …" */
const NOT_AUTHORIZED =
  /(?:User: )?(\S+) is not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?(?: because (.+))?/

const AGAIN = {
  later: 'Run the same command again in a while; what was done is kept.',
  never: 'Mend this first: docs/operate.md tells how. What was done is kept.',
}

/**
 * A failure of an operator's command in words for the person at the terminal, where it is one that they can mend; anything else as
 * it is. Decides by codes and AWS's names; AWS's text is read for what it says about a refused permission only.
 * @param operator absent: it could not even be opened
 */
export const explain = (error: unknown, operator: Where | undefined): unknown => {
  if (error instanceof UserError) return error
  const chain = causesOf(error)
  const say = (message: string, remedy: string) => new UserError(message, remedy, { cause: error })
  const names = chain.map((each) => awsName(each))
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name))

  if (has(/^CredentialsProviderError$/)) {
    const why = chain.find((each) => awsName(each) === 'CredentialsProviderError')?.message
    return say(
      `No AWS credentials were found${why === undefined ? '' : `: ${firstLine(why)}`}`,
      'Set AWS_PROFILE, sign in, or add --local for the local cloud.',
    )
  }
  if (has(/^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature)/)) {
    const refusal = chain.find((each) => /Token|Client|Signature/.test(awsName(each)))
    return say(
      `AWS does not take these credentials (${awsName(refusal)}): ${firstLine(refusal?.message ?? '')}`,
      'Sign in again, or choose another profile with AWS_PROFILE.',
    )
  }
  if (has(/AccessDenied|NotAuthorized|^AuthorizationError/) || codeOf(error) === 'REMOTE_DENIED') {
    return say(
      denied(chain, dataOf(error)),
      'Ask for this permission: docs/operate.md lists what each command needs.',
    )
  }
  if (codeOf(error) === 'STORE_FAILED' && has(/^ResourceNotFoundException$/)) {
    return say(
      `There is no table ${named({ stage: operator?.stage ?? '' }, 'table')} in ${operator?.region}.`,
      `Is the stack deployed there under stage ${operator?.stage}? --stage and --region name others.`,
    )
  }
  if (has(/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|TimeoutError)$/)) {
    return say(
      `AWS could not be reached (${names.find((name) => /^E[A-Z]|Timeout/.test(name))}).`,
      'Is the network there? With --local: is `npm start` still up?',
    )
  }
  const code = codeOf(error)
  return code === undefined ? error : say((error as Error).message, AGAIN[CODES[code].retry])
}

/** Who lacks which permission on what, as far as it was said. */
const denied = (chain: readonly Error[], data: ErrorData): string => {
  for (const { message } of chain) {
    const [, who, action, resource, because] = NOT_AUTHORIZED.exec(message) ?? []
    if (action !== undefined) {
      return `${who} may not ${action}${resource ? ` on ${resource}` : ''}${because ? ` (${because})` : ''}.`
    }
  }
  // Git's endpoint says 403 and nothing else
  if (data.service === 'git-receive-pack' || data.service === 'git-upload-pack') {
    const action = data.service === 'git-receive-pack' ? 'GitPush' : 'GitPull'
    return `codecommit:${action} was refused on ${data.host}${data.path}.`
  }
  return `Refused: ${firstLine(chain[0]?.message ?? '')}`
}

const causesOf = (error: unknown): readonly Error[] => {
  const chain: Error[] = []
  let each = error
  while (each instanceof Error && chain.length < 10) {
    chain.push(each)
    each = each.cause
  }
  return chain
}

const dataOf = (error: unknown): ErrorData => (error as { data?: ErrorData }).data ?? {}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''
