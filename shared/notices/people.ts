const MAX_NAME = 64

/** Session names that a machine or a tool made up: they say nothing without the role. */
const MACHINE_SESSION = /^(i-[0-9a-f]+|botocore-session-\d+|aws-sdk-.*|aws-cli-.*|aws-go-sdk-.*|\d+)$/

/**
 * Who acted, as people call them: the identity provider's display name, else the name in the ARN (IAM user, session of a
 * role, federated user, root), else the text as it is. ARN forms: IAM User Guide, "IAM identifiers". Never throws.
 * @returns undefined when nothing is known
 */
export const personOf = (arn: string | undefined, displayName?: string): string | undefined =>
  tidy(displayName ?? '') ?? tidy(nameIn(arn ?? ''))

const nameIn = (arn: string): string => {
  const parts = arn.split(':')
  if (parts[0] !== 'arn') return parts.length === 2 ? (parts[1] ?? '') : arn // `<unique id>:<session name>`
  const account = parts[4] ?? ''
  const resource = parts.slice(5).join(':')
  if (resource === 'root') return `root of ${account}`
  const [kind, ...path] = resource.split('/')
  const last = path.at(-1) ?? ''
  if (kind === 'assumed-role' && path.length > 1) {
    const role = path.slice(0, -1).join('/')
    return MACHINE_SESSION.test(last) ? `${role} (${last})` : last
  }
  return last === '' ? arn : last
}

const tidy = (text: string): string | undefined => {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  if (plain === '') return undefined
  const characters = [...plain]
  return characters.length > MAX_NAME ? `${characters.slice(0, MAX_NAME - 1).join('')}…` : plain
}
