import type { Iam } from '../../contracts.ts'
import { AwsError, type Caller } from '../../gateway/service.ts'
import { parseSignedPassword, signatureMatches, timeProblem } from './signature.ts'

/** Whom a Git request comes from: 401 for nobody, 403 for somebody who is not let in. */
export type Identity =
  | {
      readonly kind: 'caller'
      readonly caller: Caller
      /** that the password was signed for; a static credential is one for all regions */
      readonly region?: string
    }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'refused'; readonly why: string }

export interface Address {
  /** one, or where the host names none, all that it may mean */
  readonly regions: readonly string[]
  /** Host header in lower case, with and without its port */
  readonly hosts: readonly string[]
  /** `/v1/repos/<name>` */
  readonly path: string
}

/**
 * HTTP Basic with a static Git credential or with a signed password (codecommit user guide, "Setup steps for HTTPS connections").
 * The user name of temporary credentials is `<key id>%<session token>`.
 */
export const authenticate = (
  iam: Pick<Iam, 'resolveKey' | 'resolveGitCredential'>,
  header: string | undefined,
  address: Address,
  now: number,
): Identity => {
  const basic = decodeBasic(header)
  if (basic === undefined) return { kind: 'nobody' }
  const signed = parseSignedPassword(basic.password)
  if (signed === undefined) {
    const caller = iam.resolveGitCredential(basic.user, basic.password)
    return caller === undefined
      ? { kind: 'refused', why: 'user name and password are not a Git credential' }
      : { kind: 'caller', caller }
  }
  const problem = timeProblem(signed, now)
  if (problem !== undefined) return { kind: 'refused', why: problem }
  const key = resolve(iam, basic.user)
  if (key instanceof AwsError) return { kind: 'refused', why: `${key.code}: ${key.message}` }
  const region = address.regions.find((each) =>
    signatureMatches(signed, key.secretAccessKey, { ...address, region: each }),
  )
  return region === undefined
    ? { kind: 'refused', why: 'the signature is not one for this repository by this key' }
    : { kind: 'caller', caller: key.caller, region }
}

const resolve = (iam: Pick<Iam, 'resolveKey'>, user: string) => {
  const [id = '', ...token] = user.split('%')
  try {
    return token.length === 0 ? iam.resolveKey(id) : iam.resolveKey(id, token.join('%'))
  } catch (error) {
    if (error instanceof AwsError) return error
    throw error
  }
}

const decodeBasic = (header: string | undefined): { user: string; password: string } | undefined => {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(header ?? '')?.[1]
  const text = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon <= 0 || colon === text.length - 1) return undefined
  return { user: text.slice(0, colon), password: text.slice(colon + 1) }
}
