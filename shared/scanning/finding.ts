import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { RelayError } from '../runtime/errors.ts'
import type { Hit, RuleAction, Unscanned } from './types.ts'

/** What a finding was found in: a file's content, the message of a commit or tag, a file's name, or the name of a branch or tag. */
export type PlaceKind = 'file' | 'commit-message' | 'tag-message' | 'path' | 'ref-name'

/** Where a text stands that was scanned. */
export interface Place {
  readonly kind: PlaceKind
  /** with `/`, relative; empty for a message; of a branch or tag its full name */
  readonly path: string
  /** the symbolic link through which the file was reached */
  readonly symlink?: string
  /** 40 hex digits; of a tag's message, the tag's own */
  readonly commit?: string
  readonly author?: string
  readonly email?: string
  /** ISO 8601, UTC, seconds */
  readonly date?: string
  /** of the commit */
  readonly message?: string
  /** to the line, on the web */
  readonly link?: string
}

/**
 * A secret that was found, without the secret: a value that may be stored, sent and shown. `match`, `line`, `message` and the names have
 * secrets masked.
 */
export interface Finding extends Place {
  readonly ruleId: string
  readonly description: string
  readonly action: RuleAction
  readonly tags: readonly string[]
  /** lines and columns from 1, columns in bytes, the last one's included; 0 for a rule that looks at paths only */
  readonly startLine: number
  readonly endLine: number
  /** of the added lines that it was found in, where they do not begin the text; gitleaks counts columns from there */
  readonly firstLine?: number
  readonly startColumn: number
  readonly endColumn: number
  /** the same columns in UTF-16 units, as SARIF has them */
  readonly characters: { readonly start: number; readonly end: number }
  /** the secret, redacted */
  readonly secret: string
  readonly match: string
  /** the lines that the match touches; empty when they are long */
  readonly line: string
  /** bits per byte */
  readonly entropy: number
  /** `KEY:HEX`: of rule and secret under a key, the same wherever and whenever the secret is found */
  readonly fingerprint: string
  /** what is known of the secret besides, such as the AWS account it belongs to */
  readonly note?: string
  /** encodings that were taken off, outermost first */
  readonly decoded: readonly string[]
}

/** What a secret is in the clear. */
export interface RawTexts {
  readonly secret: string
  readonly match: string
  readonly line: string
  readonly message: string
}

/**
 * A finding together with its secret, for this process only: for comparing with a baseline, and for a report that was asked for
 * with `--no-redact`. Its texts do not show in JSON, logs or structured clones.
 */
export class RawFinding {
  readonly finding: Finding
  readonly #texts: RawTexts
  readonly #place: Place

  constructor(finding: Finding, texts: RawTexts, place: Place) {
    this.finding = finding
    this.#texts = texts
    this.#place = place
  }

  /** The finding with the names of files and people as they are: one of them may be the secret, or have a part like it. */
  named(): Finding {
    const { message: _, ...names } = this.#place
    return { ...this.finding, ...names }
  }

  reveal(): RawTexts {
    return this.#texts
  }

  [inspect.custom](): string {
    return `RawFinding ${this.finding.fingerprint}`
  }
}

/** A hit and where its text stands. */
export interface FoundAt {
  readonly hit: Hit
  readonly place: Place
}

/** What was not looked at, and where. */
export type UnscannedAt = Unscanned & {
  readonly place: Place
  /** objects that this stands for, where they are more than one, of which no place is known */
  readonly objects?: number
}

/** A key for fingerprints. Its id stands before each of them, so that keys can be changed. */
export interface FingerprintKey {
  /** letters, digits, `-` and `_`, at most 32 */
  readonly id: string
  /** at least 32 bytes */
  readonly key: Uint8Array
}

const KEY_LEAST = 32

/**
 * HMAC-SHA256 of rule and secret, `KEY:64 hex digits`.
 *
 * @throws RelayError ENVIRONMENT_INVALID for a key that is too short or an id with other characters
 */
export const fingerprintOf = (key: FingerprintKey, ruleId: string, secret: string): string => {
  if (key.key.length < KEY_LEAST || !/^[\w-]{1,32}$/.test(key.id)) {
    throw new RelayError('ENVIRONMENT_INVALID', { setting: 'fingerprint key', bytes: key.key.length })
  }
  return `${key.id}:${createHmac('sha256', key.key).update(`${ruleId}\0${secret}`).digest('hex')}`
}

/** gitleaks' own fingerprint, by place: `COMMIT:FILE:RULE:LINE`, without a commit `FILE:RULE:LINE`. */
export const gitleaksFingerprint = ({
  commit,
  path,
  ruleId,
  startLine,
}: Pick<Finding, 'commit' | 'path' | 'ruleId' | 'startLine'>): string =>
  `${commit === undefined ? '' : `${commit}:`}${path}:${ruleId}:${startLine}`
