import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import * as kms from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Cloud, startCloud } from '../../../local/cloud.ts'

let cloud: Cloud
let client: kms.KMSClient
beforeAll(async () => {
  cloud = await startCloud()
  client = clientFor(cloud.access[0]!.credentials)
})
afterAll(() => cloud.stop())

type Key = { readonly accessKeyId: string; readonly secretAccessKey: string }
const clientFor = (credentials: Key, region = 'us-east-1') =>
  new kms.KMSClient({ region, endpoint: cloud.url, credentials })
const bytes = (text: string) => new TextEncoder().encode(text)
const text = (data: Uint8Array | undefined) => new TextDecoder().decode(data)
const makeKey = async (input: kms.CreateKeyCommandInput = {}) =>
  (await client.send(new kms.CreateKeyCommand(input))).KeyMetadata!
const named = (name: string) => ({ name })
/** a user with these statements and nothing else */
const userWith = async (name: string, ...statements: object[]) => {
  const iam = new IAMClient({
    region: 'us-east-1',
    endpoint: cloud.url,
    credentials: cloud.access[0]!.credentials,
  })
  await iam.send(new CreateUserCommand({ UserName: name }))
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statements })
  if (statements.length > 0)
    await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'p', PolicyDocument: document }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }))
  return clientFor({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! })
}

