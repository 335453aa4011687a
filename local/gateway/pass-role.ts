import type { Permission } from './service.ts'

/**
 * What whoever gives a role to a service must be allowed: `iam:PassRole` on the role. A role of another account cannot be passed
 * (IAM user guide, "Grant a user permissions to pass a role to an AWS service").
 * @param service that will assume it: `lambda.amazonaws.com`, `ecs-tasks.amazonaws.com`, `scheduler.amazonaws.com`, `events.amazonaws.com`
 */
export const passRole = (roleArn: string, service: string): Permission => ({
  action: 'iam:PassRole',
  resource: roleArn,
  context: { 'iam:PassedToService': service },
})
