import { type Context, type Handler, type Handlers, unless } from '../handler.ts'
import { defined, document, needText, number, objects, text, texts } from '../properties.ts'
import type { Json, JsonObject } from '../values.ts'

const MISSING = ['NoSuchEntity']
const EXISTS = ['EntityAlreadyExists']

const role: Handler = {
  apply: async ({ logicalId, properties, former }, context) => {
    const RoleName = text(properties, 'RoleName') ?? context.generatedName(logicalId, 64)
    const trust = document(properties, 'AssumeRolePolicyDocument')
    await unless(
      EXISTS,
      context.call(
        'iam',
        'CreateRole',
        defined({
          RoleName,
          AssumeRolePolicyDocument: trust,
          Path: text(properties, 'Path'),
          Description: text(properties, 'Description'),
          MaxSessionDuration: number(properties, 'MaxSessionDuration'),
          PermissionsBoundary: text(properties, 'PermissionsBoundary'),
          Tags: properties.Tags,
        }),
      ),
    )
    await context.call('iam', 'UpdateAssumeRolePolicy', { RoleName, PolicyDocument: trust })
    const wanted = new Map(
      objects(properties, 'Policies').map((policy) => [
        needText(policy, 'PolicyName'),
        document(policy, 'PolicyDocument'),
      ]),
    )
    for (const [PolicyName, PolicyDocument] of wanted)
      await context.call('iam', 'PutRolePolicy', { RoleName, PolicyName, PolicyDocument })
    // Only what this resource put there: AWS::IAM::Policy resources look after theirs.
    const before = new Set(
      objects(former?.properties ?? {}, 'Policies').map((policy) => text(policy, 'PolicyName')),
    )
    await dropInline(context, RoleName, (name) => wanted.has(name) || !before.has(name))
    const attached = texts(properties, 'ManagedPolicyArns')
    for (const PolicyArn of attached) await context.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn })
    const attachedBefore = texts(former?.properties ?? {}, 'ManagedPolicyArns')
    await detach(context, RoleName, (arn) => attached.includes(arn) || !attachedBefore.includes(arn))
    const { Role } = await context.call('iam', 'GetRole', { RoleName })
    return { physicalId: RoleName, attributes: { Arn: Role.Arn, RoleId: Role.RoleId } }
  },
  remove: async ({ physicalId }, context) => {
    const removal = async () => {
      await dropInline(context, physicalId, () => false)
      await detach(context, physicalId, () => false)
      await context.call('iam', 'DeleteRole', { RoleName: physicalId })
    }
    await unless(MISSING, removal())
  },
}

const dropInline = async (context: Context, RoleName: string, keep: (name: string) => boolean) => {
  const { PolicyNames = [] } = await context.call('iam', 'ListRolePolicies', { RoleName })
  for (const PolicyName of PolicyNames as string[])
    if (!keep(PolicyName)) await context.call('iam', 'DeleteRolePolicy', { RoleName, PolicyName })
}

const detach = async (context: Context, RoleName: string, keep: (arn: string) => boolean) => {
  const { AttachedPolicies = [] } = await context.call('iam', 'ListAttachedRolePolicies', { RoleName })
  for (const { PolicyArn } of AttachedPolicies as { PolicyArn: string }[])
    if (!keep(PolicyArn)) await context.call('iam', 'DetachRolePolicy', { RoleName, PolicyArn })
}

interface Holder {
  readonly kind: 'Role' | 'User'
  readonly name: string
}

const holdersOf = (properties: JsonObject): Holder[] => {
  if (texts(properties, 'Groups').length > 0)
    throw new Error('property Groups is not served by this local cloud')
  return [
    ...texts(properties, 'Roles').map((name) => ({ kind: 'Role' as const, name })),
    ...texts(properties, 'Users').map((name) => ({ kind: 'User' as const, name })),
  ]
}

const policy: Handler = {
  apply: async ({ logicalId, properties, former }, context) => {
    const PolicyName = needText(properties, 'PolicyName')
    const PolicyDocument = document(properties, 'PolicyDocument')
    const holders = holdersOf(properties)
    for (const { kind, name } of holders)
      await context.call('iam', `Put${kind}Policy`, { [`${kind}Name`]: name, PolicyName, PolicyDocument })
    const sameName = former && needText(former.properties, 'PolicyName') === PolicyName
    for (const { kind, name } of former ? holdersOf(former.properties) : [])
      if (!sameName || !holders.some((holder) => holder.kind === kind && holder.name === name))
        await dropPolicy(context, { kind, name }, needText(former?.properties ?? {}, 'PolicyName'))
    return { physicalId: context.generatedName(logicalId, 128), attributes: { Id: PolicyName } }
  },
  remove: async ({ properties }, context) => {
    for (const holder of holdersOf(properties))
      await dropPolicy(context, holder, needText(properties, 'PolicyName'))
  },
}

const dropPolicy = (context: Context, { kind, name }: Holder, PolicyName: string) =>
  unless(MISSING, context.call('iam', `Delete${kind}Policy`, { [`${kind}Name`]: name, PolicyName }))

const managedPolicy: Handler = {
  apply: async ({ logicalId, properties, former }, context) => {
    const PolicyName = text(properties, 'ManagedPolicyName') ?? context.generatedName(logicalId, 128)
    const PolicyDocument = document(properties, 'PolicyDocument')
    const PolicyArn = `arn:aws:iam::${context.place.account}:policy${text(properties, 'Path') ?? '/'}${PolicyName}`
    const holders = holdersOf(properties)
    const changed = former && document(former.properties, 'PolicyDocument') !== PolicyDocument
    if (changed && former.physicalId === PolicyArn) await releasePolicy(context, PolicyArn, former.properties)
    await unless(
      EXISTS,
      context.call(
        'iam',
        'CreatePolicy',
        defined({
          PolicyName,
          PolicyDocument,
          Path: text(properties, 'Path'),
          Description: text(properties, 'Description'),
        }),
      ),
    )
    for (const { kind, name } of holders)
      await context.call('iam', `Attach${kind}Policy`, { [`${kind}Name`]: name, PolicyArn })
    for (const { kind, name } of former ? holdersOf(former.properties) : [])
      if (!holders.some((holder) => holder.kind === kind && holder.name === name))
        await unless(
          MISSING,
          context.call('iam', `Detach${kind}Policy`, { [`${kind}Name`]: name, PolicyArn }),
        )
    return { physicalId: PolicyArn, attributes: { PolicyArn } as Record<string, Json> }
  },
  remove: ({ physicalId, properties }, context) => releasePolicy(context, physicalId, properties),
}

/** There are no policy versions here: a changed policy is taken away and made again. */
const releasePolicy = async (context: Context, PolicyArn: string, properties: JsonObject) => {
  for (const { kind, name } of holdersOf(properties))
    await unless(MISSING, context.call('iam', `Detach${kind}Policy`, { [`${kind}Name`]: name, PolicyArn }))
  await unless(MISSING, context.call('iam', 'DeletePolicy', { PolicyArn }))
}

export const iamHandlers: Handlers = {
  'AWS::IAM::Role': role,
  'AWS::IAM::Policy': policy,
  'AWS::IAM::ManagedPolicy': managedPolicy,
}
