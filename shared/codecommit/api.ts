import type { CodeCommitClient } from '@aws-sdk/client-codecommit'
import type { ErrorData } from '../runtime/errors.ts'
import { addressText, type ReachableRepository } from './address.ts'
import type { Credentials, Identity } from './credentials.ts'
import { failureOf, isAwsError } from './failures.ts'

type Sdk = typeof import('@aws-sdk/client-codecommit')

/** CodeCommit's API (CodeCommit API Reference, 2015-04-13), one operation at a time. */
export interface Api {
  /**
   * @param facts more names for the failure's data
   * @throws RelayError as `failureOf` maps it, with the operation and the repository's address in its data
   */
  call<T>(
    operation: string,
    repository: ReachableRepository,
    send: (client: CodeCommitClient, sdk: Sdk) => Promise<T>,
    facts?: ErrorData,
  ): Promise<T>
  /** the same in this account and no repository */
  inRegion<T>(
    operation: string,
    region: string,
    send: (client: CodeCommitClient, sdk: Sdk) => Promise<T>,
  ): Promise<T>
}

type ProviderOf = (identity: Identity, region: string) => () => Promise<Credentials>

/** A call that neither connects nor answers ends before a function's own time does. */
const PATIENCE = { connectionTimeout: 3_000, requestTimeout: 10_000 }

/** One client per region and identity. The SDK is loaded by the first call. */
export const openApi = (providerOf: ProviderOf): Api => {
  const clients = new Map<string, Promise<CodeCommitClient>>()

  const clientFor = (region: string, { role, externalId }: Identity): Promise<CodeCommitClient> => {
    const key = JSON.stringify([region, role, externalId])
    const client = clients.get(key) ?? newClient(region, providerOf({ role, externalId }, region))
    clients.set(key, client)
    return client
  }

  const send = async <T>(
    region: string,
    identity: Identity,
    facts: ErrorData,
    work: (client: CodeCommitClient, sdk: Sdk) => Promise<T>,
  ): Promise<T> => {
    try {
      const sdk = await import('@aws-sdk/client-codecommit')
      return await work(await clientFor(region, identity), sdk)
    } catch (error) {
      throw failureOf(error, facts)
    }
  }

  return {
    call: (operation, repository, work, facts = {}) =>
      send(repository.region, repository, { operation, repository: addressText(repository), ...facts }, work),
    inRegion: (operation, region, work) => send(region, {}, { operation, region }, work),
  }
}

const newClient = async (region: string, credentials: () => Promise<Credentials>) => {
  const { CodeCommitClient } = await import('@aws-sdk/client-codecommit')
  return new CodeCommitClient({ region, credentials, requestHandler: PATIENCE })
}

/** Puts a value in the place of AWS's exceptions of these names (without `Exception`). */
export const unless =
  <T>(value: T, ...names: readonly string[]) =>
  (error: unknown): T => {
    if (names.some((name) => isAwsError(error, `${name}Exception`))) return value
    throw error
  }
