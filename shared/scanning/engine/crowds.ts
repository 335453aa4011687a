/** Where an expression's automaton has given up, one window holds all its keywords that begin within so many bytes. */
export const CROWD_BYTES = 1_024

const NONE = new Int32Array(0)

/** What a text that is full of keywords has windows for already, so that nothing is asked for a keyword again and again; empty in nearly every text. */
export class Crowds {
  /** there is anything */
  some = false
  /** by searcher: its keywords that begin before this offset lie in a window */
  to: Int32Array = NONE
  /** by end of the words' automaton: what stood behind it, up to where its crowded openings have their window, and which of the others may match */
  private signs: Int32Array = NONE
  private until: Int32Array = NONE
  private others: Int32Array = NONE

  add(searcher: number, to: number, searchers: number): void {
    if (!this.some) this.to = new Int32Array(searchers)
    this.some = true
    this.to[searcher] = to
  }

  /** The openings of an end that are to be asked, a bit each; undefined: all, as nothing is known. */
  left(place: number, sign: number, end: number): number | undefined {
    return this.signs[place] === sign && end < (this.until[place] as number) ? this.others[place] : undefined
  }

  keep(place: number, sign: number, until: number, others: number, places: number): void {
    if (this.signs === NONE) {
      this.signs = new Int32Array(places)
      this.until = new Int32Array(places)
      this.others = new Int32Array(places)
    }
    this.signs[place] = sign
    this.until[place] = until
    this.others[place] = others
  }
}
