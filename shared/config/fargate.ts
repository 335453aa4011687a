const GIB = 1024

const steps = (from: number, to: number, by: number): readonly number[] =>
  Array.from({ length: (to - from) / by + 1 }, (_, index) => from + index * by)

/**
 * Memory sizes (MiB) that Fargate allows for each CPU size: ECS API reference, `TaskDefinition`, members `cpu` and `memory`.
 */
export const FARGATE_SIZES: ReadonlyMap<number, readonly number[]> = new Map([
  [256, [512, GIB, 2 * GIB]],
  [512, steps(GIB, 4 * GIB, GIB)],
  [1024, steps(2 * GIB, 8 * GIB, GIB)],
  [2048, steps(4 * GIB, 16 * GIB, GIB)],
  [4096, steps(8 * GIB, 30 * GIB, GIB)],
  [8192, steps(16 * GIB, 60 * GIB, 4 * GIB)],
  [16384, steps(32 * GIB, 120 * GIB, 8 * GIB)],
])

/** The allowed memory sizes in words: `512, 1024, 2048`, or `4096 to 16384 in steps of 1024`. */
export const memoryText = (sizes: readonly number[]): string => {
  const [first, second] = sizes
  if (sizes.length <= 3 || first === undefined || second === undefined) return sizes.join(', ')
  return `${first} to ${sizes.at(-1)} in steps of ${second - first}`
}
