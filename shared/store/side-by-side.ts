/** Enough for thousands of items to be quick, and few enough for a table not to refuse them. */
const PARALLEL = 25

/**
 * Reads or writes of many items, some at a time.
 * @returns what each gave, in order
 */
export const sideBySide = async <Of, To>(
  items: readonly Of[],
  work: (item: Of) => Promise<To>,
): Promise<readonly To[]> => {
  const done: To[] = []
  for (let from = 0; from < items.length; from += PARALLEL)
    done.push(...(await Promise.all(items.slice(from, from + PARALLEL).map(work))))
  return done
}
