import { CODES, codeOf } from './errors.ts'

/** How a task of Relay's cluster ended, as ECS tells it. `exitCode` is absent when the container never ran. */
export interface RunEnd {
  readonly exitCode?: number | undefined
  readonly stopCode?: string | undefined
  readonly stoppedReason?: string | undefined
}

/** sysexits.h, and one of our own behind them: "try again", "denied", "input wrong", and "the guard refused the plan". */
export const EXIT = { done: 0, again: 75, denied: 77, wrong: 78, refused: 79 } as const

/** Exit code for a failure: a stranger's error is tried again. */
export const exitCodeOf = (error: unknown): number => {
  const code = codeOf(error)
  if (code === 'REMOTE_DENIED') return EXIT.denied
  if (code === 'PLAN_REFUSED') return EXIT.refused
  return code !== undefined && CODES[code].retry === 'never' ? EXIT.wrong : EXIT.again
}

/** An end in words. */
export const endText = ({ exitCode, stopCode, stoppedReason }: RunEnd): string => {
  const facts = [
    exitCode === undefined ? 'the container never ran' : `exit code ${exitCode}${meaningOf(exitCode)}`,
    stopCode,
    stoppedReason?.slice(0, 500),
  ]
  return facts.filter((fact) => fact !== undefined && fact !== '').join('; ')
}

const meaningOf = (exitCode: number): string => {
  if (exitCode === EXIT.again) return ' (passing trouble)'
  if (exitCode === EXIT.denied) return ' (access denied)'
  if (exitCode === EXIT.wrong) return ' (input or configuration wrong)'
  if (exitCode === EXIT.refused) return ' (plan refused)'
  return exitCode > 128 ? ` (signal ${exitCode - 128})` : ''
}

const FIRST_DELAY_SECONDS = 5
/** What SQS delays a message at most. */
const LONGEST_DELAY_SECONDS = 900

/** Whole seconds, 1 to 900: exponential with full jitter, so that many that fail do not return in step. */
export const backoff = (attempt: number, random: () => number): number =>
  Math.max(1, Math.ceil(random() * Math.min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** attempt)))
