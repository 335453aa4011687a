import type { Place } from './groups.ts'

export const groupArn = ({ account, region }: Place, name: string): string =>
  `arn:aws:logs:${region}:${account}:log-group:${name}`

export const streamArn = (place: Place, group: string, stream: string): string =>
  `${groupArn(place, group)}:log-stream:${stream}`

/** Name of the group behind a name or an ARN, with or without `:*` at its end. */
export const groupNameOf = (nameOrArn: string): string =>
  /^arn:[^:]+:logs:[^:]*:\d*:log-group:([^:]+)(?::.*)?$/.exec(nameOrArn)?.[1] ?? nameOrArn
