import { partitionOf } from '../shared/config/regions.ts'
import { replicasOf } from '../shared/config/replicas.ts'
import type { Config } from '../shared/config/types.ts'
import { UserError } from './errors.ts'

/** The regions of a local cloud with a stack: some it always has, and what rules name; of other partitions none can be served. */
export const regionsServed = (always: readonly string[], rules: Config['replicate']): readonly string[] => {
  const named = rules.flatMap(({ from, to }) => [...(from ? [from] : []), ...to.map(({ region }) => region)])
  return [...new Set([...always, ...named.filter((region) => partitionOf(region) === 'aws')])]
}

/**
 * The regions in which rules want replicas of a repository of the stack's own account. Replicas that a tag or a role decides on
 * are left out: both are made by hand.
 */
export const replicaRegions = (
  rules: Config['replicate'],
  region: string,
  name: string,
): readonly string[] => {
  const own = { account: '', region }
  return replicasOf({ replicate: rules }, { ...own, name }, own)
    .filter(({ replica }) => replica.role === undefined)
    .map(({ replica }) => replica.region)
}

const DEMO = 'demo'

/**
 * The repository of the stack's own account that the story is told with: the demo, else one that rules choose, as `team-demo` for
 * `team-*`, else the first that they name.
 * @param imported name that an import goes by; no other will do
 * @throws UserError when rules want no replica of it here: no push would ever be seen to arrive
 */
export const storyRepository = (
  rules: Config['replicate'],
  region: string,
  imported: string | undefined,
): string => {
  const globs = rules.flatMap(({ repositories }) => repositories).filter((glob) => !glob.startsWith('!'))
  const made = globs.map((glob) => glob.replaceAll('*', DEMO).replaceAll('?', 'x'))
  const names = imported === undefined ? [DEMO, ...made] : [imported]
  const chosen = names.find((name) => replicaRegions(rules, region, name).length > 0)
  if (chosen !== undefined) return chosen
  throw new UserError(
    `relay.yml wants no replica of ${imported ?? DEMO} that can be made here: ${rules.map(ruleText).join('; ')}.`,
    `Add a rule without role and tag that chooses it in ${region}, or give another file with --config; \`relay up\` starts the cloud without a story.`,
  )
}

/** What a rule chooses, and what keeps it from being the story's. */
const ruleText = ({ from, repositories, tag, to }: Config['replicate'][number]): string => {
  const only = [
    ...(from === undefined ? [] : [`in ${from}`]),
    ...(tag === undefined ? [] : [`with the tag ${tag}`]),
    ...(to.every(({ role }) => role !== undefined) ? ['by a role of another account'] : []),
  ]
  return `it chooses ${repositories.join(', ')}${only.length > 0 ? ` (${only.join(', ')})` : ''}`
}
