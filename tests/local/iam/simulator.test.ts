// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written so
import { beforeEach, describe, expect, test } from '@jest/globals'
import { statementSpans } from '../../../local/iam/simulator/positions.ts'
import { A, B, type Fixture, identity, roleArn, startFixture, userArn } from './fixture.ts'

let f: Fixture
beforeEach(() => {
  f = startFixture()
})
const simulate = async (more: object) => (await f.call('SimulateCustomPolicy', more)).EvaluationResults
const QUEUE = `arn:aws:sqs:eu-west-1:${A}:q`

// AWS CLI command reference, simulate-custom-policy, examples 1 and 2
const DATED =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
const at = (time: string) => [
  { ContextKeyName: 'aws:CurrentTime', ContextKeyValues: [time], ContextKeyType: 'date' },
]

describe('SimulateCustomPolicy', () => {
  test('the documented examples', async () => {
    const ask = { PolicyInputList: [DATED], ActionNames: ['dynamodb:CreateBackup'] }
    expect(await simulate({ ...ask, ContextEntries: at('2019-04-25T11:00:00Z') })).toEqual([
      {
        EvalActionName: 'dynamodb:CreateBackup',
        EvalResourceName: '*',
        EvalDecision: 'allowed',
        MatchedStatements: [
          {
            SourcePolicyId: 'PolicyInputList.1',
            SourcePolicyType: 'IAM Policy',
            StartPosition: { Line: 1, Column: 38 },
            EndPosition: { Line: 1, Column: 167 },
          },
        ],
        MissingContextValues: [],
      },
    ])
    expect(await simulate({ ...ask, ContextEntries: at('2014-04-25T11:00:00Z') })).toEqual([
      {
        EvalActionName: 'dynamodb:CreateBackup',
        EvalResourceName: '*',
        EvalDecision: 'implicitDeny',
        MatchedStatements: [],
        MissingContextValues: [],
      },
    ])
    expect(await simulate(ask)).toMatchObject([
      { EvalDecision: 'implicitDeny', MissingContextValues: ['aws:CurrentTime'] },
    ])
  })

  test('resources one by one, the whole as strict as the strictest', async () => {
    const other = `${QUEUE}2`
    const [result] = await simulate({
      PolicyInputList: [identity('sqs:*'), identity('sqs:*', other, 'Deny')],
      ActionNames: ['sqs:SendMessage'],
      ResourceArns: [QUEUE, other],
    })
    expect(result).toMatchObject({
      EvalDecision: 'explicitDeny',
      MatchedStatements: [{ SourcePolicyId: 'PolicyInputList.2' }],
      ResourceSpecificResults: [
        {
          EvalResourceName: QUEUE,
          EvalResourceDecision: 'allowed',
          MatchedStatements: [{ SourcePolicyId: 'PolicyInputList.1' }],
        },
        { EvalResourceName: other, EvalResourceDecision: 'explicitDeny' },
      ],
    })
    const [single] = await simulate({
      PolicyInputList: [identity('sqs:*', QUEUE)],
      ActionNames: ['sqs:SendMessage'],
      ResourceArns: [QUEUE],
    })
    expect(single).toMatchObject({
      EvalResourceName: QUEUE,
      EvalDecision: 'allowed',
      EvalDecisionDetails: {},
    })
  })

  test('a boundary', async () => {
    const ask = { PolicyInputList: [identity('*')], ActionNames: ['sqs:SendMessage', 'sns:Publish'] }
    const results = await simulate({ ...ask, PermissionsBoundaryPolicyInputList: [identity('sqs:*')] })
    expect(results).toMatchObject([
      {
        EvalDecision: 'allowed',
        PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: true },
      },
      {
        EvalDecision: 'implicitDeny',
        MatchedStatements: [],
        PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false },
      },
    ])
    const [denied] = await simulate({
      ...ask,
      PermissionsBoundaryPolicyInputList: [identity('sqs:*', '*', 'Deny')],
    })
    expect(denied).toMatchObject({
      EvalDecision: 'explicitDeny',
      MatchedStatements: [
        {
          SourcePolicyId: 'PermissionsBoundaryPolicyInputList.1',
          SourcePolicyType: 'Permissions Boundary Policy',
        },
      ],
    })
  })

  test('a resource’s policy, in the same account and in another', async () => {
    const resourcePolicy = (arn: string) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: arn }, Action: 'sqs:*', Resource: '*' }],
      })
    const ask = {
      PolicyInputList: [identity('sns:*')],
      ActionNames: ['sqs:SendMessage'],
      ResourceArns: [QUEUE],
      ResourcePolicy: resourcePolicy(userArn('nina')),
    }
    await expect(simulate(ask)).rejects.toMatchObject({
      code: 'InvalidInputException',
      message: 'Invalid caller - Caller must be an IAM user in this context.',
    })
    await expect(simulate({ ...ask, CallerArn: roleArn('r') })).rejects.toThrow('must be an IAM user')
    expect(await simulate({ ...ask, CallerArn: userArn('nina') })).toMatchObject([
      { EvalDecision: 'allowed', MatchedStatements: [{ SourcePolicyId: 'ResourcePolicy' }] },
    ])
    const foreign = { ...ask, CallerArn: userArn('nina', B), ResourcePolicy: resourcePolicy(B) }
    expect(await simulate(foreign)).toMatchObject([
      {
        EvalDecision: 'implicitDeny',
        EvalDecisionDetails: { 'IAM Policy': 'implicitDeny', 'Resource Policy': 'allowed' },
      },
    ])
    expect(await simulate({ ...foreign, PolicyInputList: [identity('sqs:*')] })).toMatchObject([
      { EvalDecision: 'allowed' },
    ])
  })

  test('keys of every type, one value or several', async () => {
    const ask = (operator: string, wanted: unknown, type: string, values: string[]) =>
      simulate({
        PolicyInputList: [identity('a:b', '*', 'Allow', { [operator]: { 'x:key': wanted } })],
        ActionNames: ['a:b'],
        ContextEntries: [{ ContextKeyName: 'x:key', ContextKeyValues: values, ContextKeyType: type }],
      })
    const allowed = [{ EvalDecision: 'allowed' }]
    expect(await ask('StringLike', 'a*', 'string', ['abc'])).toMatchObject(allowed)
    expect(await ask('NumericLessThan', 10, 'numeric', ['9'])).toMatchObject(allowed)
    expect(await ask('Bool', 'true', 'boolean', ['true'])).toMatchObject(allowed)
    expect(await ask('IpAddress', '10.0.0.0/8', 'ip', ['10.1.2.3'])).toMatchObject(allowed)
    expect(await ask('BinaryEquals', 'QQ==', 'binary', ['QQ=='])).toMatchObject(allowed)
    expect(await ask('ForAllValues:StringEquals', ['a', 'b'], 'stringList', ['a', 'b'])).toMatchObject(
      allowed,
    )
    await expect(ask('NumericLessThan', 10, 'numeric', ['nine'])).rejects.toMatchObject({
      code: 'InvalidInputException',
    })
    await expect(ask('StringEquals', 'a', 'string', ['a', 'b'])).rejects.toMatchObject({
      code: 'InvalidInputException',
    })
  })

  test.each([['everything'], ['s3:*'], ['s3:Get?'], ['a:b:c']])('the action %s', async (action) => {
    await expect(simulate({ PolicyInputList: [identity('*')], ActionNames: [action] })).rejects.toMatchObject(
      { code: 'InvalidInputException' },
    )
  })

  test('a policy that is none, and pages', async () => {
    await expect(simulate({ PolicyInputList: ['{}'], ActionNames: ['a:b'] })).rejects.toMatchObject({
      code: 'InvalidInputException',
      message: 'Syntax errors in policy.',
    })
    const ask = { PolicyInputList: [identity('*')], ActionNames: ['a:a', 'a:b', 'a:c'] }
    const first = await f.call('SimulateCustomPolicy', { ...ask, MaxItems: 2 })
    expect([first.EvaluationResults.length, first.IsTruncated]).toEqual([2, true])
    const rest = await f.call('SimulateCustomPolicy', { ...ask, Marker: first.Marker })
    expect(rest).toMatchObject({ IsTruncated: false, EvaluationResults: [{ EvalActionName: 'a:c' }] })
  })
})

