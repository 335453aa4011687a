import { createHash } from 'node:crypto'
import type { Store } from '../state/store.ts'
import { reject } from './validate.ts'

/** Client request tokens: whoever repeats a call with its token gets what that call made (API reference, ClientRequestToken). */
export interface ClientTokens {
  /**
   * @param parameters of the call, without the token
   * @returns id of what the first call with this token made; undefined when there was none.
   * Throws IdempotencyParameterMismatch when it had other parameters
   */
  made(call: TokenUse, parameters: object): string | undefined
  remember(call: TokenUse, parameters: object, made: { id: string; repositoryId: string }): void
  forget(repositoryId: string): void
}

/** A token is good for one operation of an account in a region (inferred; how long is not documented: here, for good). */
export interface TokenUse {
  readonly account: string
  readonly region: string
  readonly operation: string
  readonly token: string | undefined
}

interface TokenRecord {
  readonly id: string
  readonly repositoryId: string
  readonly fingerprint: string
}

const keyOf = ({ account, region, operation, token }: TokenUse): string =>
  `${account}/${region}/${operation}/${token}`

export const openClientTokens = (store: Store): ClientTokens => {
  const records = store.collection<TokenRecord>('codecommit.client-tokens')
  return {
    made: (use, parameters) => {
      const record = use.token === undefined ? undefined : records.get(keyOf(use))
      if (record === undefined) return undefined
      if (record.fingerprint !== fingerprintOf(parameters)) {
        reject(
          'IdempotencyParameterMismatch',
          'The client request token has been used before, with other parameters.',
        )
      }
      return record.id
    },
    remember: (use, parameters, made) => {
      if (use.token === undefined) return
      records.put(keyOf(use), { ...made, fingerprint: fingerprintOf(parameters) })
    },
    forget: (repositoryId) => {
      for (const [key, record] of records.entries()) {
        if (record.repositoryId === repositoryId) records.delete(key)
      }
    },
  }
}

/** The same for the same values, in whatever order the members came. */
const fingerprintOf = (parameters: object): string => {
  const text = JSON.stringify(parameters, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
  return createHash('sha256').update(text).digest('hex')
}

/** @returns the token, undefined when there is none; throws InvalidClientRequestToken (its form is not documented) */
export const clientRequestToken = (token: unknown): string | undefined => {
  if (token === undefined || token === null) return undefined
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,256}$/.test(token)) {
    return reject('InvalidClientRequestToken', 'The client request token is not valid.')
  }
  return token
}
