import type { Faults } from '../contracts.ts'

/** Nothing goes wrong on purpose. */
export const NO_FAULTS: Faults = {
  call: () => ({}),
  event: (envelope) => [{ envelope, delayMs: 0 }],
  git: () => ({}),
  process: () => ({}),
  skewMs: () => 0,
  diskFull: () => false,
}
