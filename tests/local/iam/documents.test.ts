import { describe, expect, test } from '@jest/globals'
import { checkIdentityPolicy } from '../../../local/iam/documents/identity.ts'
import { checkTrustPolicy } from '../../../local/iam/documents/trust.ts'

const policy = (statement: unknown, more: object = { Version: '2012-10-17' }) =>
  JSON.stringify({ ...more, Statement: statement })
const statement = (more: object = {}) => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...more })
const dated = (value: unknown) =>
  policy(statement({ Condition: { DateGreaterThan: { 'aws:CurrentTime': value } } }))

describe('identity policies', () => {
  const SYNTAX = 'Syntax errors in policy.'
  const VERSION = 'Policy document must be version 2012-10-17 or greater.'
  const LEGACY = 'The policy failed legacy parsing'
  const RESOURCES = 'Policy statement must contain resources.'
  const ACTIONS = 'Policy statement must contain actions.'
  const VENDOR = 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'
  test.each([
    ['{', SYNTAX],
    ['[]', SYNTAX],
    ['null', SYNTAX],
    ['"x"', SYNTAX],
    ['{}', SYNTAX],
    [policy([]), SYNTAX],
    [policy([null]), SYNTAX],
    [policy(statement(), { Version: '2020-01-01' }), SYNTAX],
    [policy(statement(), {}), VERSION],
    [policy(statement(), { Version: '2008-10-17' }), VERSION],
    [policy(statement(), { Version: '2012-10-17', Id: 5 }), SYNTAX],
    [policy(statement(), { Version: '2012-10-17', Note: 'x' }), SYNTAX],
    [policy(statement({ Effect: 'Maybe' })), SYNTAX],
    [policy(statement({ Effect: undefined })), SYNTAX],
    [policy(statement({ Effect: 'allow' })), LEGACY],
    [policy(statement({ Conditions: {} })), SYNTAX],
    [policy(statement({ NotAction: 's3:*' })), SYNTAX],
    [policy(statement({ NotResource: '*' })), SYNTAX],
    [policy(statement({ Action: 5 })), SYNTAX],
    [policy(statement({ Resource: [5] })), SYNTAX],
    [policy(statement({ Sid: {} })), SYNTAX],
    [policy(statement({ Condition: [] })), SYNTAX],
    [policy(statement({ Condition: { StringEquals: 'x' } })), SYNTAX],
    [policy(statement({ Condition: { StringEquals: { a: {} } } })), SYNTAX],
    [policy(statement({ Condition: { StringSort: { a: 'b' } } })), SYNTAX],
    [policy(statement({ Condition: { 'ForSomeValues:StringEquals': { a: 'b' } } })), SYNTAX],
    [
      policy([statement({ Sid: 'a' }), statement({ Sid: 'a' })]),
      'Statement IDs (SID) in a single policy must be unique.',
    ],
    [
      policy(statement({ Sid: 'not a word' })),
      'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
    ],
    [policy(statement({ Principal: '*' })), 'Policy document should not specify a principal.'],
    [policy(statement({ Action: undefined })), ACTIONS],
    [policy(statement({ Action: [] })), ACTIONS],
    [policy(statement({ Action: 'everything' })), VENDOR],
    [policy(statement({ Action: ['s3:*', 's3'] })), VENDOR],
    [policy(statement({ Action: 's3:Get:Object' })), 'Actions/Condition can contain only one colon.'],
    [policy(statement({ Action: 's 3:GetObject' })), 'Vendor s 3 is not valid'],
    [policy(statement({ Resource: undefined })), RESOURCES],
    [policy(statement({ Resource: [] })), RESOURCES],
    [policy(statement({ Resource: 'bucket' })), 'Resource bucket must be in ARN format or "*".'],
    [policy(statement({ Resource: '' })), 'Resource  must be in ARN format or "*".'],
    [policy(statement({ Resource: ['b', 'a'] })), 'Resource a must be in ARN format or "*".'],
    [
      policy(statement({ Resource: 'arn:moon' })),
      'Partition "moon" is not valid for resource "arn:moon:*:*:*:*".',
    ],
    [
      policy(statement({ Resource: 'arn:b:c:d:e:f:g' })),
      'Partition "b" is not valid for resource "arn:b:c:d:e:f:g".',
    ],
    [
      policy(statement({ Resource: 'arn:aws' })),
      'Resource vendor must be fully qualified and cannot contain regexes.',
    ],
    [
      policy(statement({ Resource: 'arn:aws:s3:us-east-1::bucket' })),
      'Resource arn:aws:s3:us-east-1::bucket can not contain region information.',
    ],
    [
      policy(statement({ Resource: 'arn:aws:iam:us-east-1::user/x' })),
      'IAM resource arn:aws:iam:us-east-1::user/x cannot contain region information.',
    ],
    [policy(statement({ Action: 'read', Resource: undefined })), RESOURCES],
    [
      policy(statement({ Resource: 'arn:aws:iam::123456789012:orchard' })),
      'IAM resource path must either be "*", root, or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.',
    ],
    [policy(statement({ Resource: 'arn:aws::x' })), LEGACY],
    [dated('soon'), LEGACY],
    [dated('2031-13-01'), LEGACY],
    [dated('2031-05-17T24:00:00Z'), LEGACY],
    [dated('2031-05-17T10:00:00.1234567891Z'), LEGACY],
    [dated('9223372036854775808'), LEGACY],
    [dated(true), LEGACY],
  ])('%s', (text, message) => {
    expect(() => checkIdentityPolicy(text, 'managed')).toThrow(message)
  })

  test.each([
    policy(statement()),
    policy([statement({ Sid: '' }), statement({ Sid: '' })]),
    policy(
      statement({
        Action: undefined,
        NotAction: ['iam:*'],
        Resource: undefined,
        NotResource: 'arn:aws:s3:::x',
      }),
    ),
    policy(statement({ Action: '*' })),
    policy(statement({ Resource: ['arn:aws:iam::123456789012:root', 'arn:aws:iam::*:*'] })),
    policy(statement({ Resource: 'arn:aws:s3:::bucket/*' })),
    policy(statement({ Resource: 'arn:aws:s3:us-east-1:1:accesspoint/x' })),
    policy(statement({ Resource: 'arn:*:s3:::bucket' })),
    policy(statement({ Condition: { 'ForAllValues:StringLikeIfExists': { a: ['b'] }, Bool: { c: true } } })),
    policy(statement({ Condition: { NumericLessThan: { a: 10 }, NoOperator: {} } })),
    policy(statement({ Condition: { IpAddress: { a: '10.0.0.0/8' }, BinaryEquals: { b: 'QQ==' } } })),
    dated('2031-05-17T10:00:00Z'),
    dated('2031-05-17T10:00:00.593194+01:00'),
    dated(['2031-05-17', '1936775073']),
    dated('2031T10'),
  ])('well formed: %s', (text) => {
    expect(() => checkIdentityPolicy(text, 'managed')).not.toThrow()
  })

  test('an inline policy may be of the older version', () => {
    for (const more of [{}, { Version: '2008-10-17' }])
      expect(() => checkIdentityPolicy(policy(statement(), more), 'inline')).not.toThrow()
  })
})

