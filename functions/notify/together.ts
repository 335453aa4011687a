/** Runs the work under a claim; leaves it out when it was done before; throws when it cannot be claimed, or what it threw. */
export type Claim<T> = (errand: T, work: () => Promise<void>) => Promise<void>

export interface Outcome<T> {
  /** errands that went out now; the others had gone out before, or failed */
  readonly told: number
  readonly failed: readonly { readonly errand: T; readonly error: unknown }[]
}

/**
 * Tells several errands in one go, each under a claim of its own: all are claimed first, then those that were granted are
 * told together, and only when that is done their claims are fulfilled. Claims that are refused or not needed hold up nobody.
 * @param tell gets those that were granted, in their order; not called when there are none
 */
export const tellTogether = async <T>(
  errands: readonly T[],
  claim: Claim<T>,
  tell: (errands: [T, ...T[]]) => Promise<void>,
): Promise<Outcome<T>> => {
  const granted = new Set<T>()
  const told = Promise.withResolvers<void>()
  // with no claim granted nobody waits for it
  told.promise.catch(() => {})
  let undecided = errands.length
  const decided = () => {
    undecided -= 1
    if (undecided > 0) return
    const [first, ...others] = errands.filter((errand) => granted.has(errand))
    if (first === undefined) told.resolve()
    else tell([first, ...others]).then(told.resolve, told.reject)
  }
  const results = await Promise.allSettled(
    errands.map((errand) => hold(errand, claim, granted, decided, told.promise)),
  )
  return {
    told: results.filter(({ status }, index) => status === 'fulfilled' && granted.has(errands[index] as T))
      .length,
    failed: results.flatMap((result, index) =>
      result.status === 'rejected' ? [{ errand: errands[index] as T, error: result.reason as unknown }] : [],
    ),
  }
}

const hold = async <T>(
  errand: T,
  claim: Claim<T>,
  granted: Set<T>,
  decided: () => void,
  told: Promise<void>,
): Promise<void> => {
  try {
    await claim(errand, () => {
      granted.add(errand)
      decided()
      return told
    })
  } finally {
    if (!granted.has(errand)) decided()
  }
}
