import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as cc from '@aws-sdk/client-codecommit'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { startCloud } from '../../local/cloud.ts'
import { type CodeCommitAccess, createCodeCommit } from '../../shared/codecommit/access.ts'
import type { Facts } from '../../shared/runtime/log.ts'
import { openSettings } from '../../shared/store/settings.ts'
import { roles } from '../../stack/roles.ts'
import { planOf } from '../stack/variants.ts'
import { startTable } from './table.ts'

export const ACCOUNTS = ['111111111111', '222222222222'] as const
export const EXTERNAL_ID = 'choose-something-long'
const OTHER_ROLE = 'relay-replica'

export const CONFIG = `version: 1
replicate:
  - repositories: ['*']
    to:
      - region: eu-west-1
        kmsKey: alias/replicas
      - region: eu-west-1
        account: '${ACCOUNTS[1]}'
        role: arn:aws:iam::${ACCOUNTS[1]}:role/${OTHER_ROLE}
        externalId: ${EXTERNAL_ID}
`

type Roles = ReturnType<typeof roles>

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::AccountId': ACCOUNTS[0],
  'AWS::Region': 'us-east-1',
  'AWS::URLSuffix': 'amazonaws.com',
}

/** A value of the template with what stands in for other resources: their ARNs do not matter here. */
const resolved = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(resolved)
  if (typeof value !== 'object' || value === null) return value
  const { Ref, 'Fn::Sub': sub, 'Fn::GetAtt': att } = value as Record<string, unknown>
  if (Ref !== undefined) return PSEUDO[String(Ref)] ?? `arn:aws:none:::${String(Ref)}`
  if (att !== undefined) return `arn:aws:none:::${JSON.stringify(att).replace(/\W/g, '')}`
  if (typeof sub === 'string') return sub.replaceAll(/\$\{([\w:]+)\}/g, (_, name) => PSEUDO[name] ?? 'x')
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]))
}

/** A local cloud with the roles of the template in it, and the role of another account that docs/deploy.md describes. */
export const openSettingsWorld = async () => {
  const cloud = await startCloud()
  const table = await startTable()
  const before = { ...process.env }
  const clients = cloud.access.map(({ credentials }) => ({ endpoint: cloud.url, credentials }))
  const made: Roles = roles({ ...planOf(CONFIG), stage: 'prod', region: 'us-east-1' })
  const iam = new IAMClient({ ...clients[0]!, region: 'us-east-1' })

  const makeRole = async (
    client: IAMClient,
    name: string,
    trust: object | string,
    policy: object | string,
  ) => {
    const text = (document: object | string) =>
      typeof document === 'string' ? document : JSON.stringify(document)
    await client
      .send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: text(trust) }))
      .catch((error: unknown) => {
        if ((error as Error).name !== 'EntityAlreadyExistsException') throw error
      })
    await client.send(
      new PutRolePolicyCommand({ RoleName: name, PolicyName: 'p', PolicyDocument: text(policy) }),
    )
  }
  const sessionOf = async (id: string) => {
    const properties = made[id]?.Properties as unknown as {
      readonly RoleName: string
      readonly Policies: readonly { readonly PolicyDocument: object }[]
    }
    const name = properties.RoleName
    const trust = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${ACCOUNTS[0]}:root` },
          Action: 'sts:AssumeRole',
        },
      ],
    }
    await makeRole(iam, name, trust, resolved(properties.Policies[0]?.PolicyDocument) as object)
    const sts = new STSClient({ ...clients[0]!, region: 'us-east-1' })
    const RoleArn = `arn:aws:iam::${ACCOUNTS[0]}:role/${name}`
    return (await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' }))).Credentials!
  }

  return {
    cloud,
    store: openSettings(table.table),
    /** CodeCommit's API as the administrator of an account */
    admin: (region: string, account = 0) => new cc.CodeCommitClient({ ...clients[account]!, region }),
    /** what the product sees under a role of the template */
    accessAs: async (id: string): Promise<CodeCommitAccess> => {
      const { AccessKeyId, SecretAccessKey, SessionToken } = await sessionOf(id)
      Object.assign(process.env, {
        AWS_ENDPOINT_URL: cloud.url,
        AWS_ACCESS_KEY_ID: AccessKeyId,
        AWS_SECRET_ACCESS_KEY: SecretAccessKey,
        AWS_SESSION_TOKEN: SessionToken,
      })
      const access = createCodeCommit({
        gitEndpoint: `http://git-codecommit.{region}.amazonaws.com.localhost:${cloud.port}`,
        now: Date.now,
        region: 'us-east-1',
      })
      // credentials are looked for once, and then kept
      await access.gitPassword({ account: ACCOUNTS[0], region: 'us-east-1', name: 'any' })
      return access
    },
    /** the role in the other account, by docs/deploy.md; made before, it is given other rights. @param actions fewer than there */
    allowOther: async (actions?: readonly string[]): Promise<string> => {
      const text = readFileSync(resolve(import.meta.dirname, '../../docs/deploy.md'), 'utf8')
      const [trust = '', policy = ''] = [...text.matchAll(/```json\n([\s\S]*?)```/g)]
        .map((match) => match[1] ?? '')
        .filter((block) => block.includes('sts:AssumeRole') || block.includes('codecommit:GitPush'))
      const document = JSON.parse(policy)
      if (actions) document.Statement[0].Action = actions
      await makeRole(new IAMClient({ ...clients[1]!, region: 'us-east-1' }), OTHER_ROLE, trust, document)
      return `arn:aws:iam::${ACCOUNTS[1]}:role/${OTHER_ROLE}`
    },
    /** ARN of a new key of the first account */
    makeKey: async (region: string, alias: string) => {
      const kms = new KMSClient({ ...clients[0]!, region })
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
      await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyMetadata!.KeyId! }))
      return KeyMetadata!.Arn!
    },
    close: async () => {
      for (const name of Object.keys(process.env)) {
        if (name.startsWith('AWS_') && before[name] === undefined) delete process.env[name]
      }
      Object.assign(process.env, before)
      await table.close()
      await cloud.stop()
    },
  }
}

export type SettingsWorld = Awaited<ReturnType<typeof openSettingsWorld>>

export const openLog = () => {
  const lines: { level: string; message: string; facts: Facts }[] = []
  const at =
    (level: string) =>
    (message: string, facts: Facts = {}) =>
      void lines.push({ level, message, facts })
  return { lines, log: { info: at('info'), warn: at('warn'), error: at('error') } }
}

/** The same access, and what was asked of it. */
export const counted = <T extends object>(access: T): { access: T; calls: string[] } => {
  const calls: string[] = []
  const entries = Object.entries(access).map(([name, method]) => [
    name,
    (...args: unknown[]) => {
      calls.push(name)
      return (method as (...all: unknown[]) => unknown)(...args)
    },
  ])
  return { access: Object.fromEntries(entries) as T, calls }
}
