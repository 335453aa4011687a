/** Work on one thing at a time, different things side by side. */
export interface Queue {
  /** runs when everything before it under this key has ended; rejects as the work does */
  <T>(key: string, work: () => Promise<T>): Promise<T>
  /** nothing runs or waits under this key */
  idle(key: string): boolean
  settle(): Promise<void>
}

export const createQueue = (): Queue => {
  const last = new Map<string, Promise<unknown>>()
  const queue = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = last.get(key) ?? Promise.resolve()
    const run = before.then(work)
    const ended: Promise<void> = run.then(
      () => finish(),
      () => finish(),
    )
    const finish = () => {
      if (last.get(key) === ended) last.delete(key)
    }
    last.set(key, ended)
    return run
  }
  return Object.assign(queue, {
    idle: (key: string) => !last.has(key),
    settle: async () => {
      await Promise.all(last.values())
    },
  })
}
