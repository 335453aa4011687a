/**
 * The longest common subsequence of two rows of numbers, by Myers' O(ND) in linear space: what is left unmatched of `b` is set to 1
 * in `added`. At most `work` steps; what is not compared then counts as matched, so a row that only moved does not become an addition.
 */
export const unmatched = (a: Int32Array, b: Int32Array, added: Uint8Array, work: number): void => {
  const span = a.length + b.length + 3
  const forward = new Int32Array(2 * span + 1)
  const backward = new Int32Array(2 * span + 1)
  let left = work
  const boxes: [number, number, number, number][] = [[0, a.length, 0, b.length]]

  /** the middle of a shortest way through a box: where the forward and the backward paths meet; undefined: too much work */
  const middle = (a0: number, a1: number, b0: number, b1: number): [number, number] | undefined => {
    const n = a1 - a0
    const m = b1 - b0
    const delta = n - m
    const isOdd = (delta & 1) !== 0
    forward[span + 1] = 0
    backward[span + 1] = 0
    const most = (n + m + 1) >> 1
    for (let d = 0; d <= most; d += 1) {
      left -= d + 1
      if (left < 0) return undefined
      for (let k = d; k >= -d; k -= 2) {
        const down = k === -d || (k !== d && at(forward, span + k - 1) < at(forward, span + k + 1))
        let x = down ? at(forward, span + k + 1) : at(forward, span + k - 1) + 1
        let y = x - k
        while (x < n && y < m && a[a0 + x] === b[b0 + y]) {
          x += 1
          y += 1
        }
        forward[span + k] = x
        const other = delta - k
        if (isOdd && other >= 1 - d && other <= d - 1 && x + at(backward, span + other) >= n)
          return [a0 + Math.min(x, n), b0 + Math.min(y, m)]
      }
      for (let k = -d; k <= d; k += 2) {
        const down = k === -d || (k !== d && at(backward, span + k - 1) < at(backward, span + k + 1))
        let x = down ? at(backward, span + k + 1) : at(backward, span + k - 1) + 1
        let y = x - k
        while (x < n && y < m && a[a1 - 1 - x] === b[b1 - 1 - y]) {
          x += 1
          y += 1
        }
        backward[span + k] = x
        const other = delta - k
        if (!isOdd && other >= -d && other <= d && x + at(forward, span + other) >= n)
          return [a0 + Math.max(n - x, 0), b0 + Math.max(m - y, 0)]
      }
    }
    return undefined
  }

  for (let box = boxes.pop(); box; box = boxes.pop()) {
    let [a0, a1, b0, b1] = box
    while (a0 < a1 && b0 < b1 && a[a0] === b[b0]) {
      a0 += 1
      b0 += 1
    }
    while (a0 < a1 && b0 < b1 && a[a1 - 1] === b[b1 - 1]) {
      a1 -= 1
      b1 -= 1
    }
    if (b0 === b1) continue
    if (a0 === a1) {
      added.fill(1, b0, b1)
      continue
    }
    const meet = middle(a0, a1, b0, b1)
    if (!meet) continue
    const [x, y] = meet
    const isCorner = (x === a0 && y === b0) || (x === a1 && y === b1)
    // a box of one row against one that differs, or a way along its edges: nothing in it matches
    if (isCorner) added.fill(1, b0, b1)
    else boxes.push([a0, x, b0, y], [x, a1, y, b1])
  }
}

const at = (row: Int32Array, index: number): number => row[index] as number
