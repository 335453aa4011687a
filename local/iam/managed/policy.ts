import { createHash } from 'node:crypto'
import type { ManagedStatement } from './statements.ts'

/** A policy that AWS made and everybody may attach. */
export interface AwsManaged {
  readonly arn: string
  readonly id: string
  readonly name: string
  readonly path: string
  readonly version: string
  readonly created: number
  readonly updated: number
  readonly text: string
}

/** @param version number of its default version @param times when it was made and last changed */
export const managed = (
  path: string,
  name: string,
  version: number,
  [created, updated]: readonly [created: string, updated: string],
  statements: readonly ManagedStatement[],
): readonly [arn: string, AwsManaged] => {
  const arn = `arn:aws:iam::aws:policy${path}${name}`
  return [
    arn,
    {
      arn,
      id: `ANPA${createHash('sha256')
        .update(arn)
        .digest('hex')
        .toUpperCase()
        .replace(/[018-9]/g, 'Z')
        .slice(0, 17)}`,
      name,
      path,
      version: `v${version}`,
      created: Date.parse(created),
      updated: Date.parse(updated),
      text: JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2),
    },
  ]
}

/** Never changed since that day. */
export const ONCE = (day: string) => [day, day] as const
