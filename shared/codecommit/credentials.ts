import { failureOf } from './failures.ts'
import type { SigningCredentials } from './git-password.ts'

/** Whose credentials: those of this process, or of a role in another account. */
export interface Identity {
  readonly role?: string | undefined
  readonly externalId?: string | undefined
}

/** The shape of an SDK credential provider's answer. */
export interface Credentials extends SigningCredentials {
  readonly expiration?: Date
}

/** @param region whose STS endpoint is asked where the process names none */
export type CredentialsFor = (identity: Identity, region: string) => Promise<Credentials>

/** Temporary credentials are renewed this long before they end, so that a request never outlives them. */
const RENEW_BEFORE_MS = 5 * 60_000

const SESSION_NAME = 'codecommit-relay'

export interface StsSettings {
  /** whose STS endpoint is asked for roles; absent: the repository's */
  readonly region?: string | undefined
  readonly now: () => number
}

/**
 * Credentials by the SDK's default chain; for a role by AssumeRole (AWS STS API Reference) with its external id. Each identity's
 * are kept until shortly before they expire, and asked for once however many wait; a failure is not kept.
 * @throws RelayError (from the returned function) as `failureOf` maps it
 */
export const credentialsFor = ({ region, now }: StsSettings): CredentialsFor => {
  const kept = new Map<string, Promise<Credentials>>()

  const ask = (key: string, { role, externalId }: Identity, stsRegion: string): Promise<Credentials> => {
    const asked = (role === undefined ? ownCredentials() : assumeRole(role, externalId, stsRegion)).catch(
      (error: unknown) => {
        if (kept.get(key) === asked) kept.delete(key)
        throw failureOf(error, { operation: role ? 'AssumeRole' : 'credentials', role })
      },
    )
    kept.set(key, asked)
    return asked
  }

  return async (identity, fallbackRegion) => {
    const key = JSON.stringify([identity.role, identity.externalId])
    const before = kept.get(key)
    if (!before) return ask(key, identity, region ?? fallbackRegion)
    const credentials = await before
    const endsAt = credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY
    if (now() < endsAt - RENEW_BEFORE_MS) return credentials
    const newer = kept.get(key)
    return newer && newer !== before ? newer : ask(key, identity, region ?? fallbackRegion)
  }
}

const ownCredentials = async (): Promise<Credentials> => {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
  return defaultProvider()()
}

const assumeRole = async (
  role: string,
  externalId: string | undefined,
  region: string,
): Promise<Credentials> => {
  const { AssumeRoleCommand, STSClient } = await import('@aws-sdk/client-sts')
  const sts = new STSClient({
    region,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 },
  })
  const answer = await sts.send(
    new AssumeRoleCommand({ RoleArn: role, RoleSessionName: SESSION_NAME, ExternalId: externalId }),
  )
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {}
  if (!AccessKeyId || !SecretAccessKey) throw new Error('AssumeRole answered without credentials')
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken && { sessionToken: SessionToken }),
    ...(Expiration && { expiration: Expiration }),
  }
}
