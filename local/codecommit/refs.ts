/** Longest branch name, in characters (codecommit user guide, "Quotas"). */
const MAX_BRANCH = 256
/** A loose ref is a file, and git locks it as `<file>.lock`: file systems allow 255 bytes per name. */
const MAX_COMPONENT_BYTES = 250

/**
 * Why a branch name is not one that CodeCommit takes; undefined when it is. The user guide's quotas page lists the rules; those on
 * `.lock`, control characters and dots after a slash are git's own (git-check-ref-format).
 */
export const branchNameProblem = (name: string): string | undefined => {
  if (name.length < 1) return 'it is empty'
  if ([...name].length > MAX_BRANCH) return `it is longer than ${MAX_BRANCH} characters`
  if (/^[0-9a-f]{40}$/i.test(name)) return 'it looks like a commit id'
  if (name === '@' || name.includes('@{')) return 'it is @ or holds @{'
  if (/^[/.]|[/.]$|\.\.|\/\/|\/\.|\.\/|\.lock(\/|$)/.test(name)) return 'a slash, dot or .lock is misplaced'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be found
  if (/[ ?^*[\\~:\u0000-\u001f\u007f]/.test(name)) return 'it holds a character that is not allowed'
  if (name.split('/').some((part) => Buffer.byteLength(part) > MAX_COMPONENT_BYTES)) {
    return `a part of it is longer than the ${MAX_COMPONENT_BYTES} bytes that this file system can keep`
  }
  return undefined
}

/** What keeps commits that no branch shows: never listed, never pushed to; clients may fetch what they point at by its id. */
export const HIDDEN_REFS = 'refs/relay'

export interface RefName {
  readonly type: 'branch' | 'tag'
  /** without `refs/heads/` or `refs/tags/` */
  readonly short: string
}

/** @returns undefined for a ref that is neither a branch nor a tag: the API and events know no others */
export const parseRef = (ref: string): RefName | undefined => {
  const [, folder, short] = /^refs\/(heads|tags)\/(.*)$/s.exec(ref) ?? []
  return short === undefined ? undefined : { type: folder === 'heads' ? 'branch' : 'tag', short }
}

/** Why a push may not touch this ref; undefined when it may. Tags are held to the rules of branches (inferred). */
export const refProblem = (ref: string | undefined): string | undefined => {
  if (ref === undefined) return 'the name is not UTF-8'
  const name = parseRef(ref)
  if (name === undefined) return 'only refs/heads/* and refs/tags/* are accepted'
  const problem = branchNameProblem(name.short)
  return problem && `the ref name is not valid: ${problem}`
}
