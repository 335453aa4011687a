import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import * as kms from '@aws-sdk/client-kms'
import { type Cloud, startCloud } from '../../../local/cloud.ts'

export const ACCOUNT = '111111111111'
export const REGION = 'us-east-1'

export const allow = (
  principal: object,
  action: string | readonly string[] = 'kms:*',
  condition?: object,
): object => ({
  Effect: 'Allow',
  Principal: principal,
  Action: action,
  Resource: '*',
  ...(condition && { Condition: condition }),
})
/** The statement without which IAM has no say: KMS developer guide, "Default key policy". */
export const HANDS_OVER = allow({ AWS: `arn:aws:iam::${ACCOUNT}:root` })

/** A cloud, keys in it, and users with just what they are given. */
export const openKeyWorld = async () => {
  const logged: string[] = []
  const cloud: Cloud = await startCloud({
    log: (service, text, facts) => void logged.push(`${service} ${text} ${JSON.stringify(facts ?? {})}`),
  })
  const configFor = ({
    accessKeyId,
    secretAccessKey,
  }: Record<'accessKeyId' | 'secretAccessKey', string>) => ({
    region: REGION,
    endpoint: cloud.url,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  })
  const owner = configFor(cloud.access[0]!.credentials)
  const keys = new kms.KMSClient(owner)
  const iam = new IAMClient(owner)
  return {
    cloud,
    logged,
    owner,
    keys,
    other: configFor(cloud.access[1]!.credentials),
    /** ARN of a new key under these statements and the one that hands over to IAM */
    key: async (...statements: object[]): Promise<string> => {
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [HANDS_OVER, ...statements] })
      return (await keys.send(new kms.CreateKeyCommand({ Policy }))).KeyMetadata!.Arn!
    },
    /** client configuration of a new user with these statements and no others */
    user: async (name: string, ...statements: object[]) => {
      await iam.send(new CreateUserCommand({ UserName: name }))
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements })
      await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'p', PolicyDocument }))
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }))
      return configFor({
        accessKeyId: AccessKey!.AccessKeyId!,
        secretAccessKey: AccessKey!.SecretAccessKey!,
      })
    },
  }
}

export type KeyWorld = Awaited<ReturnType<typeof openKeyWorld>>

export const may = (action: string | readonly string[], resource = '*', condition?: object): object => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...(condition && { Condition: condition }),
})
