import { describe, expect, test } from '@jest/globals'
import type { Finding, UnscannedAt } from '../../../../shared/scanning/finding.ts'
import { gitleaksJson, rawGitleaksJson } from '../../../../shared/scanning/report/gitleaks-json.ts'
import { ownJson } from '../../../../shared/scanning/report/own-json.ts'
import { rawSarif, sarif } from '../../../../shared/scanning/report/sarif.ts'
import { rawTextReport, textReport } from '../../../../shared/scanning/report/text.ts'
import { PLACE, raw, rule } from './findings.ts'

const SECRET = `${['qzx', 'wv_'].join('')}Zq8Lw0Rt5Yp2Kx7Vb3Nm`
const one = raw(SECRET)
const COMMIT = 'c'.repeat(40)
const message: Finding = { ...one.finding, kind: 'commit-message', path: '', startLine: 1, action: 'advise' }
const unscanned: UnscannedAt[] = [
  { reason: 'time', ruleId: 'slow', bytes: 12, place: { kind: 'file', path: 'big.txt', commit: COMMIT } },
  { reason: 'archive', place: { kind: 'file', path: 'a.zip' } },
]

describe('gitleaks’ JSON', () => {
  test('has its fields in its order, its form and its columns', () => {
    expect(gitleaksJson([one.finding])).toBe(`[
 {
  "RuleID": "our-token",
  "Description": "Our token",
  "StartLine": 2,
  "EndLine": 2,
  "StartColumn": 8,
  "EndColumn": ${9 + SECRET.length},
  "Match": "\\"REDACTED\\"",
  "Secret": "qzxw…",
  "File": "src/a.ts",
  "SymlinkFile": "",
  "Commit": "${COMMIT}",
  "Entropy": 3.5,
  "Author": "Ada",
  "Email": "ada@example.com",
  "Date": "2026-01-02T03:04:05Z",
  "Message": "Add a token",
  "Tags": [
   "ours"
  ],
  "Fingerprint": "${COMMIT}:src/a.ts:our-token:2"
 }
]
`)
  })

  test('of nothing', () => {
    expect(gitleaksJson([])).toBe('[]\n')
  })

  test('with the secrets, when they are asked for', () => {
    expect(JSON.parse(rawGitleaksJson([one]))).toMatchObject([{ Secret: SECRET, Match: `"${SECRET}"` }])
  })

  test('escapes what Go escapes, has Link where there is one, and columns of the first line as they are', () => {
    const written = gitleaksJson([
      { ...one.finding, startLine: 1, endLine: 1, link: 'https://x/?a&b', message: '<a>\u2028' },
    ])
    expect(written).toContain('"https://x/?a\\u0026b"')
    expect(written).toContain('"\\u003ca\\u003e\\u2028"')
    expect(JSON.parse(written)).toMatchObject([{ StartColumn: 7, Link: 'https://x/?a&b' }])
    expect(written.indexOf('"Link"')).toBeGreaterThan(written.indexOf('"Commit"'))
    expect(written.indexOf('"Link"')).toBeLessThan(written.indexOf('"Entropy"'))
  })

  test.each([
    [3.446439344, 3.4464393],
    [0, 0],
    [4.913298692, 4.9132986],
    [5, 5],
  ])('entropy %d is written as 32 bits hold it: %d', (entropy, written) => {
    expect(JSON.parse(gitleaksJson([{ ...one.finding, entropy }]))).toMatchObject([{ Entropy: written }])
  })
})

