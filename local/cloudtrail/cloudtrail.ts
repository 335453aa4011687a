import type { Parts, Trail } from '../contracts.ts'

/** CloudTrail: what happened, for LookupEvents. */
export const createTrail = (_: { readonly parts: Parts }): Trail => ({
  service: { name: 'cloudtrail', operations: {} },
  record: () => {},
})
