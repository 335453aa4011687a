import type { PolicyDocument } from '../contracts.ts'
import type { Identity, PolicyRecord } from './records.ts'

const textOf = (policy: unknown): string => (typeof policy === 'string' ? policy : JSON.stringify(policy))

/** Earlier versions kept policies as documents, not as texts. */
export const migrateIdentity = <T extends Identity & { readonly trust?: string }>(identity: T): T => ({
  ...identity,
  inline: Object.fromEntries(
    Object.entries(identity.inline as Readonly<Record<string, unknown>>).map(([name, policy]) => [
      name,
      textOf(policy),
    ]),
  ),
  ...(identity.trust !== undefined && { trust: textOf(identity.trust) }),
})

/** Earlier versions knew one version of a policy. */
export const migratePolicy = (policy: PolicyRecord): PolicyRecord => {
  const { document, ...rest } = policy as PolicyRecord & { readonly document?: PolicyDocument }
  if (document === undefined) return policy
  return {
    ...rest,
    updated: policy.created,
    versions: [{ id: 'v1', text: textOf(document), created: policy.created }],
    defaultVersion: 'v1',
    next: 2,
  }
}
