import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Cloud, startCloud } from '../../../local/cloud.ts'

let cloud: Cloud
let secrets: SecretsManagerClient
const config = ({ accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string }) => ({
  region: 'us-east-1',
  endpoint: cloud.url,
  credentials: { accessKeyId, secretAccessKey },
  maxAttempts: 1,
})
beforeAll(async () => {
  cloud = await startCloud({ log: () => undefined })
  secrets = new SecretsManagerClient(config(cloud.access[0]!.credentials))
})
afterAll(() => cloud.stop())

const textOf = async (SecretId: string, VersionStage?: string) =>
  (await secrets.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString

test('a new value takes AWSCURRENT, the one before it AWSPREVIOUS, and the one before that none', async () => {
  const { ARN = '' } = await secrets.send(
    new CreateSecretCommand({ Name: 'orchard/key', SecretString: 'first' }),
  )
  expect(ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:\d{12}:secret:orchard\/key-[A-Za-z0-9]{6}$/)
  await expect(textOf(ARN, 'AWSPREVIOUS')).rejects.toThrow(/staging label: AWSPREVIOUS/)
  await secrets.send(new PutSecretValueCommand({ SecretId: 'orchard/key', SecretString: 'second' }))
  await secrets.send(new UpdateSecretCommand({ SecretId: ARN, SecretString: 'third' }))
  expect([await textOf(ARN), await textOf('orchard/key', 'AWSPREVIOUS')]).toEqual(['third', 'second'])
  const { VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand({ SecretId: ARN }))
  expect(Object.values(VersionIdsToStages).flat().sort()).toEqual(['AWSCURRENT', 'AWSPREVIOUS'])
})

test('the same token and value once; another value under it is refused', async () => {
  await secrets.send(new CreateSecretCommand({ Name: 'twice', SecretString: 'a' }))
  const put = (SecretString: string) =>
    secrets.send(
      new PutSecretValueCommand({ SecretId: 'twice', SecretString, ClientRequestToken: 'x'.repeat(32) }),
    )
  await put('b')
  await put('b')
  expect(await textOf('twice', 'AWSPREVIOUS')).toBe('a')
  await expect(put('c')).rejects.toMatchObject({ name: 'ResourceExistsException' })
})

test('names, missing secrets, and deletion that can be taken back', async () => {
  await secrets.send(new CreateSecretCommand({ Name: 'short', SecretString: 's' }))
  await expect(secrets.send(new CreateSecretCommand({ Name: 'short' }))).rejects.toMatchObject({
    name: 'ResourceExistsException',
  })
  await expect(textOf('nobody')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  await secrets.send(new DeleteSecretCommand({ SecretId: 'short' }))
  await expect(textOf('short')).rejects.toMatchObject({ name: 'InvalidRequestException' })
  await secrets.send(new RestoreSecretCommand({ SecretId: 'short' }))
  expect(await textOf('short')).toBe('s')
  await secrets.send(new DeleteSecretCommand({ SecretId: 'short', ForceDeleteWithoutRecovery: true }))
  await expect(textOf('short')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  const { SecretList = [] } = await secrets.send(new ListSecretsCommand({}))
  expect(SecretList.map(({ Name }) => Name)).not.toContain('short')
})

test('IAM decides by the secret: who may read one may not read another', async () => {
  const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name: 'mine', SecretString: 'm' }))
  await secrets.send(new CreateSecretCommand({ Name: 'theirs', SecretString: 't' }))
  const iam = new IAMClient(config(cloud.access[0]!.credentials))
  await iam.send(new CreateUserCommand({ UserName: 'reader' }))
  const Statement = [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: ARN }]
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await iam.send(new PutUserPolicyCommand({ UserName: 'reader', PolicyName: 'p', PolicyDocument }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'reader' }))
  const reader = new SecretsManagerClient(
    config({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }),
  )
  const read = (SecretId: string) => reader.send(new GetSecretValueCommand({ SecretId }))
  expect((await read('mine')).SecretString).toBe('m')
  for (const name of ['theirs', 'nobody'])
    await expect(read(name)).rejects.toMatchObject({ name: 'AccessDeniedException' })
})
