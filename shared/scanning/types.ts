/** `block`: specific enough to stop a pull request. `advise`: a hint, never more. */
export type RuleAction = 'block' | 'advise'

/** What is not a secret although a rule says so; the keys of gitleaks' `[[allowlists]]`, with their defaults filled in. */
export interface Allowlist {
  readonly description: string
  /** `AND`: everything that is given must hold; `OR`: one of it */
  readonly condition: 'OR' | 'AND'
  /** what `regexes` look at */
  readonly regexTarget: 'secret' | 'match' | 'line'
  /** Go regular expressions over the path */
  readonly paths: readonly string[]
  /** Go regular expressions */
  readonly regexes: readonly string[]
  /** found anywhere in the secret, whatever its case */
  readonly stopwords: readonly string[]
  /** object ids, whole */
  readonly commits: readonly string[]
}

/** Another rule that has to be found nearby, for this one to count. */
export interface RequiredRule {
  readonly id: string
  /** absent: anywhere in the same text */
  readonly withinLines?: number
  readonly withinColumns?: number
}

/** One rule as gitleaks' TOML has it, with its defaults filled in. */
export interface Rule {
  readonly id: string
  readonly description: string
  /** Go (RE2) syntax; absent: a finding is a path that `path` matches */
  readonly regex?: string
  /** Go regular expression over the path */
  readonly path?: string
  /** lower-cased; none: every text is looked at */
  readonly keywords: readonly string[]
  /** bits per byte that the secret must exceed; 0: any */
  readonly entropy: number
  /** 0: the first group that is not empty, or else the match */
  readonly secretGroup: number
  readonly tags: readonly string[]
  readonly allowlists: readonly Allowlist[]
  readonly required: readonly RequiredRule[]
  /** found only on behalf of rules that require it */
  readonly skipReport: boolean
  readonly action: RuleAction
  /** from the pack that is shipped, whose expressions are vetted; others run on a linear engine */
  readonly vetted: boolean
}

export interface RuleSet {
  readonly rules: readonly Rule[]
  /** for every rule, or for those that `targetRules` names */
  readonly allowlists: readonly (Allowlist & { readonly targetRules: readonly string[] })[]
}

/** What a text is, for rules and allow-lists that look at it. */
export interface Target {
  /** with `/`, relative; empty: no file (a commit message, standard input) */
  readonly path: string
  /** how much of the path someone gave who asked for this folder: what it is called there says nothing about the text */
  readonly given?: number
  /** 40 hex digits */
  readonly commit?: string
}

/**
 * A rule's find in one text. `secret`, `match` and `line` are raw and for this process only: nothing that leaves it may hold
 * them (`redact`, `fingerprint`).
 */
export interface Hit {
  readonly rule: Rule
  /** offsets in bytes of the text as it was given */
  readonly start: number
  readonly end: number
  readonly secret: string
  readonly match: string
  /** the lines that the match touches */
  readonly line: string
  /** from 1 */
  readonly startLine: number
  readonly endLine: number
  /** of the added lines that were looked at by themselves the first; absent: the text's first */
  readonly firstLine?: number
  /** in bytes, from 1 */
  readonly startColumn: number
  readonly endColumn: number
  /** of the secret, bits per byte */
  readonly entropy: number
  /** found in what was encoded there: `base64`, `percent`, `hex`, outermost first */
  readonly decoded: readonly string[]
  /** the line says `gitleaks:allow` or the like */
  readonly allowedInline: boolean
}

/** Why a text, or a part of it, was not looked at; each is a result, never a gap. */
export type UnscannedReason =
  | 'binary'
  | 'archive'
  | 'time'
  | 'size'
  | 'findings'
  | 'pattern'
  /** an object of a pack that is not what its type says, or that is not there at all; a file that cannot be read */
  | 'broken'
  | 'missing'
  /** no file: a pipe, a socket, a device */
  | 'special'

export interface Unscanned {
  readonly reason: UnscannedReason
  /** the rule that ran out of time, or whose pattern cannot run */
  readonly ruleId?: string
  /** bytes not looked at, where it is known */
  readonly bytes?: number
}

export interface ScanResult {
  readonly hits: readonly Hit[]
  readonly unscanned: readonly Unscanned[]
}

export interface ScanLimits {
  /** milliseconds for a text of up to 10 MB, all rules together; for each further 10 MB as much again */
  readonly timeMs: number
  /** hits in one text */
  readonly hits: number
  /** how deep encoded text is unwrapped; 0: not at all */
  readonly decodeDepth: number
}

/** Rules made ready. `scan` is synchronous and keeps nothing of what it is given. */
export interface Engine {
  readonly rules: RuleSet
  scan(text: Uint8Array, target: Target): ScanResult
}
