import type { Log } from './contracts.ts'
import { within } from './within.ts'

/** Longer than any stage takes on a busy machine: CodeCommit gives pushes three seconds, and git as many. */
const STAGE_MS = 15_000

/**
 * Runs stages of an end one after the other. One that does not end is told and left, one that fails is told, and the next begins: what
 * is wrong with one part must keep no other from ending.
 * @param stages by name, in their order
 * @param mostMs how long one may take
 * @returns names of those that did not end or failed
 */
export const inStages = async (
  log: Log,
  stages: Readonly<Record<string, () => unknown>>,
  mostMs = STAGE_MS,
): Promise<readonly string[]> => {
  const left: string[] = []
  for (const [stage, run] of Object.entries(stages)) {
    try {
      if (await within(mostMs, Promise.resolve(run()))) continue
      log('cloud', 'PROBLEM: a part does not stop, and is left', { stage, afterMs: mostMs })
    } catch (error) {
      log('cloud', 'PROBLEM: a part could not be stopped', { stage, error: String(error) })
    }
    left.push(stage)
  }
  return left
}
