import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { promisify } from 'node:util'
import {
  CreateRoleCommand,
  CreateServiceSpecificCredentialCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
  paginateListPolicies,
} from '@aws-sdk/client-iam'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { testWith } from '../../support/tools.ts'
import { ACCOUNT, OTHER, startWorld, type World } from '../gateway/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.stop())

const config = (credentials = world.admin) => ({
  region: 'us-east-1',
  endpoint: world.url,
  credentials,
  maxAttempts: 1,
})

test('a role of another account, assumed and used through the SDK until it expires', async () => {
  const { credentials: owner } = world.iam.bootstrapAccount(OTHER, 'admin')
  const iam = new IAMClient(config(owner))
  const trust = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Condition: { StringEquals: { 'sts:ExternalId': 'orchard' } },
    },
  }
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: 'replica', AssumeRolePolicyDocument: JSON.stringify(trust) }),
  )
  const policy = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'sqs:ReceiveMessage', Resource: '*' },
  }
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'replica',
      PolicyName: 'p',
      PolicyDocument: JSON.stringify(policy),
    }),
  )
  const read = await iam.send(new GetRoleCommand({ RoleName: 'replica' }))
  expect(JSON.parse(decodeURIComponent(read.Role?.AssumeRolePolicyDocument ?? ''))).toEqual(trust)

  const sts = new STSClient(config())
  const ask = { RoleArn: Role?.Arn, RoleSessionName: 'relay' }
  await expect(sts.send(new AssumeRoleCommand(ask))).rejects.toMatchObject({
    name: 'AccessDenied',
    $metadata: { httpStatusCode: 403 },
  })
  const { Credentials } = await sts.send(new AssumeRoleCommand({ ...ask, ExternalId: 'orchard' }))
  const session = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  }
  const who = await new STSClient(config(session)).send(new GetCallerIdentityCommand({}))
  expect(who).toMatchObject({ Account: OTHER, Arn: `arn:aws:sts::${OTHER}:assumed-role/replica/relay` })
  const send = new SendMessageCommand({ QueueUrl: 'http://q/1/2', MessageBody: 'm' })
  const denied = await new SQSClient(config(session)).send(send).catch((error) => error)
  expect(denied.message).toBe(
    `User: ${who.Arn} is not authorized to perform: sqs:SendMessage on resource: * because no identity-based policy allows the sqs:SendMessage action`,
  )
  expect(world.logged.some((line) => line.startsWith('iam denied') && line.includes('sqs:SendMessage'))).toBe(
    true,
  )

  world.clock = 3_600_000
  try {
    const late = new STSClient({ ...config(session), systemClockOffset: world.clock })
    await expect(late.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'ExpiredTokenException',
    })
  } finally {
    world.clock = 0
  }
})

test('IAM’s errors are the SDK’s typed ones, and a Git credential comes with its password once', async () => {
  const iam = new IAMClient(config())
  await expect(iam.send(new GetRoleCommand({ RoleName: 'nobody' }))).rejects.toMatchObject({
    name: 'NoSuchEntityException',
    message: 'The role with name nobody cannot be found.',
    $metadata: { httpStatusCode: 404 },
  })
  const { ServiceSpecificCredential: made } = await iam.send(
    new CreateServiceSpecificCredentialCommand({
      UserName: 'admin',
      ServiceName: 'codecommit.amazonaws.com',
    }),
  )
  expect(made?.CreateDate).toBeInstanceOf(Date)
  expect(
    world.iam.resolveGitCredential(made?.ServiceUserName ?? '', made?.ServicePassword ?? '')?.account,
  ).toBe(ACCOUNT)
})

test('lists go by pages through the SDK’s own paginator', async () => {
  const names: (string | undefined)[] = []
  for await (const { Policies = [] } of paginateListPolicies(
    { client: new IAMClient(config()), pageSize: 4 },
    { Scope: 'AWS' },
  ))
    names.push(...Policies.map(({ PolicyName }) => PolicyName))
  expect(names).toContain('AWSCodeCommitFullAccess')
  expect(new Set(names).size).toBe(names.length)
})

const run = promisify(execFile)
const aws = async (...args: string[]) => {
  const { stdout } = await run('aws', [...args, '--endpoint-url', world.url, '--output', 'json'], {
    env: {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      AWS_ACCESS_KEY_ID: world.admin.accessKeyId,
      AWS_SECRET_ACCESS_KEY: world.admin.secretAccessKey,
      AWS_DEFAULT_REGION: 'eu-west-1',
    },
  })
  return stdout === '' ? undefined : JSON.parse(stdout)
}

testWith('aws')('the examples of the AWS CLI command reference', async () => {
  const policy =
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}}'
  const key = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey
  const pem = String(key.export({ type: 'spki', format: 'pem' }))
  const sofia = ['--user-name', 'sofia']
  await aws('iam', 'create-user', ...sofia)
  const [upload, made, created, simulated] = await Promise.all([
    aws('iam', 'upload-ssh-public-key', ...sofia, '--ssh-public-key-body', pem),
    aws('iam', 'create-service-specific-credential', ...sofia, '--service-name', 'codecommit.amazonaws.com'),
    aws('iam', 'create-policy', '--policy-name', 'my-policy', '--policy-document', policy),
    aws(
      'iam',
      'simulate-custom-policy',
      '--policy-input-list',
      policy,
      '--action-names',
      'dynamodb:CreateBackup',
    ),
  ])
  const { SSHPublicKeyId } = upload.SSHPublicKey
  const [read, version] = await Promise.all([
    aws('iam', 'get-ssh-public-key', ...sofia, '--ssh-public-key-id', SSHPublicKeyId, '--encoding', 'SSH'),
    aws('iam', 'get-policy-version', '--policy-arn', created.Policy.Arn, '--version-id', 'v1'),
  ])
  expect(read.SSHPublicKey.SSHPublicKeyBody).toMatch(/^ssh-rsa AAAA/)
  expect(made.ServiceSpecificCredential.ServiceUserName).toBe(`sofia-at-${ACCOUNT}`)
  // the CLI decodes policies by itself
  expect(version.PolicyVersion.Document).toEqual(JSON.parse(policy))
  expect(simulated.EvaluationResults[0].EvalDecision).toBe('allowed')
  const denied = await aws('iam', 'delete-user', ...sofia).catch((error: { stderr: string }) => error.stderr)
  expect(denied).toContain(
    'An error occurred (DeleteConflict) when calling the DeleteUser operation: Cannot delete entity, must delete SSH public keys first.',
  )
})