describe('trust policies', () => {
  const trusting = (more: object = {}) => ({
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: 'sts:AssumeRole',
    ...more,
  })
  test.each([
    ['{', 'This policy contains invalid Json'],
    ['[]', 'This policy contains invalid Json'],
    ['{}', 'Missing required field Statement'],
    [policy([]), 'Missing required field Statement'],
    [policy(trusting({ Effect: undefined })), 'Missing required field Effect'],
    [policy(trusting({ Principal: undefined })), 'Missing required field Principal'],
    [policy(trusting({ Principal: 'me' })), 'Invalid principal in policy: "STAR":"me"'],
    [policy(trusting({ Action: undefined })), 'Missing required field Action'],
    [policy(trusting({ Effect: 'Maybe' })), 'Syntax errors in policy.'],
    [
      policy(trusting({ Action: 's3:GetObject' })),
      'AssumeRole policy may only specify STS AssumeRole actions.',
    ],
    [policy(trusting({ Action: '*' })), 'AssumeRole policy may only specify STS AssumeRole actions.'],
    [policy(trusting({ Resource: '*' })), 'Has prohibited field Resource'],
  ])('%s', (text, message) => {
    expect(() => checkTrustPolicy(text)).toThrow(message)
  })

  test.each([
    policy(trusting()),
    policy(trusting(), {}),
    policy(trusting(), { Version: '2008-10-17' }),
    policy(trusting({ Principal: '*' })),
    policy([trusting({ Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'] })]),
  ])('well formed: %s', (text) => {
    expect(() => checkTrustPolicy(text)).not.toThrow()
  })
})
