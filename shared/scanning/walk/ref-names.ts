import type { FoundAt } from '../finding.ts'
import type { Engine } from '../types.ts'

/**
 * Secrets in the names of branches and tags.
 * @param refs full names
 */
export const inRefNames = (engine: Engine, refs: Iterable<string>): readonly FoundAt[] => {
  const found: FoundAt[] = []
  for (const ref of refs) {
    const name = ref.replace(/^refs\/(?:heads|tags|remotes)\//, '')
    for (const hit of engine.scan(Buffer.from(name), { path: '' }).hits)
      if (hit.rule.regex !== undefined) found.push({ hit, place: { kind: 'ref-name', path: ref } })
  }
  return found
}
