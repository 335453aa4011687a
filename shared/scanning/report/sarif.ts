import type { Finding, RawFinding, UnscannedAt } from '../finding.ts'
import type { Rule } from '../types.ts'
import { describeUnscanned, placeName } from './words.ts'

/** What a report is about besides its findings. */
export interface SarifOptions {
  /** of this program, semantic */
  readonly version: string
  /** those that were looked for */
  readonly rules: readonly Rule[]
  readonly unscanned: readonly UnscannedAt[]
}

/** SARIF 2.1.0 (OASIS), redacted. */
export const sarif = (findings: readonly Finding[], options: SarifOptions): string =>
  written(
    findings.map((finding) => ({ finding, snippet: finding.secret, message: finding.message })),
    options,
  )

/** SARIF 2.1.0 with the secrets in it, for `--no-redact`. */
export const rawSarif = (found: readonly RawFinding[], options: SarifOptions): string =>
  written(
    found.map((raw) => {
      const { secret, message } = raw.reveal()
      return { finding: raw.named(), snippet: secret, message }
    }),
    options,
  )

interface Shown {
  readonly finding: Finding
  readonly snippet: string
  readonly message: string | undefined
}

const LEVELS = { block: 'error', advise: 'warning' } as const

const written = (shown: readonly Shown[], { version, rules, unscanned }: SarifOptions): string => {
  const named = new Map<string, Described>(rules.map((rule) => [rule.id, rule]))
  for (const one of shown) if (!named.has(one.finding.ruleId)) named.set(one.finding.ruleId, ruleOf(one))
  const described = [...named.values()]
  const indexes = new Map(described.map(({ id }, index) => [id, index]))
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'codecommit-relay', semanticVersion: version, rules: described.map(descriptor) },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: unscanned.map((one) => ({
              level: 'warning',
              message: { text: describeUnscanned(one) },
              locations: [locationOf(one.place)],
            })),
          },
        ],
        results: shown.map((one) => resultOf(one, indexes.get(one.finding.ruleId) ?? -1)),
      },
    ],
  }
  return `${JSON.stringify(log, null, 1)}\n`
}

type Described = Pick<Rule, 'id' | 'description' | 'action' | 'tags'>

const ruleOf = ({ finding }: Shown): Described => ({ ...finding, id: finding.ruleId })

const descriptor = ({ id, description, action, tags }: Described) => ({
  id,
  shortDescription: { text: description === '' ? id : description },
  defaultConfiguration: { level: LEVELS[action] },
  properties: { tags: [...new Set(tags)] },
})

const resultOf = ({ finding, snippet, message }: Shown, ruleIndex: number) => ({
  ruleId: finding.ruleId,
  ruleIndex,
  level: LEVELS[finding.action],
  message: { text: `${finding.ruleId} found a secret in ${placeName(finding)}.${noteOf(finding)}` },
  locations: [locationOf(finding, regionOf(finding, snippet))],
  // the first is the secret's own and outlives moved lines, rebase and squash; the second is gitleaks'
  partialFingerprints: {
    'relaySecret/v1': finding.fingerprint,
    ...(finding.commit === undefined ? {} : { commitSha: finding.commit }),
  },
  properties: {
    tags: [...new Set(finding.tags)],
    ...(finding.author === undefined ? {} : { author: finding.author }),
    ...(finding.email === undefined ? {} : { email: finding.email }),
    ...(finding.date === undefined ? {} : { date: finding.date }),
    ...(message ? { commitMessage: message } : {}),
  },
})

const noteOf = ({ note }: Finding): string => (note === undefined ? '' : ` It ${note}.`)

/** SARIF's end column is the one after the last; a path that is a finding by itself has no region. */
const regionOf = ({ startLine, endLine, characters }: Finding, snippet: string) =>
  startLine === 0 || snippet === ''
    ? undefined
    : {
        startLine,
        startColumn: characters.start,
        endLine,
        endColumn: characters.end + 1,
        snippet: { text: snippet },
      }

/** A message or a ref's name has no file: it is a logical location, a message named by its commit. */
const locationOf = (place: UnscannedAt['place'], region?: object) => {
  const path = place.symlink ?? place.path
  return path === '' || place.kind === 'ref-name'
    ? { logicalLocations: [{ fullyQualifiedName: placeName(place), kind: place.kind }] }
    : { physicalLocation: { artifactLocation: { uri: uriOf(path) }, ...(region ? { region } : {}) } }
}

const uriOf = (path: string): string =>
  path
    .split('/')
    .map((name) => encodeURIComponent(name.toWellFormed()))
    .join('/')