describe('keys', () => {
  test('are described as they were made', async () => {
    const key = await makeKey({ Description: 'orchard', Tags: [{ TagKey: 'team', TagValue: 'apples' }] })
    expect(key).toMatchObject({
      AWSAccountId: '111111111111',
      Arn: `arn:aws:kms:us-east-1:111111111111:key/${key.KeyId}`,
      Enabled: true,
      KeyState: 'Enabled',
      KeyManager: 'CUSTOMER',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    })
    for (const KeyId of [key.KeyId!, key.Arn!])
      expect((await client.send(new kms.DescribeKeyCommand({ KeyId }))).KeyMetadata).toEqual(key)
    expect(await client.send(new kms.ListResourceTagsCommand({ KeyId: key.KeyId! }))).toMatchObject({
      Tags: [{ TagKey: 'team', TagValue: 'apples' }],
      Truncated: false,
    })
    const { Policy } = await client.send(new kms.GetKeyPolicyCommand({ KeyId: key.KeyId! }))
    expect(JSON.parse(Policy!).Statement[0].Principal).toEqual({ AWS: 'arn:aws:iam::111111111111:root' })
  })

  test('rotate when they are told to, and say when next', async () => {
    const { KeyId } = await makeKey()
    const status = async () => {
      const { $metadata: _, ...rest } = await client.send(new kms.GetKeyRotationStatusCommand({ KeyId }))
      return rest
    }
    expect(await status()).toMatchObject({ KeyRotationEnabled: false })
    const before = Date.now()
    await client.send(new kms.EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }))
    const { NextRotationDate, ...rest } = await status()
    expect(rest).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 90 })
    expect(NextRotationDate!.getTime()).toBeGreaterThanOrEqual(before + 90 * 86_400_000)
    await client.send(new kms.DisableKeyRotationCommand({ KeyId }))
    expect(await status()).toMatchObject({ KeyRotationEnabled: false })
    const { KeyId: other } = await makeKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
    await expect(client.send(new kms.EnableKeyRotationCommand({ KeyId: other }))).rejects.toMatchObject(
      named('UnsupportedOperationException'),
    )
  })

  test('name their material, and so do answers', async () => {
    const { KeyId, CurrentKeyMaterialId } = await makeKey()
    expect(CurrentKeyMaterialId).toMatch(/^[0-9a-f]{64}$/)
    const data = await client.send(new kms.GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
    const opened = await client.send(new kms.DecryptCommand({ CiphertextBlob: data.CiphertextBlob }))
    expect([data.KeyMaterialId, opened.KeyMaterialId]).toEqual([CurrentKeyMaterialId, CurrentKeyMaterialId])
  })

  test('belong to their region and account', async () => {
    const { Arn, KeyId } = await makeKey()
    await expect(
      clientFor(cloud.access[0]!.credentials, 'eu-west-1').send(new kms.DescribeKeyCommand({ KeyId })),
    ).rejects.toMatchObject({
      name: 'NotFoundException',
      message: `Key 'arn:aws:kms:eu-west-1:111111111111:key/${KeyId}' does not exist`,
    })
    // the other account may name it, and is let in by nobody
    await expect(
      clientFor(cloud.access[1]!.credentials).send(new kms.DescribeKeyCommand({ KeyId: Arn })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })

  test.each<[string, string, string]>([
    ['no identifier', 'not-a-key', "Invalid keyId 'not-a-key'"],
    [
      'an alias that is none',
      'alias/none',
      'Alias arn:aws:kms:us-east-1:111111111111:alias/none is not found.',
    ],
    ['another region', 'arn:aws:kms:eu-west-1:111111111111:key/x', 'Invalid arn eu-west-1'],
  ])('%s is not found', async (_, KeyId, message) => {
    await expect(client.send(new kms.DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'NotFoundException',
      message,
    })
  })

  test('disabled, doomed and saved: what may be done with them', async () => {
    const { KeyId, Arn } = await makeKey()
    const encrypt = () => client.send(new kms.EncryptCommand({ KeyId, Plaintext: bytes('x') }))
    await client.send(new kms.DisableKeyCommand({ KeyId }))
    await expect(encrypt()).rejects.toMatchObject({
      name: 'DisabledException',
      message: `${Arn} is disabled.`,
    })
    await client.send(new kms.EnableKeyCommand({ KeyId }))
    await encrypt()
    const doomed = await client.send(new kms.ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
    expect(doomed).toMatchObject({ KeyId: Arn, KeyState: 'PendingDeletion', PendingWindowInDays: 7 })
    await expect(encrypt()).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
      message: `${Arn} is pending deletion.`,
    })
    await client.send(new kms.CancelKeyDeletionCommand({ KeyId }))
    await expect(encrypt()).rejects.toMatchObject(named('DisabledException'))
  })

  test('are gone when their time has come, with their aliases', async () => {
    let now = Date.UTC(2031, 4, 17)
    const other = await startCloud({ now: () => now })
    try {
      const at = { region: 'us-east-1', endpoint: other.url, credentials: other.access[0]!.credentials }
      const there = () => new kms.KMSClient({ ...at, systemClockOffset: now - Date.now() })
      const { KeyMetadata } = await there().send(new kms.CreateKeyCommand({}))
      const KeyId = KeyMetadata!.KeyId!
      await there().send(new kms.CreateAliasCommand({ AliasName: 'alias/a', TargetKeyId: KeyId }))
      await there().send(new kms.ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
      now += 7 * 86_400_000 + 1_000
      await expect(there().send(new kms.DescribeKeyCommand({ KeyId }))).rejects.toMatchObject(
        named('NotFoundException'),
      )
      expect((await there().send(new kms.ListAliasesCommand({}))).Aliases).toEqual([])
    } finally {
      await other.stop()
    }
  })

  test.each<[kms.KeySpec, kms.KeyUsageType, object, string]>([
    [
      'ECC_NIST_P384',
      'SIGN_VERIFY',
      { SigningAlgorithms: ['ECDSA_SHA_384'] },
      'key usage is SIGN_VERIFY which is not valid for Encrypt.',
    ],
    [
      'HMAC_224',
      'GENERATE_VERIFY_MAC',
      { MacAlgorithms: ['HMAC_SHA_224'] },
      'key usage is GENERATE_VERIFY_MAC which is not valid for Encrypt.',
    ],
    [
      'RSA_2048',
      'ENCRYPT_DECRYPT',
      { EncryptionAlgorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] },
      'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
    ],
  ])(
    'a key of spec %s for %s can be named, and does not encrypt',
    async (KeySpec, KeyUsage, more, reason) => {
      const key = await makeKey({ KeySpec, KeyUsage })
      expect(key).toMatchObject({ KeySpec, KeyUsage, ...more })
      await expect(
        client.send(new kms.EncryptCommand({ KeyId: key.KeyId, Plaintext: bytes('x') })),
      ).rejects.toMatchObject({
        name: 'InvalidKeyUsageException',
        message: expect.stringContaining(reason),
      })
    },
  )

  test('what is refused, in KMS’s words', async () => {
    const { KeyId } = await makeKey()
    await client.send(new kms.CreateAliasCommand({ AliasName: 'alias/plums', TargetKeyId: KeyId }))
    const byAlias = { KeyId: 'alias/plums' }
    const noAlias = ['NotFoundException', "Invalid keyId 'alias/plums'"] as const
    const window = 'PendingWindowInDays must be between 7 and 30 (inclusive)'
    const others = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: '222222222222' }, Action: 'kms:*', Resource: '*' },
    })
    const locked = [
      'MalformedPolicyDocumentException',
      'The new key policy will not allow you to update the key policy in the future.',
    ] as const
    // biome-ignore lint/suspicious/noExplicitAny: commands of many kinds
    const refused: readonly (readonly [command: any, name: string, message: string])[] = [
      [
        new kms.GenerateRandomCommand({ NumberOfBytes: undefined }),
        'ValidationException',
        'NumberOfBytes is required.',
      ],
      [
        new kms.DescribeKeyCommand({ KeyId: KeyId!.replaceAll('-', '') }),
        'NotFoundException',
        `Invalid keyId '${KeyId!.replaceAll('-', '')}'`,
      ],
      [new kms.DisableKeyCommand(byAlias), ...noAlias],
      [new kms.TagResourceCommand({ ...byAlias, Tags: [] }), ...noAlias],
      [new kms.ListGrantsCommand(byAlias), ...noAlias],
      [new kms.ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 6 }), 'ValidationException', window],
      [new kms.ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 31 }), 'ValidationException', window],
      [
        new kms.CreateAliasCommand({ AliasName: 'plums', TargetKeyId: KeyId }),
        'ValidationException',
        'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
      ],
      [
        new kms.CreateAliasCommand({ AliasName: 'alias/plum', TargetKeyId: 'alias/plums' }),
        'ValidationException',
        'Aliases must refer to keys. Not aliases',
      ],
      [new kms.CreateKeyCommand({ Policy: others }), ...locked],
      [new kms.PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy: others }), ...locked],
      [
        new kms.TagResourceCommand({
          KeyId,
          Tags: Array.from({ length: 51 }, (_, i) => ({ TagKey: `k${i}`, TagValue: '' })),
        }),
        'TagException',
        'Too many tags',
      ],
      [
        new kms.EncryptCommand({
          KeyId,
          Plaintext: bytes('x'),
          EncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
        }),
        'InvalidKeyUsageException',
        'Algorithm RSAES_OAEP_SHA_1 is incompatible with key spec SYMMETRIC_DEFAULT.',
      ],
      [
        new kms.CreateGrantCommand({ KeyId, GranteePrincipal: 'orchard', Operations: ['Decrypt'] }),
        'InvalidArnException',
        'ARN does not refer to a valid principal: orchard',
      ],
      [
        new kms.RetireGrantCommand({}),
        'ValidationException',
        'Either a grant token, or a grant ID and a key ID must be specified.',
      ],
    ]
    for (const [command, name, message] of refused)
      await expect(client.send(command)).rejects.toMatchObject({ name, message })
    await client.send(
      new kms.PutKeyPolicyCommand({ KeyId, Policy: others, BypassPolicyLockoutSafetyCheck: true }),
    )
  })
})

