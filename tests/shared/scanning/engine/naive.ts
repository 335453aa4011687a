import { RE2JS } from 're2js'
import type { RuleSet } from '../../../../shared/scanning/types.ts'

/** A rule's find as the plain reading of gitleaks' own loop gives it: every rule whose keyword occurs, over the whole text. */
export interface NaiveFind {
  readonly id: string
  readonly start: number
  readonly secret: string
}

/** Without allow-lists, requirements and decoding; in the order of the rules. */
export const naiveFinds = ({ rules }: RuleSet, text: Buffer): NaiveFind[] => {
  const lower = text.toString('utf8').toLowerCase()
  return rules.flatMap((rule) => {
    if (rule.regex === undefined) return []
    if (rule.keywords.length > 0 && !rule.keywords.some((keyword) => lower.includes(keyword))) return []
    const expression = RE2JS.compile(rule.regex)
    const matcher = expression.matcher(text)
    const found: NaiveFind[] = []
    let ended = -1
    for (let from = 0; from <= text.length && matcher.find(from); ) {
      const start = matcher.start()
      const end = matcher.end()
      from = end > start ? end : end + 1
      while (((text[from] ?? 0) & 0xc0) === 0x80) from += 1
      const isNone = start === end && start === ended
      ended = end
      if (isNone) continue
      const match = text.toString('latin1', start, end).replace(/^\n+|\n+$/g, '')
      const inner = expression.matcher(Buffer.from(match, 'latin1'))
      let secret = match
      if (inner.find() && inner.groupCount() > 0) {
        const groups = Array.from({ length: inner.groupCount() }, (_, index) => {
          const at = inner.start(index + 1)
          return at < 0 ? '' : match.slice(at, inner.end(index + 1))
        })
        secret =
          rule.secretGroup > 0
            ? (groups[rule.secretGroup - 1] as string)
            : (groups.find((one) => one) ?? match)
      }
      found.push({ id: rule.id, start, secret: Buffer.from(secret, 'latin1').toString('utf8') })
    }
    return found
  })
}
