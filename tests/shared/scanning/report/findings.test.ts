import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compileRules } from '../../../../shared/scanning/engine/compile.ts'
import { createEngine } from '../../../../shared/scanning/engine/engine.ts'
import { fingerprintOf, gitleaksFingerprint, type Place } from '../../../../shared/scanning/finding.ts'
import { findingsOf } from '../../../../shared/scanning/report/findings.ts'
import { gitleaksJson } from '../../../../shared/scanning/report/gitleaks-json.ts'
import { ownJson } from '../../../../shared/scanning/report/own-json.ts'
import { sarif } from '../../../../shared/scanning/report/sarif.ts'
import { textReport } from '../../../../shared/scanning/report/text.ts'
import { hitIn, KEY, PLACE, raw, raws, rule } from './findings.ts'

const SECRET = `${['qzx', 'wv_'].join('')}Zq8Lw0Rt5Yp2Kx7Vb3Nm`

describe('a finding', () => {
  test('says all but the secret', () => {
    const { finding } = raw(SECRET)
    expect(finding).toEqual({
      ...PLACE,
      ruleId: 'our-token',
      description: 'Our token',
      action: 'block',
      tags: ['ours'],
      startLine: 2,
      endLine: 2,
      startColumn: 7,
      endColumn: 8 + SECRET.length,
      characters: { start: 7, end: 8 + SECRET.length },
      secret: 'qzxw…',
      match: '"REDACTED"',
      line: 'key = "REDACTED";',
      entropy: 3.5,
      fingerprint: fingerprintOf(KEY, 'our-token', SECRET),
      decoded: [],
    })
  })

  test('columns in UTF-16 units beside bytes, over several lines', () => {
    const text = `a\n"😀é" = begin\nünd end;`
    const match = 'begin\nünd end'
    const [one] = raws({ hit: hitIn(text, match, match), place: PLACE })
    expect(one?.finding).toMatchObject({ startColumn: 12, endColumn: 8, characters: { start: 9, end: 7 } })
  })

  test('a byte order mark is no column for people', () => {
    const of = (text: string, match: string) =>
      raws({ hit: hitIn(text, match, match), place: PLACE })[0]?.finding
    expect(of('\ufeffk begin', 'begin')).toMatchObject({ startColumn: 6, characters: { start: 3, end: 7 } })
    expect(of('\ufeffk begin\nend', 'begin\nend')).toMatchObject({ characters: { start: 3, end: 3 } })
    expect(of('a\nbegin', 'begin')).toMatchObject({ characters: { start: 1, end: 5 } })
  })

  test('of a path: no line, and the path is what the fingerprint is of', () => {
    const { regex: _, ...byPath } = rule({ path: 'x' })
    const hit = hitIn('', '', '', { rule: byPath, match: 'file detected: src/a.ts' })
    const [one] = raws({ hit, place: PLACE })
    expect(one?.finding).toMatchObject({
      startLine: 0,
      startColumn: 0,
      secret: '',
      match: 'file detected: src/a.ts',
    })
    expect(one?.finding.fingerprint).toBe(fingerprintOf(KEY, 'our-token', 'src/a.ts'))
  })

  test('names the account of an AWS key that stands in or beside the secret', () => {
    const id = `${['AS', 'IA'].join('')}${'QNZGKIQY56JQ7WML'}`
    expect(raw(id).finding.note).toBe('belongs to AWS account 029608264753')
    const text = `${id}:${SECRET}`
    expect(raws({ hit: hitIn(text, text, SECRET), place: PLACE })[0]?.finding.note).toBe(
      'belongs to AWS account 029608264753',
    )
    expect(raw(SECRET).finding.note).toBeUndefined()
  })

  test('its raw texts show only when asked for', () => {
    const one = raw(SECRET)
    expect(one.reveal()).toMatchObject({ secret: SECRET, match: `"${SECRET}"`, message: 'Add a token' })
    for (const shown of [JSON.stringify(one), inspect(one, { depth: 9, showHidden: true }), `${one}`]) {
      expect(shown).not.toContain(SECRET)
    }
    expect(JSON.stringify(structuredClone(one))).not.toContain(SECRET)
  })

  test('has a long line left out', () => {
    const text = `${'x'.repeat(1_000)}"${SECRET}"`
    expect(raws({ hit: hitIn(text, `"${SECRET}"`, SECRET), place: PLACE })[0]?.finding.line).toBe('')
  })
})

