import type { Advertisement } from '../../git/advertisement.ts'
import type { ScanMarks } from '../../store/scan-marks.ts'
import type { ScanParts, ScanWork } from './ports.ts'
import { type RefNames, refNames, shownIn } from './ref-names.ts'
import type { TeamRules, teamRules } from './rules.ts'
import { type Tips, tipsOf } from './tips.ts'

/** What a scan begins with: from here on refs have names that may be written down and told. */
export interface Outset {
  readonly source: Advertisement
  readonly tips: Tips
  /** by which what was pushed is judged */
  readonly rules: TeamRules
  /** as they are after the push */
  readonly now: TeamRules
  readonly names: RefNames
}

/**
 * The rules in force, and what there is to do.
 * @returns undefined: there is no repository
 */
export const outsetOf = async (
  parts: Pick<ScanParts, 'keys'>,
  { repository, events }: Pick<ScanWork, 'repository' | 'events'>,
  at: {
    readonly source: Advertisement
    readonly marks: ScanMarks
    readonly rulesOf: ReturnType<typeof teamRules>
  },
): Promise<Outset | undefined> => {
  const { source, marks } = at
  const rulesBefore = (shown: RefNames['shown']) =>
    at.rulesOf(repository, (ref) => {
      const searched = marks.tips.get(shown(ref))
      return searched === source.refs.get(ref) ? undefined : searched
    })
  const inForce = await rulesBefore((ref) => ref)
  if (!inForce) return undefined
  const named = events.flatMap(({ changes }) => changes.map(({ ref }) => ref))
  // a name that was noted as it is holds nothing
  const refs = [...source.refs.keys(), ...named].filter((ref) => !marks.tips.has(ref))
  const names = await refNames(inForce.judging.engines.exact, new Set(refs), parts.keys)
  const byDefault = `refs/heads/${inForce.judging.branch}`
  const rules = names.shown(byDefault) === byDefault ? inForce : await rulesBefore(names.shown)
  if (!rules) return undefined
  const shown = new Map([...source.refs].map(([ref, oid]) => [names.shown(ref), oid]))
  return {
    source: { ...source, refs: shown },
    tips: tipsOf(shown, marks, shownIn(events, names)),
    rules: withShownBranch(rules.judging, names),
    now: withShownBranch(rules.now, names),
    names,
  }
}

const withShownBranch = (rules: TeamRules, { shown }: RefNames): TeamRules =>
  rules.branch === undefined
    ? rules
    : { ...rules, branch: shown(`refs/heads/${rules.branch}`).replace('refs/heads/', '') }
