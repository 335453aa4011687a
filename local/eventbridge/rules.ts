import type { Target } from '@aws-sdk/client-eventbridge'
import type { Store } from '../state/store.ts'
import { fieldsOf } from './fields.ts'
import { compileForFields, type FieldMatcher } from './pattern.ts'

/** A rule as the store keeps it, with its targets. */
export interface Rule {
  readonly name: string
  readonly arn: string
  readonly account: string
  readonly region: string
  readonly bus: string
  readonly pattern: string
  readonly state: 'ENABLED' | 'DISABLED'
  readonly description?: string
  readonly roleArn?: string
  readonly targets: readonly Target[]
}

export interface Place {
  readonly account: string
  readonly region: string
  readonly bus: string
}

/** Rules of all buses, in memory and in the store. */
export interface Rules {
  get(place: Place, name: string): Rule | undefined
  list(place: Place): Rule[]
  save(rule: Rule): void
  delete(place: Place, name: string): void
  /** enabled rules of the bus whose pattern matches the event */
  matching(place: Place, event: unknown): Rule[]
}

export const openRules = (store: Store): Rules => {
  const rules = store.collection<Rule>('events.rules')
  const buses = new Map<string, Map<string, { rule: Rule; matches: FieldMatcher }>>()

  const keyOf = ({ account, region, bus }: Place) => `${account}|${region}|${bus}`
  const remember = (rule: Rule) => {
    const key = keyOf(rule)
    const bus = buses.get(key) ?? new Map()
    bus.set(rule.name, { rule, matches: compileForFields(rule.pattern) })
    buses.set(key, bus)
  }
  const on = (place: Place) => [...(buses.get(keyOf(place))?.values() ?? [])]
  for (const [, rule] of rules.entries()) remember(rule)

  return {
    get: (place, name) => buses.get(keyOf(place))?.get(name)?.rule,
    list: (place) =>
      on(place)
        .map(({ rule }) => rule)
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    save: (rule) => {
      rules.put(`${keyOf(rule)}|${rule.name}`, rule)
      remember(rule)
    },
    delete: (place, name) => {
      rules.delete(`${keyOf(place)}|${name}`)
      buses.get(keyOf(place))?.delete(name)
    },
    matching: (place, event) => {
      const fields = fieldsOf(event)
      return on(place)
        .filter(({ rule, matches }) => rule.state === 'ENABLED' && matches(fields))
        .map(({ rule }) => rule)
    },
  }
}
