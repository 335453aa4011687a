import { createHash } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import { AwsError, type Operation } from '../gateway/service.ts'

interface Done {
  readonly digest: string
  readonly answer: object
  /** milliseconds since the epoch */
  readonly at: number
}

/** For how long an answer is given again; Scheduler does not publish it. */
const KEPT_MS = 8 * 3_600_000

/**
 * Operations that answer a ClientToken that comes again as they did, and do nothing.
 * @throws AwsError ConflictException when it comes again with another request: API Reference, CreateSchedule
 */
export const onceEach = (
  { store, now }: Pick<Parts, 'store' | 'now'>,
  operations: Readonly<Record<string, Operation>>,
): Record<string, Operation> => {
  const tokens = store.collection<Done>('scheduler.tokens')
  return Object.fromEntries(
    Object.entries(operations).map(([name, run]) => [
      name,
      (input, call) => {
        if (!input.ClientToken) return run(input, call)
        return store.transaction(() => {
          const key = `${call.account}|${call.region}|${name}|${input.ClientToken}`
          const digest = createHash('sha256').update(JSON.stringify(input)).digest('hex')
          const done = tokens.get(key)
          if (done && done.at > now() - KEPT_MS) {
            if (done.digest === digest) return done.answer
            throw new AwsError(
              'ConflictException',
              'The client token was used with other parameters before.',
              409,
            )
          }
          for (const [old, { at }] of tokens.entries()) if (at <= now() - KEPT_MS) tokens.delete(old)
          const answer = run(input, call) as object
          tokens.put(key, { digest, answer, at: now() })
          return answer
        })
      },
    ]),
  )
}