describe('SimulatePrincipalPolicy', () => {
  const simulatePrincipal = async (arn: string, ActionNames: string[], more: object = {}) =>
    (await f.call('SimulatePrincipalPolicy', { PolicySourceArn: arn, ActionNames, ...more }))
      .EvaluationResults

  test('a user’s policies, the groups’ and attached ones too, under the simulator’s names', async () => {
    await f.user('nina', identity('sqs:*', 'arn:aws:sqs:*:*:${aws:username}-*'))
    await f.call('CreateGroup', { GroupName: 'g' })
    await f.call('AddUserToGroup', { GroupName: 'g', UserName: 'nina' })
    await f.call('PutGroupPolicy', {
      GroupName: 'g',
      PolicyName: 'gp',
      PolicyDocument: identity('sns:*', '*', 'Deny'),
    })
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
    await f.call('AttachUserPolicy', { UserName: 'nina', PolicyArn })
    const results = await simulatePrincipal(userArn('nina'), ['sqs:SendMessage', 'sns:Publish', 'a:b'], {
      ResourceArns: [`arn:aws:sqs:eu-west-1:${A}:nina-q`],
    })
    // biome-ignore lint/suspicious/noExplicitAny: the simulator's answer
    const ids = results.map((one: any) => one.MatchedStatements.map((match: any) => match.SourcePolicyId))
    expect(ids).toEqual([['user_nina_p0', 'AdministratorAccess'], ['group_g_gp'], ['AdministratorAccess']])
    // as recorded of AWS
    expect(results[2].MatchedStatements[0]).toEqual({
      SourcePolicyId: 'AdministratorAccess',
      SourcePolicyType: 'IAM Policy',
      StartPosition: { Line: 3, Column: 17 },
      EndPosition: { Line: 8, Column: 6 },
    })
  })

  test('a role with its boundary, and more policies on top', async () => {
    await f.role('r', undefined, { PermissionsBoundary: 'arn:aws:iam::aws:policy/AWSCodeCommitPowerUser' })
    expect(
      await simulatePrincipal(roleArn('r'), ['codecommit:GitPush', 'sqs:SendMessage'], {
        PolicyInputList: [identity('*')],
      }),
    ).toMatchObject([
      { EvalDecision: 'allowed', MatchedStatements: [{ SourcePolicyId: 'PolicyInputList.1' }] },
      {
        EvalDecision: 'implicitDeny',
        PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false },
      },
    ])
  })

  test('says the same as the cloud itself', async () => {
    const nina = await f.user(
      'nina',
      identity('codecommit:*'),
      identity('codecommit:GitPush', '*', 'Deny', {
        StringEqualsIfExists: { 'codecommit:References': ['refs/heads/main'] },
        Null: { 'codecommit:References': 'false' },
      }),
    )
    const resource = `arn:aws:codecommit:eu-west-1:${A}:orchard`
    for (const ref of [undefined, 'refs/heads/main', 'refs/heads/topic']) {
      const keys = ref === undefined ? {} : { 'codecommit:References': ref }
      const [{ EvalDecision }] = await simulatePrincipal(userArn('nina'), ['codecommit:GitPush'], {
        ResourceArns: [resource],
        ContextEntries: Object.entries(keys).map(([ContextKeyName, value]) => ({
          ContextKeyName,
          ContextKeyValues: [value],
          ContextKeyType: 'string',
        })),
      })
      const ask = () => f.iam.authorize(nina, { action: 'codecommit:GitPush', resource, context: keys })
      if (EvalDecision === 'allowed') expect(ask).not.toThrow()
      else expect(ask).toThrow('explicit deny')
      expect(EvalDecision).toBe(ref === 'refs/heads/main' ? 'explicitDeny' : 'allowed')
    }
  })

  test('of nobody', async () => {
    await expect(simulatePrincipal(userArn('nobody'), ['a:b'])).rejects.toMatchObject({
      code: 'NoSuchEntityException',
    })
    for (const arn of ['arn:aws:iam::x', `arn:aws:sts::${A}:assumed-role/r/s`])
      await expect(simulatePrincipal(arn, ['a:b'])).rejects.toMatchObject({ code: 'InvalidInputException' })
  })
})

