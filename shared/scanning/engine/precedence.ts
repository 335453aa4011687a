import type { Hit } from '../types.ts'

// gitleaks' line of a path is 0
const lineOf = (hit: Hit): number => (hit.rule.regex === undefined ? 0 : hit.startLine)

const isGeneric = (hit: Hit): boolean => hit.rule.id.toLowerCase().includes('generic')

/**
 * Drops what a generic rule found where a specific one found the same on the same line (gitleaks' filter, detect/utils.go).
 * What a comment allows drops only what is allowed as well.
 */
export const withoutGenericTwins = (hits: readonly Hit[]): Hit[] => {
  const specific = new Map<number, Hit[]>()
  for (const hit of hits)
    if (!isGeneric(hit)) {
      const sameLine = specific.get(lineOf(hit))
      if (sameLine) sameLine.push(hit)
      else specific.set(lineOf(hit), [hit])
    }
  return hits.filter(
    (hit) =>
      !isGeneric(hit) ||
      !specific
        .get(lineOf(hit))
        ?.some((other) => (hit.allowedInline || !other.allowedInline) && other.secret.includes(hit.secret)),
  )
}