test('long texts: of a message the beginning, of a match nothing, and no part of a secret at the cut', () => {
  for (let before = 9_980; before <= 10_000; before += 4) {
    const message = 'x'.repeat(before) + SECRET
    const { finding } = raw(SECRET, { place: { message } })
    expect(finding.message?.length).toBeLessThan(10_010)
    expect(leaksOf(SECRET, `${finding.message}`)).toEqual([])
  }
  const match = `"${SECRET}${'x'.repeat(10_000)}"`
  expect(raws({ hit: hitIn(match, match, SECRET), place: PLACE })[0]?.finding.match).toBe('REDACTED')
})

test('columns are those of the engine’s hits, whatever the text', () => {
  const regex = 'zq[a-z]{3}(?:\\n[^\\n]{1,3})?'
  const engine = createEngine(
    compileRules({ rules: [rule({ regex, keywords: ['zq'], id: 'zq' })], allowlists: [] }),
  )
  let seen = 0
  const piece = fc.constantFrom('zqabc', 'é', '😀', ' ', '\n', 'x', '"', 'ß\n')
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 20 }).map((all) => all.join('')),
      (text) => {
        const { hits } = engine.scan(Buffer.from(text), { path: 'a' })
        const lines = text.split('\n')
        for (const { finding, reveal } of findingsOf(
          hits.map((hit) => ({ hit, place: PLACE })),
          KEY,
        ).map((one) => ({ finding: one.finding, reveal: one.reveal() }))) {
          seen += 1
          const touched = lines.slice(finding.startLine - 1, finding.endLine)
          const last = touched.pop() ?? ''
          const whole = [...touched, last.slice(0, finding.characters.end)].join('\n')
          expect(whole.slice(finding.characters.start - 1)).toBe(reveal.match)
        }
      },
    ),
    { numRuns: 500 },
  )
  expect(seen).toBeGreaterThan(100)
})

describe('fingerprints', () => {
  test('are of rule, secret and key', () => {
    const all = [
      fingerprintOf(KEY, 'a', 'bc'),
      fingerprintOf(KEY, 'ab', 'c'),
      fingerprintOf(KEY, 'a', 'bd'),
      fingerprintOf({ id: 'k1', key: new Uint8Array(32).fill(8) }, 'a', 'bc'),
      fingerprintOf({ id: 'k2', key: KEY.key }, 'a', 'bc'),
    ]
    expect(new Set(all).size).toBe(5)
    expect(fingerprintOf(KEY, 'a', 'bc')).toBe(all[0])
  })

  test('are what openssl makes of the same', () => {
    // printf 'a\0bc' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707… (32 bytes)
    expect(fingerprintOf(KEY, 'a', 'bc')).toBe(
      'k1:c595f7a419a1266490503903f06aedadb2355a7b469481bee9231a776b498046',
    )
  })

  test.each([
    ['a short key', { id: 'k1', key: new Uint8Array(31) }],
    ['an id that would break the form', { id: 'k:1', key: KEY.key }],
    ['no id', { id: '', key: KEY.key }],
  ])('%s is refused, without the key in the message', (_, key) => {
    expect(() => fingerprintOf(key, 'a', 'b')).toThrow(
      expect.objectContaining({ code: 'ENVIRONMENT_INVALID' }),
    )
  })

  test('gitleaks’ own is the place', () => {
    const { finding } = raw(SECRET)
    expect(gitleaksFingerprint(finding)).toBe(`${'c'.repeat(40)}:src/a.ts:our-token:2`)
    const { commit: _, ...anywhere } = finding
    expect(gitleaksFingerprint(anywhere)).toBe('src/a.ts:our-token:2')
  })
})

