import type { Hit, RequiredRule } from '../types.ts'

/** Whether a find has, for each rule that it requires, one of that rule's finds near enough (start lines, start columns). */
export const hasRequired = (
  hit: Hit,
  required: readonly RequiredRule[],
  findsOf: (id: string) => readonly Hit[] | undefined,
): boolean => required.every((one) => findsOf(one.id)?.some((other) => isNear(hit, other, one)) ?? false)

const isNear = (hit: Hit, other: Hit, required: RequiredRule): boolean =>
  (required.withinLines === undefined || Math.abs(hit.startLine - other.startLine) <= required.withinLines) &&
  (required.withinColumns === undefined ||
    Math.abs(columnOf(hit) - columnOf(other)) <= required.withinColumns)

// gitleaks' columns are one higher on every line but the first, and its distances with them
const columnOf = (hit: Hit): number => hit.startColumn + (hit.startLine > 1 ? 1 : 0)