describe('encryption', () => {
  test('round trips, by key, alias and data key, and under another key', async () => {
    const { KeyId, Arn } = await makeKey()
    await client.send(new kms.CreateAliasCommand({ AliasName: 'alias/orchard', TargetKeyId: KeyId! }))
    const EncryptionContext = { repository: 'orchard' }
    const sealed = await client.send(
      new kms.EncryptCommand({ KeyId: 'alias/orchard', Plaintext: bytes('apple'), EncryptionContext }),
    )
    expect(sealed.KeyId).toBe(Arn)
    const opened = await client.send(
      new kms.DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob!, EncryptionContext }),
    )
    expect([text(opened.Plaintext), opened.KeyId]).toEqual(['apple', Arn])

    const data = await client.send(new kms.GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
    expect(data.Plaintext).toHaveLength(32)
    const again = await client.send(new kms.DecryptCommand({ CiphertextBlob: data.CiphertextBlob! }))
    expect(again.Plaintext).toEqual(data.Plaintext)

    const second = await makeKey()
    const moved = await client.send(
      new kms.ReEncryptCommand({
        CiphertextBlob: sealed.CiphertextBlob!,
        SourceEncryptionContext: EncryptionContext,
        DestinationKeyId: second.KeyId!,
      }),
    )
    expect(moved).toMatchObject({ SourceKeyId: Arn, KeyId: second.Arn })
    expect(
      text((await client.send(new kms.DecryptCommand({ CiphertextBlob: moved.CiphertextBlob! }))).Plaintext),
    ).toBe('apple')
  })

  test('another context, another key and any other bytes are refused without a reason', async () => {
    const { KeyId } = await makeKey()
    const { CiphertextBlob } = await client.send(
      new kms.EncryptCommand({ KeyId, Plaintext: bytes('apple'), EncryptionContext: { a: '1' } }),
    )
    const blob = CiphertextBlob!
    const refused = [
      { CiphertextBlob: blob },
      { CiphertextBlob: blob, EncryptionContext: { a: '2' } },
      { CiphertextBlob: blob.slice(0, -1), EncryptionContext: { a: '1' } },
      { CiphertextBlob: bytes('nothing like it'), EncryptionContext: { a: '1' } },
    ]
    for (const input of refused)
      await expect(client.send(new kms.DecryptCommand(input))).rejects.toMatchObject(
        named('InvalidCiphertextException'),
      )
    const other = await makeKey()
    await expect(
      client.send(
        new kms.DecryptCommand({ CiphertextBlob: blob, EncryptionContext: { a: '1' }, KeyId: other.KeyId }),
      ),
    ).rejects.toMatchObject(named('IncorrectKeyException'))
  })
})