test('the keys that policies ask for', async () => {
  // AWS CLI command reference, get-context-keys-for-custom-policy, example 1
  const policy =
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:us-west-2:123456789012:table/${aws:username}","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}}'
  expect(await f.call('GetContextKeysForCustomPolicy', { PolicyInputList: [policy] })).toEqual({
    ContextKeyNames: ['aws:username', 'aws:CurrentTime'],
  })
  await f.user('nina', policy)
  expect(
    await f.call('GetContextKeysForPrincipalPolicy', {
      PolicySourceArn: userArn('nina'),
      PolicyInputList: [identity('a:b', '*', 'Allow', { StringEquals: { 'AWS:UserName': '${aws:userid}' } })],
    }),
  ).toEqual({ ContextKeyNames: ['aws:username', 'aws:CurrentTime', 'aws:userid'] })
})

describe('places in a policy’s text', () => {
  const spots = (text: string) =>
    statementSpans(text).map(({ StartPosition: s, EndPosition: e }) => [s.Line, s.Column, e.Line, e.Column])

  test('of several statements in one line: after the bracket, then after the one before', () => {
    const text = '{"Statement":[{"Sid":"a"},{"Sid":"b}]"}, {"Sid":"\\"{"}]}'
    expect(spots(text)).toEqual([
      [1, 15, 1, 26],
      [1, 26, 1, 40],
      [1, 40, 1, 55],
    ])
  })

  test('over lines, with a key of the same name deeper in', () => {
    const text = `{
  "Id": "Statement",
  "x": { "Statement": [{}] },
  "Statement": [
    {
      "Effect": "Allow"
    }
  ]
}`
    expect(spots(text)).toEqual([[4, 17, 7, 6]])
  })

  test('nothing to find', () => {
    for (const text of ['{}', '{"Statement":5}', '', '{"Statement":[', '{"Statement'])
      expect(statementSpans(text)).toEqual([])
  })
})
