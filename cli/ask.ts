import { createInterface } from 'node:readline/promises'
import type { Talk } from './operator.ts'

/** A question that is answered with yes or no; nothing typed, or nobody to ask, is no. */
export const confirmed = async (
  { interactive, signal }: Pick<Talk, 'interactive' | 'signal'>,
  question: string,
): Promise<boolean> => {
  if (!interactive) return false
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test((await lines.question(`  ${question} [y/N] `, { signal })).trim())
  } finally {
    lines.close()
  }
}
