import type { Parts, PolicyDocument } from '../contracts.ts'
import { AwsError, type Call } from '../gateway/service.ts'
import { DEFAULT_BUS, type Place, placeOf } from './places.ts'

export interface Statement {
  readonly Sid?: string
  readonly [member: string]: unknown
}

/** What is remembered of a bus. Times are milliseconds since the epoch. */
export interface Bus {
  readonly name: string
  readonly createdAt?: number
  readonly modifiedAt?: number
  readonly description?: string
  readonly kmsKey?: string
  readonly deadLetterQueue?: string
  readonly logConfig?: object
  readonly policy?: PolicyDocument & { readonly Statement: readonly Statement[] }
}

/** Event buses: each account and region has `default`; more may be made. */
export interface Buses {
  /** undefined when there is no such bus */
  find(place: Place): Bus | undefined
  /** the bus that a call means by a name, an ARN or nothing; @throws AwsError ResourceNotFoundException */
  resolve(nameOrArn: string | undefined, call: Pick<Call, 'account' | 'region'>): Place
  /** sorted by name */
  list(call: Pick<Call, 'account' | 'region'>): readonly Bus[]
  save(place: Place, bus: Bus): void
  delete(place: Place): void
}

export const openBuses = ({ store, now }: Pick<Parts, 'store' | 'now'>): Buses => {
  const buses = store.collection<Bus>('events.buses')
  const prefix = ({ account, region }: Pick<Call, 'account' | 'region'>) => `${account}|${region}|`
  const find = (place: Place): Bus | undefined => {
    const key = `${prefix(place)}${place.bus}`
    const known = buses.get(key)
    if (known || place.bus !== DEFAULT_BUS) return known
    const made = { name: DEFAULT_BUS, createdAt: now(), modifiedAt: now() }
    buses.put(key, made)
    return made
  }
  return {
    find,
    resolve: (nameOrArn, call) => {
      const place = placeOf(nameOrArn, call)
      if (!find(place))
        throw new AwsError('ResourceNotFoundException', `Event bus ${place.bus} does not exist.`)
      return place
    },
    list: (call) => {
      find({ ...call, bus: DEFAULT_BUS })
      return buses.entries(prefix(call)).map(([, bus]) => bus)
    },
    save: (place, bus) => buses.put(`${prefix(place)}${place.bus}`, bus),
    delete: (place) => {
      buses.delete(`${prefix(place)}${place.bus}`)
    },
  }
}
