import { malformed } from './errors.ts'
import { roleOfArn, userOfArn } from './find.ts'
import type { Records, RoleRecord } from './records.ts'

const PRINCIPAL_ARN = /^arn:aws:iam::(\d{12}):(user|role)\/.+$/

/**
 * Unique ids of the users and roles that a trust policy names, by ARN.
 * @param text a trust policy that was found well formed
 * @throws {AwsError} MalformedPolicyDocumentException for somebody who does not exist in an account that does
 */
export const trustedIds = (
  records: Records,
  text: string,
  accounts: readonly string[],
): Record<string, string> => {
  const ids: Record<string, string> = {}
  for (const arn of namedArns(text)) {
    const account = PRINCIPAL_ARN.exec(arn)?.[1] ?? ''
    const id = idOf(records, arn)
    if (id !== undefined) ids[arn] = id
    else if (accounts.includes(account)) throw malformed(`Invalid principal in policy: "AWS":"${arn}"`)
  }
  return ids
}

/**
 * The trust policy as IAM shows and judges it now: in place of somebody deleted stands their unique id, which nobody else can get
 * (IAM user guide, "AWS JSON policy elements: Principal").
 */
export const currentTrust = (records: Records, role: RoleRecord): string => {
  let text = role.trust
  for (const [arn, id] of Object.entries(role.trusted ?? {}))
    if (idOf(records, arn) !== id) text = text.replaceAll(JSON.stringify(arn), JSON.stringify(id))
  return text
}

const idOf = (records: Records, arn: string): string | undefined =>
  (roleOfArn(records, arn) ?? userOfArn(records, arn))?.id

const namedArns = (text: string): readonly string[] => {
  const { Statement } = JSON.parse(text) as { Statement: object | object[] }
  return [Statement].flat().flatMap((statement) => {
    const { Principal, NotPrincipal } = statement as Record<string, { AWS?: unknown } | undefined>
    return [Principal?.AWS, NotPrincipal?.AWS].flat().filter((name): name is string => {
      return typeof name === 'string' && PRINCIPAL_ARN.test(name)
    })
  })
}
