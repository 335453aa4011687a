import { CODES, codeOf } from '../../shared/runtime/errors.ts'

/** sysexits.h, and one of our own behind them: what mirror-stopped reads as "try again", "denied", "input wrong" and "refused, ask". */
export const EXIT = { done: 0, again: 75, denied: 77, wrong: 78, refused: 79 } as const

/** Exit code for a failure: a stranger's error is tried again. */
export const exitCodeOf = (error: unknown): number => {
  const code = codeOf(error)
  if (code === 'REMOTE_DENIED') return EXIT.denied
  if (code === 'PLAN_REFUSED') return EXIT.refused
  return code !== undefined && CODES[code].retry === 'never' ? EXIT.wrong : EXIT.again
}
