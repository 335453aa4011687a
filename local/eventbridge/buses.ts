import { AwsError, type Call } from '../gateway/service.ts'
import type { Store } from '../state/store.ts'
import type { Place } from './rules.ts'

export const DEFAULT_BUS = 'default'
const BUS_NAME = /^[A-Za-z0-9._-]{1,256}$/

export const busArn = ({ account, region, bus }: Place): string =>
  `arn:aws:events:${region}:${account}:event-bus/${bus}`

/** Event buses: each account and region has `default`; more may be made. */
export interface Buses {
  /** the bus that a call means by a name, an ARN or nothing; @throws AwsError ResourceNotFoundException */
  resolve(nameOrArn: string | undefined, call: Pick<Call, 'account' | 'region'>): Place
  list(call: Call): string[]
  create(name: string | undefined, call: Call): Place
  delete(name: string | undefined, call: Call): void
}

export const openBuses = (store: Store): Buses => {
  const buses = store.collection<{ name: string }>('events.buses')
  const prefix = ({ account, region }: Pick<Call, 'account' | 'region'>) => `${account}|${region}|`
  const exists = (place: Place) =>
    place.bus === DEFAULT_BUS || buses.get(`${prefix(place)}${place.bus}`) !== undefined

  const resolve: Buses['resolve'] = (nameOrArn, { account, region }) => {
    const bus = nameOrArn?.replace(`arn:aws:events:${region}:${account}:event-bus/`, '') || DEFAULT_BUS
    const place = { account, region, bus }
    if (!exists(place)) throw new AwsError('ResourceNotFoundException', `Event bus ${bus} does not exist.`)
    return place
  }
  return {
    resolve,
    list: (call) => [DEFAULT_BUS, ...buses.entries(prefix(call)).map(([, { name }]) => name)],
    create: (name, { account, region }) => {
      if (!name || !BUS_NAME.test(name) || name === DEFAULT_BUS)
        throw new AwsError(
          'ValidationException',
          `Parameter ${name} is not valid. Reason: not a name for an event bus.`,
        )
      const place = { account, region, bus: name }
      if (exists(place))
        throw new AwsError('ResourceAlreadyExistsException', `Event bus ${name} already exists.`)
      buses.put(`${prefix(place)}${name}`, { name })
      return place
    },
    delete: (name, call) => {
      if (name === DEFAULT_BUS) throw new AwsError('ValidationException', 'Cannot delete event bus default.')
      buses.delete(`${prefix(call)}${name}`)
    },
  }
}
