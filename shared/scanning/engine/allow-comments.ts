import { bisect } from '../bisect.ts'
import type { Range } from './location.ts'

/** Comments by which a line of a text says that it holds no secret. */
export class AllowComments {
  private readonly gitleaks: readonly Range[]
  private readonly others: readonly Range[]

  constructor(latin1: string) {
    this.gitleaks = commentsOf(latin1, ['gitleaks:allow'])
    this.others = commentsOf(latin1, ['betterleaks:allow', 'codecommit-relay:allow'])
  }

  /** gitleaks' comment on the line as gitleaks takes it, the others on the lines of the match */
  has(gitleaksLine: Range, touched: Range): boolean {
    return hasWithin(this.gitleaks, gitleaksLine) || hasWithin(this.others, touched)
  }
}

/** in order; they never overlap */
const commentsOf = (latin1: string, comments: readonly string[]): Range[] =>
  comments
    .flatMap((comment) => {
      const found: Range[] = []
      for (let at = latin1.indexOf(comment); at >= 0; at = latin1.indexOf(comment, at + 1))
        found.push({ from: at, to: at + comment.length })
      return found
    })
    .sort((a, b) => a.from - b.from)

const hasWithin = (sorted: readonly Range[], { from, to }: Range): boolean => {
  const first = bisect(sorted.length, (place) => (sorted[place] as Range).from < from)
  return (sorted[first]?.to ?? Number.POSITIVE_INFINITY) <= to
}
