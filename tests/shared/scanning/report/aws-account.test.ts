import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { awsAccountOf } from '../../../../shared/scanning/report/aws-account.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

// The other way round than the code: eight characters count in pairs of accounts from QAAAAAAA on, the next one's first bit says
// which of the two it is.
const keyIdOf = (prefix: string, account: number, rest: string): string => {
  let number = 16n * 32n ** 7n + BigInt(Math.floor(account / 2))
  let chars = ''
  for (let at = 0; at < 8; at += 1) {
    chars = (ALPHABET[Number(number % 32n)] ?? '') + chars
    number /= 32n
  }
  const first = ALPHABET.indexOf(rest[0] ?? 'A') % 16
  return `${prefix}${chars}${ALPHABET[first + (account % 2) * 16]}${rest.slice(1)}`
}
const PREFIXES = ['AK', 'AS'].map((start) => `${start}IA`)

test('an account comes out of every id that was made for it', () => {
  const rest = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(
      fc.constantFrom(...PREFIXES),
      fc.nat({ max: 999_999_999_999 }),
      rest,
      (prefix, account, more) => {
        expect(awsAccountOf(keyIdOf(prefix, account, more))).toBe(`${account}`.padStart(12, '0'))
      },
    ),
  )
})

// a pair that is public: from an analysis of such ids, whose account is shown beside it
test('a public example', () => {
  expect(awsAccountOf(`${PREFIXES[1]}${'QNZGKIQY56JQ7WML'}`)).toBe('029608264753')
})

test.each([
  ['of the old style', `${PREFIXES[0]}${'J'}${'A'.repeat(15)}`],
  ['the last of the old style', `${PREFIXES[0]}${'P'}${'7'.repeat(15)}`],
  ['of another kind', `${'AR'}OA${'Q'.repeat(16)}`],
  ['too short', `${PREFIXES[0]}${'Q'.repeat(15)}`],
  ['too long', `${PREFIXES[0]}${'Q'.repeat(17)}`],
  ['not base32', `${PREFIXES[0]}${'Q'.repeat(15)}1`],
  ['of a number that is no account', `${PREFIXES[0]}${'7'.repeat(16)}`],
  ['empty', ''],
])('none: %s', (_, id) => {
  expect(awsAccountOf(id)).toBeUndefined()
})
