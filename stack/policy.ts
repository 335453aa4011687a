import { ACCOUNT, arn, type Resource, type Value } from './resources.ts'

export interface Statement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: Value
  readonly Action: readonly string[]
  readonly Resource: readonly Value[]
  readonly Condition?: { readonly [operator: string]: { readonly [key: string]: Value } }
}

/** A policy document of these statements. */
export const document = (statements: readonly Statement[]): Value => ({
  Version: '2012-10-17',
  Statement: statements.map((statement) => ({ ...statement })),
})

export const allow = (
  action: readonly string[],
  resource: readonly Value[],
  condition?: NonNullable<Statement['Condition']>,
): Statement => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...(condition && { Condition: condition }),
})

/** Condition that only this account's own resources made the service act (IAM user guide, "The confused deputy problem"). */
export const OWN_ACCOUNT = { StringEquals: { 'aws:SourceAccount': ACCOUNT } } as const

/**
 * A role with one inline policy. Statements without a resource (a relay.yml that replicates nothing from here) are left out:
 * IAM refuses an empty list.
 * @param service principal that may take the role, for example `lambda.amazonaws.com`
 */
export const role = (options: {
  readonly name: string
  readonly description: string
  readonly service: string
  readonly trustCondition?: NonNullable<Statement['Condition']>
  readonly statements: readonly Statement[]
}): Resource => {
  const statements = options.statements.filter((statement) => statement.Resource.length > 0)
  const trust = {
    Effect: 'Allow',
    Principal: { Service: options.service },
    Action: 'sts:AssumeRole',
    ...(options.trustCondition && { Condition: options.trustCondition }),
  }
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: options.name,
      Description: options.description,
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
      ...(statements.length > 0 && {
        Policies: [{ PolicyName: 'only-what-it-uses', PolicyDocument: document(statements) }],
      }),
    },
  }
}

/** Onto the bus, under Relay's own source only: a function that is tricked cannot speak as somebody else. */
export const putOwnEvents = (): Statement =>
  allow(['events:PutEvents'], [arn('events', 'event-bus/default')], {
    StringEquals: { 'events:source': 'codecommit-relay' },
  })
