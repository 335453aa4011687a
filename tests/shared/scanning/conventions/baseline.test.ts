import { describe, expect, test } from '@jest/globals'
import { readBaseline } from '../../../../shared/scanning/conventions/baseline.ts'
import { renderMistake } from '../../../../shared/scanning/conventions/mistakes.ts'
import type { Place, RawFinding } from '../../../../shared/scanning/finding.ts'
import { findingsOf } from '../../../../shared/scanning/report/findings.ts'
import {
  type GitleaksFinding,
  gitleaksFinding,
  gitleaksJson,
  rawGitleaksJson,
} from '../../../../shared/scanning/report/gitleaks-json.ts'
import { ownJson } from '../../../../shared/scanning/report/own-json.ts'
import { hitIn, PLACE, raw } from '../report/findings.ts'

const SECRET = `${['qzx', 'wv_'].join('')}Zq8Lw0Rt5Yp2Kx7Vb3Nm`
const one = raw(SECRET)
const other = raw(SECRET.replace('Zq8', 'Aq8'))

/** the same finding a line further down, or elsewhere */
const moved = (place: Partial<Place> = {}): RawFinding => {
  const text = `\n\nkey = "${SECRET}"`
  const found = [{ hit: hitIn(text, SECRET, SECRET), place: { ...PLACE, ...place } }]
  return findingsOf(found, { id: 'k1', key: new Uint8Array(32).fill(7) })[0] as RawFinding
}

describe('gitleaks’ JSON', () => {
  const entry = gitleaksFinding(one.finding, one.reveal())
  const baseline = (change: Partial<GitleaksFinding> = {}) =>
    readBaseline(JSON.stringify([{ ...entry, ...change }]))

  test('knows its findings, and no others', () => {
    const known = readBaseline(rawGitleaksJson([one]))
    expect(known.mistakes).toEqual([])
    expect(known.size).toBe(1)
    expect(known.knows(one)).toBe(true)
    expect(known.knows(other)).toBe(false)
    expect(known.knows(moved())).toBe(false)
  })

  const differing: [field: string, change: Partial<GitleaksFinding>, known: boolean][] = [
    ['RuleID', { RuleID: 'x' }, false],
    ['File', { File: 'x' }, false],
    ['Commit', { Commit: 'd'.repeat(40) }, false],
    ['no Commit', { Commit: '' }, false],
    ['StartLine', { StartLine: 3 }, false],
    ['Secret', { Secret: 'x' }, false],
    ['File with backslashes', { File: 'src\\a.ts' }, true],
    ['Description', { Description: 'x' }, true],
    ['columns', { StartColumn: 1, EndColumn: 2 }, true],
    ['Entropy', { Entropy: 1 }, true],
    ['Fingerprint', { Fingerprint: 'x' }, true],
    ['Match', { Match: 'x' }, true],
  ]
  test.each(differing)('another %s', (_, change, known) => {
    expect(baseline(change).knows(one)).toBe(known)
  })

  const redactions: [secret: string, known: boolean][] = [
    ['REDACTED', true],
    [`${SECRET.slice(0, 6)}...`, true],
    ['...', true],
    ['other...', false],
    [`${SECRET.slice(0, 4)}…`, true],
    ['abcd…', false],
  ]
  test.each(redactions)('with the secret redacted to %j', (Secret, known) => {
    expect(baseline({ Secret }).knows(one)).toBe(known)
  })

  test('of ours, redacted', () => {
    expect(readBaseline(gitleaksJson([one.finding])).knows(one)).toBe(true)
    expect(readBaseline(gitleaksJson([one.finding])).knows(moved())).toBe(false)
  })

  test('without a Secret: by place', () => {
    const { Secret: _, ...rest } = entry
    expect(readBaseline(JSON.stringify([rest])).knows(one)).toBe(true)
  })
})

describe('our own JSON', () => {
  const known = readBaseline(ownJson([one.finding], []))

  test('knows the secret on whatever line of its file, in whatever commit', () => {
    expect(known.mistakes).toEqual([])
    expect(known.knows(one)).toBe(true)
    expect(known.knows(moved({ commit: 'd'.repeat(40) }))).toBe(true)
    expect(known.knows(moved({ path: 'src/b.ts' }))).toBe(false)
  })

  test('does not know another secret on the same line', () => {
    expect(known.knows(other)).toBe(false)
  })

  test('under another key, by place and what is shown', () => {
    const { finding } = one
    const elsewhere = readBaseline(ownJson([{ ...finding, fingerprint: `k0:${'0'.repeat(64)}` }], []))
    expect(elsewhere.knows(one)).toBe(true)
    expect(elsewhere.knows(moved())).toBe(false)
  })
})

describe('mistakes', () => {
  const broken: [what: string, text: string, line: string][] = [
    ['no JSON', `[{"Secret": "${SECRET}"`, 'baseline.json:1 expected JSON, found something else'],
    ['no list', '{"a": 1}', 'baseline.json:1 expected a list of findings, found something else'],
    ['null', 'null', 'baseline.json:1 expected a list of findings, found something else'],
    [
      'not a finding',
      '[1]',
      'baseline.json:1 [0]: expected a finding with RuleID, File and StartLine, found something else (ignored)',
    ],
    [
      'a finding without line',
      '[{"RuleID":"a","File":"b"}]',
      'baseline.json:1 [0]: expected a finding with RuleID, File and StartLine, found something else (ignored)',
    ],
  ]
  test.each(broken)('%s', (_, text, line) => {
    const { mistakes, size, knows } = readBaseline(text)
    expect(mistakes.map(renderMistake)).toEqual([line])
    expect(size).toBe(0)
    expect(knows(one)).toBe(false)
  })
})