/** all that is written without secrets */
const writtenOf = (found: ReturnType<typeof raws>): string => {
  const findings = found.map(({ finding }) => finding)
  const unscanned = [{ reason: 'time' as const, place: PLACE }]
  return [
    gitleaksJson(findings),
    sarif(findings, { version: '1.0.0', rules: [rule()], unscanned }),
    textReport(findings, unscanned),
    ownJson(findings, unscanned),
    JSON.stringify(found),
    inspect(found, { depth: 9, showHidden: true, maxArrayLength: null, maxStringLength: null }),
  ].join('\n')
}

// characters that no other part of a report is made of
const LETTERS = [...'ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ']
const secretOf = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 5, maxLength: 40 })

const leaksOf = (secret: string, written: string): string[] => {
  const leaks: string[] = []
  for (let at = 0; at + 5 <= secret.length; at += 1) {
    if (written.includes(secret.slice(at, at + 5))) leaks.push(secret.slice(at, at + 5))
  }
  return leaks
}

describe('nothing that is written without secrets holds 5 characters of one in a row', () => {
  test('wherever secrets stand beside one another', () => {
    const kinds = fc.constantFrom<Place['kind']>('file', 'commit-message', 'tag-message', 'path')
    fc.assert(
      fc.property(
        fc.array(secretOf, { minLength: 1, maxLength: 5 }),
        kinds,
        fc.nat(3),
        (secrets, kind, cut) => {
          const text = secrets.map((secret) => `key=${secret};`).join('')
          const found = secrets.map((secret) => ({
            // a match that ends within the next secret
            hit: hitIn(
              text,
              text.slice(text.indexOf(secret) - cut, text.indexOf(secret) + secret.length + 9),
              secret,
            ),
            place: { ...PLACE, kind, message: text, path: kind === 'path' ? 'a/b' : 'src/a.ts' },
          }))
          const written = writtenOf(findingsOf(found, KEY))
          expect(secrets.flatMap((secret) => leaksOf(secret, written))).toEqual([])
        },
      ),
      { numRuns: 200 },
    )
  })

  test('in names of files and people, from 8 characters on', () => {
    fc.assert(
      fc.property(secretOf, (secret) => {
        const long = secret + secret.slice(0, 5)
        const place = {
          ...PLACE,
          kind: 'path' as const,
          path: `keys/${long}.pem`,
          symlink: `link/${long}`,
          author: long,
          email: `${long}@example.com`,
          link: `https://example.com/${long}#L1`,
        }
        const written = writtenOf([raw(long, { place })])
        expect(leaksOf(long, written)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  test('nor what was encoded', () => {
    const encoded = Buffer.from(SECRET).toString('base64')
    const text = `data: ${encoded}\n`
    const hit = hitIn(text, encoded, SECRET, { match: SECRET, decoded: ['base64'] })
    const written = writtenOf(
      raws({ hit, place: { ...PLACE, kind: 'commit-message', path: '', message: text } }),
    )
    expect(leaksOf(SECRET, written)).toEqual([])
    expect(leaksOf(encoded, written)).toEqual([])
  })

  test('nor a key of several lines', () => {
    const body = Array.from(
      { length: 4 },
      (_, at) => `${LETTERS[at]}`.repeat(10) + LETTERS.slice(at, at + 20).join(''),
    )
    const secret = ['-----BEGIN', ' KEY-----\n', body.join('\n'), '\n-----END', ' KEY-----'].join('')
    const text = `a: |\n${secret}\n`
    const written = writtenOf(
      raws({ hit: hitIn(text, secret, secret), place: { ...PLACE, message: secret } }),
    )
    expect(body.flatMap((line) => leaksOf(line, written))).toEqual([])
  })
})