describe('SARIF', () => {
  const options = { version: '1.2.3', rules: [rule(), rule({ id: 'other', action: 'advise' })], unscanned }
  const log = JSON.parse(sarif([one.finding, message], options))
  const [run] = log.runs

  test('says what it is', () => {
    expect(log.$schema).toBe('https://json.schemastore.org/sarif-2.1.0.json')
    expect(log.version).toBe('2.1.0')
    expect(log.runs).toHaveLength(1)
    expect(run.columnKind).toBe('utf16CodeUnits')
    expect(run.tool.driver).toEqual({
      name: 'codecommit-relay',
      semanticVersion: '1.2.3',
      rules: [
        {
          id: 'our-token',
          shortDescription: { text: 'Our token' },
          defaultConfiguration: { level: 'error' },
          properties: { tags: ['ours'] },
        },
        {
          id: 'other',
          shortDescription: { text: 'Our token' },
          defaultConfiguration: { level: 'warning' },
          properties: { tags: ['ours'] },
        },
      ],
    })
  })

  test('a result in a file', () => {
    expect(run.results[0]).toEqual({
      ruleId: 'our-token',
      ruleIndex: 0,
      level: 'error',
      message: { text: `our-token found a secret in src/a.ts at commit ${COMMIT}.` },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'src/a.ts' },
            region: {
              startLine: 2,
              startColumn: 7,
              endLine: 2,
              endColumn: 9 + SECRET.length,
              snippet: { text: 'qzxw…' },
            },
          },
        },
      ],
      partialFingerprints: { 'relaySecret/v1': one.finding.fingerprint, commitSha: COMMIT },
      properties: {
        tags: ['ours'],
        author: 'Ada',
        email: 'ada@example.com',
        date: '2026-01-02T03:04:05Z',
        commitMessage: 'Add a token',
      },
    })
  })

  test('a result in a message is at a logical place', () => {
    expect(run.results[1]).toMatchObject({
      level: 'warning',
      locations: [
        {
          logicalLocations: [
            { fullyQualifiedName: `the message of commit ${COMMIT}`, kind: 'commit-message' },
          ],
        },
      ],
    })
  })

  test('what was not scanned is a notification', () => {
    expect(run.invocations).toEqual([
      {
        executionSuccessful: true,
        toolExecutionNotifications: [
          {
            level: 'warning',
            message: {
              text: `Not scanned in whole: big.txt at commit ${COMMIT} took too long (rule slow) (12 bytes).`,
            },
            locations: [{ physicalLocation: { artifactLocation: { uri: 'big.txt' } } }],
          },
          {
            level: 'warning',
            message: { text: 'Not scanned in whole: a.zip is an archive.' },
            locations: [{ physicalLocation: { artifactLocation: { uri: 'a.zip' } } }],
          },
        ],
      },
    ])
  })

  test('a rule that was not among those given is described all the same', () => {
    const [alone] = JSON.parse(sarif([one.finding], { ...options, rules: [] })).runs
    expect(alone.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(['our-token'])
    expect(alone.results[0].ruleIndex).toBe(0)
  })

  test('paths become URIs; one alone has no region', () => {
    const path = 'a b/ü#?%:\ud800.txt'
    const { finding } = raw('', { place: { path } })
    const [{ results }] = JSON.parse(sarif([finding], options)).runs
    expect(results[0].locations).toEqual([
      { physicalLocation: { artifactLocation: { uri: 'a%20b/%C3%BC%23%3F%25%3A%EF%BF%BD.txt' } } },
    ])
  })

  test('with the secrets, when they are asked for', () => {
    expect(rawSarif([one], options)).toContain(SECRET)
  })
})

describe('the report for people', () => {
  test('tells each finding, what was not scanned, and the counts', () => {
    const noted = { ...message, note: 'belongs to AWS account 123456789012', decoded: ['base64'] }
    expect(textReport([one.finding, noted], unscanned)).toBe(`src/a.ts:2:7  our-token  blocks
  Our token
  Secret: qzxw…
  Commit ${COMMIT}, Ada <ada@example.com>, 2026-01-02T03:04:05Z

message of ${COMMIT}:1:7  our-token  advice
  Our token
  Secret: qzxw… (encoded: base64)
  It belongs to AWS account 123456789012.
  Commit ${COMMIT}, Ada <ada@example.com>, 2026-01-02T03:04:05Z

Not scanned in whole: big.txt at commit ${COMMIT} took too long (rule slow) (12 bytes).
Not scanned in whole: a.zip is an archive.

2 findings, 1 of them blocking. Rotate what is real: removing it is not enough. 2 texts not scanned in whole.
`)
  })

  test('of what is in no commit yet says first to take it out', () => {
    const { commit: _, ...staged } = raw(SECRET).finding
    expect(textReport([staged], [])).toContain('Take out what is real')
  })

  test('of nothing', () => {
    expect(textReport([], [])).toBe('No secrets found.\n')
  })

  test('with the secrets, when they are asked for', () => {
    expect(rawTextReport([one], [])).toContain(`Secret: ${SECRET}`)
  })

  test('names and messages do not steer the terminal', () => {
    const place = { ...PLACE, path: 'a\u001b[2J\nb', author: 'E\u202eve\u0007' }
    const written = textReport([raw(SECRET, { place }).finding], [])
    expect(written).toContain('a\\u{1b}[2J\\u{a}b:2:7')
    expect(written).toContain('E\\u{202e}ve\\u{7}')
  })
})

test('our own JSON holds findings as they are, and unscanned places without messages', () => {
  const place = { ...PLACE, message: SECRET }
  expect(JSON.parse(ownJson([one.finding], [{ reason: 'time', place }]))).toEqual({
    version: 1,
    findings: [one.finding],
    unscanned: [{ reason: 'time', place: { ...PLACE, message: undefined } }],
  })
})
