import type { Kms, Parts } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'

/** KMS: keys by account and region. */
export const createKms = (_: { readonly parts: Parts }): Kms => ({
  service: { name: 'kms', operations: {} },
  managedKey: (account, region, service) => `arn:aws:kms:${region}:${account}:alias/aws/${service}`,
  resolve: (_place, keyId) => {
    throw new AwsError('NotFoundException', `Key '${keyId}' does not exist`)
  },
  use: () => {},
})
