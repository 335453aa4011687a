/** A binary heap: the first item by `before` comes out first; adding and taking cost O(log n). */
export interface Heap<T> {
  readonly size: number
  peek(): T | undefined
  push(item: T): void
  pop(): T | undefined
  /** keeps only the items that `keep` says yes to */
  sift(keep: (item: T) => boolean): void
}

export const createHeap = <T>(before: (a: T, b: T) => boolean): Heap<T> => {
  let items: T[] = []

  const at = (index: number) => items[index] as T
  const swap = (a: number, b: number) => {
    const held = at(a)
    items[a] = at(b)
    items[b] = held
  }
  const rise = (start: number) => {
    for (let child = start; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!before(at(child), at(parent))) return
      swap(child, parent)
      child = parent
    }
  }
  const sink = () => {
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1
      if (left >= items.length) return
      const right = left + 1
      const child = right < items.length && before(at(right), at(left)) ? right : left
      if (!before(at(child), at(parent))) return
      swap(child, parent)
      parent = child
    }
  }
  const push = (item: T) => {
    items.push(item)
    rise(items.length - 1)
  }

  return {
    get size() {
      return items.length
    },
    peek: () => items[0],
    push,
    pop: () => {
      const first = items[0]
      const last = items.pop()
      if (items.length > 0) {
        items[0] = last as T
        sink()
      }
      return first
    },
    sift: (keep) => {
      const kept = items.filter(keep)
      items = []
      for (const item of kept) push(item)
    },
  }
}