test('aliases', async () => {
  const [first, second] = [await makeKey(), await makeKey()]
  const create = (AliasName: string) =>
    client.send(new kms.CreateAliasCommand({ AliasName, TargetKeyId: first.KeyId! }))
  await create('alias/pears')
  await expect(create('alias/pears')).rejects.toMatchObject({
    name: 'AlreadyExistsException',
    message: 'An alias with the name arn:aws:kms:us-east-1:111111111111:alias/pears already exists',
  })
  await expect(create('alias/aws/codecommit')).rejects.toMatchObject(named('NotAuthorizedException'))
  await expect(create('pears')).rejects.toMatchObject(named('ValidationException'))
  await client.send(new kms.UpdateAliasCommand({ AliasName: 'alias/pears', TargetKeyId: second.KeyId! }))
  const { Aliases } = await client.send(new kms.ListAliasesCommand({ KeyId: second.KeyId! }))
  expect(Aliases).toMatchObject([{ AliasName: 'alias/pears', TargetKeyId: second.KeyId }])
  await client.send(new kms.DeleteAliasCommand({ AliasName: 'alias/pears' }))
  await expect(client.send(new kms.DeleteAliasCommand({ AliasName: 'alias/pears' }))).rejects.toMatchObject(
    named('NotFoundException'),
  )
})

