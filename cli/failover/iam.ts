import {
  AttachGroupPolicyCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreatePolicyCommand,
  DeletePolicyCommand,
  DetachGroupPolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  IAMClient,
  paginateListEntitiesForPolicy,
} from '@aws-sdk/client-iam'
import type { Policies, Principal } from './freeze.ts'

/** IAM by the operator's own credentials. What AWS throws passes through, but for what a repeated call must not mind. */
export const openPolicies = (region: string): Policies => {
  const client = new IAMClient({
    region,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 },
  })
  return {
    create: async ({ name, document, description }) => {
      try {
        await client.send(
          new CreatePolicyCommand({ PolicyName: name, PolicyDocument: document, Description: description }),
        )
        return 'created'
      } catch (error) {
        // of an earlier try: its name is that of its repository, so it says the same
        if (isNamed(error, 'EntityAlreadyExists')) return 'present'
        throw error
      }
    },
    attach: async (PolicyArn, { kind, name }) => {
      if (kind === 'group') await client.send(new AttachGroupPolicyCommand({ PolicyArn, GroupName: name }))
      else if (kind === 'role') await client.send(new AttachRolePolicyCommand({ PolicyArn, RoleName: name }))
      else await client.send(new AttachUserPolicyCommand({ PolicyArn, UserName: name }))
    },
    attached: async (PolicyArn) => {
      const found: Principal[] = []
      try {
        for await (const page of paginateListEntitiesForPolicy({ client }, { PolicyArn })) {
          for (const { GroupName: name } of page.PolicyGroups ?? [])
            if (name) found.push({ kind: 'group', name })
          for (const { RoleName: name } of page.PolicyRoles ?? [])
            if (name) found.push({ kind: 'role', name })
          for (const { UserName: name } of page.PolicyUsers ?? [])
            if (name) found.push({ kind: 'user', name })
        }
      } catch (error) {
        if (isNamed(error, 'NoSuchEntity')) return undefined
        throw error
      }
      return found
    },
    detach: (PolicyArn, { kind, name }) =>
      gone(
        kind === 'group'
          ? client.send(new DetachGroupPolicyCommand({ PolicyArn, GroupName: name }))
          : kind === 'role'
            ? client.send(new DetachRolePolicyCommand({ PolicyArn, RoleName: name }))
            : client.send(new DetachUserPolicyCommand({ PolicyArn, UserName: name })),
      ),
    delete: (PolicyArn) => gone(client.send(new DeletePolicyCommand({ PolicyArn }))),
  }
}

/** What is not there need not be taken away. */
const gone = async (work: Promise<unknown>): Promise<void> => {
  try {
    await work
  } catch (error) {
    if (!isNamed(error, 'NoSuchEntity')) throw error
  }
}

/** The SDK adds `Exception` to the names of IAM's errors. */
const isNamed = (error: unknown, name: string): boolean => (error as Error).name.startsWith(name)
