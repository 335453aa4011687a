import type { Call } from '../gateway/service.ts'
import type { Store } from '../state/store.ts'

type Home = Pick<Call, 'account' | 'region'>

/** Resources of one kind, known by their name in an account and region, and by an ARN of the form `...:<kind>/<name>/<id>`. */
export interface NamedRecords<T> {
  get(home: Home, name: string): T | undefined
  /** by its ARN */
  find(arn: string): T | undefined
  /** sorted by name */
  list(home: Home): readonly T[]
  save(home: Home, record: T): void
  delete(home: Home, name: string): void
}

/** @param collection name of the store's collection that holds them */
export const openNamed = <T extends { readonly name: string; readonly arn: string }>(
  store: Store,
  collection: string,
): NamedRecords<T> => {
  const records = store.collection<T>(collection)
  const keyOf = ({ account, region }: Home, name: string) => `${account}|${region}|${name}`
  const get = (home: Home, name: string) => records.get(keyOf(home, name))
  return {
    get,
    find: (arn) => {
      const [, , , region = '', account = '', path = ''] = arn.split(':')
      const found = get({ account, region }, path.split('/')[1] ?? '')
      return found?.arn === arn ? found : undefined
    },
    list: (home) => records.entries(keyOf(home, '')).map(([, record]) => record),
    save: (home, record) => records.put(keyOf(home, record.name), record),
    delete: (home, name) => {
      records.delete(keyOf(home, name))
    },
  }
}
