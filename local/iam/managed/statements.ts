/** A statement of an AWS managed policy. */
export interface ManagedStatement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: string | readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: object
}

/** `service` and what it may do: `codecommit:Get*` ... */
export const actions = (service: string, names: string): readonly string[] =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => `${service}:${name}`)

export const allow = (
  Action: string | readonly string[],
  Resource: string | readonly string[] = '*',
  Condition?: object,
): ManagedStatement => ({ Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) })

/** The caller's own user, as AWS's policies write it. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable is written so
export const SELF = 'arn:aws:iam::*:user/${aws:username}'