describe('who may use a key', () => {
  const use = (who: kms.KMSClient, KeyId: string | undefined) =>
    who.send(new kms.EncryptCommand({ KeyId, Plaintext: bytes('x') }))
  const allowEncrypt = { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }
  const policy = (Principal: object, Action: string | string[] = 'kms:*') =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal, Action, Resource: '*' }],
    })

  test('whoever an identity policy lets in, as long as the key’s policy hands over to IAM', async () => {
    const [handsOver, alone] = [
      await makeKey(),
      await makeKey({ Policy: policy({ AWS: 'arn:aws:iam::111111111111:user/relay' }) }),
    ]
    const allowed = await userWith('kms-allowed', allowEncrypt)
    const nobody = await userWith('kms-nobody')
    await use(allowed, handsOver.KeyId)
    await expect(use(nobody, handsOver.KeyId)).rejects.toMatchObject(named('AccessDeniedException'))
    await expect(use(allowed, alone.KeyId)).rejects.toMatchObject(named('AccessDeniedException'))
    await use(client, alone.KeyId)
  })

  test('whoever the key’s policy names, and in another account only with an identity policy too', async () => {
    const named = await makeKey({
      Policy: policy({ AWS: ['arn:aws:iam::111111111111:root', 'arn:aws:iam::222222222222:root'] }),
    })
    await use(clientFor(cloud.access[1]!.credentials), named.Arn)
  })

  test('whoever has a grant, for its operations and context alone', async () => {
    const { KeyId, Arn } = await makeKey()
    const grantee = await userWith('kms-grantee')
    const { GrantId } = await client.send(
      new kms.CreateGrantCommand({
        KeyId,
        GranteePrincipal: 'arn:aws:iam::111111111111:user/kms-grantee',
        Operations: ['Encrypt'],
        Constraints: { EncryptionContextSubset: { a: '1' } },
      }),
    )
    const encrypt = (EncryptionContext: Record<string, string>) =>
      grantee.send(new kms.EncryptCommand({ KeyId: Arn, Plaintext: bytes('x'), EncryptionContext }))
    await encrypt({ a: '1', b: '2' })
    await expect(encrypt({ a: '2' })).rejects.toMatchObject(named('AccessDeniedException'))
    await expect(
      grantee.send(new kms.GenerateDataKeyCommand({ KeyId: Arn, KeySpec: 'AES_256' })),
    ).rejects.toMatchObject(named('AccessDeniedException'))
    await client.send(new kms.RevokeGrantCommand({ KeyId, GrantId }))
    await expect(encrypt({ a: '1' })).rejects.toMatchObject(named('AccessDeniedException'))
  })

  test('a grant is retired by whom it names, and by nobody else who knows its token', async () => {
    const { KeyId } = await makeKey()
    const retirer = await userWith('kms-retirer')
    const stranger = await userWith('kms-stranger')
    const user = (name: string) => `arn:aws:iam::111111111111:user/${name}`
    const { GrantToken } = await client.send(
      new kms.CreateGrantCommand({
        KeyId,
        GranteePrincipal: user('kms-stranger'),
        RetiringPrincipal: user('kms-retirer'),
        Operations: ['Encrypt'],
      }),
    )
    const retire = (who: kms.KMSClient) => who.send(new kms.RetireGrantCommand({ GrantToken }))
    await expect(retire(stranger)).rejects.toMatchObject(named('AccessDeniedException'))
    await retire(retirer)
    await expect(retire(retirer)).rejects.toMatchObject(named('InvalidGrantTokenException'))
    // its grantee too, where the grant says so
    const other = await client.send(
      new kms.CreateGrantCommand({
        KeyId,
        GranteePrincipal: user('kms-stranger'),
        Operations: ['Encrypt', 'RetireGrant'],
      }),
    )
    await stranger.send(new kms.RetireGrantCommand({ GrantToken: other.GrantToken }))
  })
})
