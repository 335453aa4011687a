import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { personOf } from '../../../shared/notices/people.ts'
import { anyLetter } from '../../support/any-letter.ts'

test.each([
  ['arn:aws:iam::111111111111:user/omar', 'omar'],
  ['arn:aws:iam::111111111111:user/teams/core/omar', 'omar'],
  ['arn:aws-cn:iam::111111111111:user/omar', 'omar'],
  ['arn:aws:sts::111111111111:assumed-role/Builder/nina', 'nina'],
  ['arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Dev_0a1b/nina@example.com', 'nina@example.com'],
  ['arn:aws:sts::111111111111:assumed-role/Builder/i-0abc123def', 'Builder (i-0abc123def)'],
  [
    'arn:aws:sts::111111111111:assumed-role/Builder/botocore-session-1700000000',
    'Builder (botocore-session-1700000000)',
  ],
  ['arn:aws:sts::111111111111:federated-user/petra', 'petra'],
  ['arn:aws:iam::111111111111:root', 'root of 111111111111'],
  ['arn:aws:sts::111111111111:assumed-role/Builder', 'Builder'],
  ['arn:aws:iam::111111111111:user/', 'arn:aws:iam::111111111111:user/'],
  ['AROA' + 'EXAMPLE:nina', 'nina'],
  ['codecommit.amazonaws.com', 'codecommit.amazonaws.com'],
  ['arn', 'arn'],
  ['', undefined],
  [' \n', undefined],
  [undefined, undefined],
])('%s is %s', (arn, name) => {
  expect(personOf(arn)).toBe(name)
})

test('a display name goes first, unless it is empty', () => {
  expect(personOf('arn:aws:iam::111111111111:user/omar', 'Omar O')).toBe('Omar O')
  expect(personOf('arn:aws:iam::111111111111:user/omar', ' ')).toBe('omar')
})

test('anything becomes a short name on one line, or nothing', () => {
  const part = fc.string({ unit: anyLetter, maxLength: 100 })
  const arn = fc.oneof(
    part,
    fc.array(part, { maxLength: 8 }).map((parts) => ['arn', ...parts].join(':')),
  )
  fc.assert(
    fc.property(arn, (text) => {
      const name = personOf(text)
      if (name === undefined) return
      expect([...name].length).toBeLessThanOrEqual(64)
      expect(name).toMatch(/^\S/)
      expect(name).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    }),
  )
})
