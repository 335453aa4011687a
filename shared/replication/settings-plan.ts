import type { SettingsRecord } from '../store/settings.ts'

/** What a repository has besides its refs, as far as Relay copies it. A part that is undefined could not be read. */
export interface RepositorySettings {
  /** empty: none */
  readonly description: string
  /** short name; absent while the repository is empty */
  readonly defaultBranch?: string | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** names of the approval rule templates linked to it */
  readonly templates?: readonly string[] | undefined
}

/** One change of a replica. */
export type SettingsStep =
  | { readonly kind: 'description'; readonly description: string }
  | { readonly kind: 'default-branch'; readonly branch: string }
  | { readonly kind: 'untag'; readonly keys: readonly string[] }
  | { readonly kind: 'tag'; readonly tags: Readonly<Record<string, string>> }
  | { readonly kind: 'unlink'; readonly template: string }
  | { readonly kind: 'link'; readonly template: string }

/** What Relay gave the replica before. */
export type Given = Pick<SettingsRecord, 'tags' | 'templates'>

/** AWS keeps `aws:` for itself in any spelling; `relay:` speaks to Relay, and a replica is not a source. */
const KEPT_BACK = /^(?:aws|relay):/i

/** The tags of a source that a replica is given. @param ruleTags keys that rules of relay.yml look for */
export const copiedTags = (
  tags: Readonly<Record<string, string>>,
  ruleTags: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !KEPT_BACK.test(key) && !ruleTags.includes(key)))

/**
 * What must change so that the replica has the source's settings. The source wins; what the replica has beyond it stays, but for
 * tags and links that Relay itself gave it and that the source has lost. What is taken away goes first: both have a limit.
 * @param ruleTags keys that rules of relay.yml look for: not copied
 */
export const settingsPlan = (
  source: RepositorySettings,
  replica: RepositorySettings,
  given: Given,
  ruleTags: readonly string[] = [],
): readonly SettingsStep[] => [
  ...(source.description === replica.description
    ? []
    : [{ kind: 'description', description: source.description } as const]),
  ...defaultBranchSteps(source.defaultBranch, replica.defaultBranch),
  ...(source.tags && replica.tags
    ? tagSteps(copiedTags(source.tags, ruleTags), replica.tags, given.tags)
    : []),
  ...(source.templates && replica.templates
    ? linkSteps(source.templates, replica.templates, given.templates)
    : []),
]

/** An empty replica has no branch that could be the default. */
const defaultBranchSteps = (source: string | undefined, replica: string | undefined): SettingsStep[] =>
  source === undefined || replica === undefined || source === replica
    ? []
    : [{ kind: 'default-branch', branch: source }]

const tagSteps = (
  wanted: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
  given: Given['tags'],
): SettingsStep[] => {
  const has = (tags: Readonly<Record<string, string>>, key: string, value: string | undefined) =>
    Object.hasOwn(tags, key) && tags[key] === value
  const keys = Object.keys(given)
    .filter((key) => !Object.hasOwn(wanted, key) && has(found, key, given[key]))
    .sort()
  const tags = Object.entries(wanted).filter(([key, value]) => !has(found, key, value))
  return [
    ...(keys.length > 0 ? [{ kind: 'untag', keys } as const] : []),
    ...(tags.length > 0 ? [{ kind: 'tag', tags: Object.fromEntries(tags) } as const] : []),
  ]
}

const linkSteps = (
  wanted: readonly string[],
  found: readonly string[],
  given: Given['templates'],
): SettingsStep[] => [
  ...given
    .filter((template) => !wanted.includes(template) && found.includes(template))
    .map((template) => ({ kind: 'unlink', template }) as const),
  ...wanted
    .filter((template) => !found.includes(template))
    .map((template) => ({ kind: 'link', template }) as const),
]

/** What Relay has given the replica once these steps are done. */
export const givenAfter = (given: Given, done: readonly SettingsStep[]): Given => {
  const tags = new Map(Object.entries(given.tags))
  const templates = new Set(given.templates)
  for (const step of done) {
    if (step.kind === 'untag') for (const key of step.keys) tags.delete(key)
    if (step.kind === 'tag') for (const [key, value] of Object.entries(step.tags)) tags.set(key, value)
    if (step.kind === 'unlink') templates.delete(step.template)
    if (step.kind === 'link') templates.add(step.template)
  }
  return { tags: Object.fromEntries(tags), templates: [...templates] }
}
