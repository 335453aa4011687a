/** Stand in a pattern for `*` and `?` that mean themselves: noncharacters, which no ARN, action or name can hold. */
const LITERAL_STAR = '\ufdd0'
const LITERAL_MARK = '\ufdd1'

/** A text as a pattern that only this text fits. */
export const literally = (text: string): string =>
  /[*?]/.test(text) ? text.replaceAll('*', LITERAL_STAR).replaceAll('?', LITERAL_MARK) : text

/**
 * Whether a text fits a pattern with `*` (any characters) and `?` (one character). Two cursors and one remembered star: time
 * grows with pattern × text at worst, whatever a policy's author wrote.
 */
export const globMatches = (pattern: string, text: string): boolean => {
  if (pattern === '*') return true
  let p = 0
  let t = 0
  let star = -1
  let resume = 0
  while (t < text.length) {
    const wanted = pattern[p]
    if (wanted === '*') {
      star = p
      resume = t
      p += 1
    } else if (wanted !== undefined && fits(wanted, text[t])) {
      p += 1
      t += 1
    } else if (star >= 0) {
      p = star + 1
      resume += 1
      t = resume
    } else return false
  }
  while (pattern[p] === '*') p += 1
  return p === pattern.length
}

const fits = (wanted: string, given: string | undefined): boolean =>
  wanted === given ||
  wanted === '?' ||
  (wanted === LITERAL_STAR && given === '*') ||
  (wanted === LITERAL_MARK && given === '?')

/** `ArnLike`: each of the six parts between colons is compared by itself (IAM user guide, "ARN condition operators"). */
export const arnMatches = (pattern: string, arn: string): boolean => {
  const wanted = parts(pattern)
  const given = parts(arn)
  return (
    wanted.length === 6 &&
    given.length === 6 &&
    wanted.every((part, index) => globMatches(part, given[index] ?? ''))
  )
}

/** The last part keeps its own colons. */
const parts = (arn: string): string[] => {
  const all = arn.split(':')
  return all.length <= 6 ? all : [...all.slice(0, 5), all.slice(5).join(':')]
}
