import type { Reach } from './compile.ts'

/** Places to look at, in order and apart: `[from, to, from, to, …]`. Found keywords are added with rising ends. */
export class Windows {
  readonly spans: number[] = []
  /** around every keyword a match is possible, as far as the expression's automaton can tell */
  judged = true

  /**
   * The keyword at `at`: with a bound, so far around it; without, as far as the bytes of `inside` go, since a match has no
   * others.
   */
  add(at: number, reach: Reach, bytes: Uint8Array, inside?: Uint8Array): void {
    const { spans } = this
    const last = spans.length - 1
    if (reach.before >= 0 && reach.after >= 0) {
      const from = Math.max(at - reach.before, 0)
      const to = Math.min(at + reach.after, bytes.length)
      // the usual case, kept quick: in the last window, or close after it
      if (last < 0 || from > (spans[last] as number)) spans.push(from, to)
      else if (from < (spans[last - 1] as number)) this.span(from, to)
      else if (to > (spans[last] as number)) spans[last] = to
      return
    }
    // an open reach stops where bytes stop, and what lies in the last window has been there
    let from = at - reach.before
    if (reach.before < 0) {
      const edge = last > 0 && at >= (spans[last - 1] as number) ? (spans[last] as number) : 0
      from = at
      while (from > edge && inside?.[bytes[from - 1] as number] === 1) from -= 1
    }
    let to = Math.min(at + reach.after, bytes.length)
    if (reach.after < 0) {
      to = at
      if (last > 0 && at >= (spans[last - 1] as number) && at < (spans[last] as number))
        to = spans[last] as number
      while (to < bytes.length && inside?.[bytes[to] as number] === 1) to += 1
    }
    this.span(Math.max(from, 0), to)
  }

  span(from: number, to: number): void {
    const { spans } = this
    let start = from
    let end = to
    while (spans.length > 0 && start <= (spans[spans.length - 1] as number)) {
      end = Math.max(end, spans.pop() as number)
      start = Math.min(start, spans.pop() as number)
    }
    spans.push(start, end)
  }
}
