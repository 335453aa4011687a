import type { Hit, RequiredRule } from '../types.ts'

/**
 * Whether a find has, for each rule that it requires, one of that rule's finds near enough (start lines, start columns); a rule
 * that is required twice needs only one of its two distances.
 */
export const hasRequired = (
  hit: Hit,
  required: readonly RequiredRule[],
  findsOf: (id: string) => readonly Hit[] | undefined,
): boolean =>
  required.every(({ id }) =>
    required.some((one) => one.id === id && (findsOf(id)?.some((other) => isNear(hit, other, one)) ?? false)),
  )

const isNear = (hit: Hit, other: Hit, required: RequiredRule): boolean =>
  (required.withinLines === undefined || Math.abs(hit.startLine - other.startLine) <= required.withinLines) &&
  (required.withinColumns === undefined ||
    Math.abs(columnOf(hit) - columnOf(other)) <= required.withinColumns)

// gitleaks' columns are one higher on every line but the first, and its distances with them
const columnOf = (hit: Hit): number => hit.startColumn + (hit.startLine > 1 ? 1 : 0)
