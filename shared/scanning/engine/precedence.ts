import type { Hit } from '../types.ts'

// gitleaks' line of a path is 0
const lineOf = (hit: Hit): number => (hit.rule.regex === undefined ? 0 : hit.startLine)

const isGeneric = (hit: Hit): boolean => hit.rule.id.toLowerCase().includes('generic')

/**
 * Drops what a generic rule found where a specific one found the same on the same line (gitleaks' filter, detect/utils.go).
 * What a comment allows drops only what is allowed as well. Advice of our own pack is told once for a value in a file:
 * generic rules overlap, and examples repeat themselves.
 */
export const withoutGenericTwins = (hits: readonly Hit[]): Hit[] => {
  const specific = new Map<number, Hit[]>()
  for (const hit of hits)
    if (!isGeneric(hit)) {
      const sameLine = specific.get(lineOf(hit))
      if (sameLine) sameLine.push(hit)
      else specific.set(lineOf(hit), [hit])
    }
  const advised = new Set<string>()
  return hits.filter(
    (hit) =>
      !isGeneric(hit) ||
      !(
        specific
          .get(lineOf(hit))
          ?.some(
            (other) => (hit.allowedInline || !other.allowedInline) && other.secret.includes(hit.secret),
          ) || isAdvisedTwice(hit, advised)
      ),
  )
}

const isAdvisedTwice = (hit: Hit, before: Set<string>): boolean => {
  if (!hit.rule.vetted || hit.rule.action !== 'advise' || hit.rule.regex === undefined) return false
  const told = `${hit.allowedInline} ${hit.secret}`
  if (before.has(told)) return true
  before.add(told)
  return false
}
