import type { PackStream } from '../../git/types.ts'
import type { RelayParts, RelayWork } from './types.ts'

export type Spent = 'deadline' | 'bytes' | 'cancelled'

/** Time and bytes that one relay may use, and the signal that ends its connections when they are used up. */
export interface Budget {
  readonly signal: AbortSignal
  /** undefined while there is some left */
  spent(): Spent | undefined
  /** milliseconds until the deadline */
  left(): number
  /** the same pack, counted; throws where the budget is spent. What it threw is kept: its reader may say something else */
  meter(pack: PackStream): PackStream
  /** why the pack that was metered last broke off */
  failure(): unknown
  /** nothing is counted any more; `abandon`: ends what is still under way */
  close(abandon?: boolean): void
}

/** How many bytes pass between two calls of `onProgress`. */
const PROGRESS_BYTES = 256 * 1024
/** setTimeout knows no more (2³¹ − 1 ms) */
const LONGEST_TIMER_MS = 2_147_483_647

export const openBudget = (
  { now }: Pick<RelayParts, 'now'>,
  work: Pick<RelayWork, 'until' | 'bytes' | 'signal' | 'onProgress'>,
): Budget => {
  const controller = new AbortController()
  let spent: Spent | undefined
  let bytes = 0
  let told = 0
  let failure: unknown

  const end = (why: Spent) => {
    spent ??= why
    controller.abort()
  }
  const cancel = () => end('cancelled')
  const left = () => work.until - now()
  const timer = setTimeout(() => end('deadline'), Math.max(0, Math.min(LONGEST_TIMER_MS, left())))
  timer.unref()
  if (work.signal?.aborted) cancel()
  work.signal?.addEventListener('abort', cancel, { once: true })

  const tell = () => {
    told = bytes
    work.onProgress?.(bytes)
  }

  return {
    signal: controller.signal,
    spent: () => {
      if (left() <= 0) end('deadline')
      return spent
    },
    left,
    meter: (pack) => {
      failure = undefined
      return passOn(pack, {
        onPiece: (piece) => {
          bytes += piece.length
          if (bytes > work.bytes) end('bytes')
          if (left() <= 0) end('deadline')
          if (spent !== undefined) throw new Error(`the relay's budget is spent: ${spent}`)
          if (bytes - told >= PROGRESS_BYTES) tell()
        },
        onEnd: () => {
          if (bytes > told) tell()
        },
        onFailure: (error) => {
          failure = error
        },
      })
    },
    failure: () => failure,
    close: (abandon = false) => {
      if (abandon) controller.abort()
      clearTimeout(timer)
      work.signal?.removeEventListener('abort', cancel)
    },
  }
}

/**
 * Watches a pack on its way. No generator: the end of one that waits for its next piece would wait as well, and a silent server
 * could hold up the end of its own connection.
 */
const passOn = (
  pack: PackStream,
  watch: { onPiece(piece: Uint8Array): void; onEnd(): void; onFailure(error: unknown): void },
): PackStream => {
  const iterator = pack[Symbol.asyncIterator]()
  const close = async () => {
    await iterator.return?.()
    return { done: true, value: undefined } as const
  }
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        try {
          const next = await iterator.next()
          if (next.done) watch.onEnd()
          else watch.onPiece(next.value)
          return next
        } catch (error) {
          watch.onFailure(error)
          await close()
          throw error
        }
      },
      return: close,
    }),
  }
}
