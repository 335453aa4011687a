/** What a glob of repository names may hold: CodeCommit's name characters, `*` and `?`; `!` in front excludes. */
export const GLOB = /^!?[A-Za-z0-9._*?-]{1,100}$/

/**
 * Does the whole name match? `*` stands for any characters (none too), `?` for exactly one; case counts, as it does in
 * CodeCommit. A star is given back one character at a time and only the last one ever is, so that the work stays below
 * name times pattern, both at most 100 characters.
 */
export const matchesGlob = (pattern: string, name: string): boolean => {
  let p = 0
  let n = 0
  let star = -1
  let resume = 0
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++
      resume = n
    } else if (pattern[p] === '?' || pattern[p] === name[n]) {
      p++
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++resume
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

/** Does a list of globs choose this name: some glob includes it and no `!glob` excludes it, in whatever order they stand. */
export const chooses = (globs: readonly string[], name: string): boolean =>
  globs.some((glob) => !glob.startsWith('!') && matchesGlob(glob, name)) &&
  !globs.some((glob) => glob.startsWith('!') && matchesGlob(glob.slice(1), name))
