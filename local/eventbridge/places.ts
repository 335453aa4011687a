import type { Call } from '../gateway/service.ts'

/** One event bus of one account and region. */
export interface Place {
  readonly account: string
  readonly region: string
  readonly bus: string
}

export const DEFAULT_BUS = 'default'

const BUS_ARN = /^arn:aws[\w-]*:events:([a-z0-9-]+):(\d{12}):event-bus\/(.+)$/

export const busArn = ({ account, region, bus }: Place): string =>
  `arn:aws:events:${region}:${account}:event-bus/${bus}`

export const ruleArn = ({ account, region, bus }: Place, name: string): string =>
  `arn:aws:events:${region}:${account}:rule/${bus === DEFAULT_BUS ? '' : `${bus}/`}${name}`

/** The bus that an ARN names; undefined when it is no bus's. */
export const placeOfArn = (arn: string): Place | undefined => {
  const [, region, account, bus] = BUS_ARN.exec(arn) ?? []
  return region && account && bus ? { region, account, bus } : undefined
}

/** The bus that a call means by a name, an ARN or nothing. */
export const placeOf = (nameOrArn: string | undefined, call: Pick<Call, 'account' | 'region'>): Place =>
  placeOfArn(nameOrArn ?? '') ?? {
    account: call.account,
    region: call.region,
    bus: nameOrArn || DEFAULT_BUS,
  }

/** The rule that an ARN names; undefined when it is no rule's. */
export const ruleOfArn = (arn: string): (Place & { readonly name: string }) | undefined => {
  const [, region, account, path] = /^arn:aws[\w-]*:events:([a-z0-9-]+):(\d{12}):rule\/(.+)$/.exec(arn) ?? []
  if (!region || !account || !path) return undefined
  const cut = path.lastIndexOf('/')
  return { region, account, bus: cut < 0 ? DEFAULT_BUS : path.slice(0, cut), name: path.slice(cut + 1) }
}
