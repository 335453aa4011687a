import { addressText } from '../codecommit/address.ts'
import type { SpreadItem } from './items.ts'
import { browseLink } from './links.ts'
import { factsOf, lineOf, placeOf, summaryOf } from './secret-story.ts'
import type { Fact, Story } from './story.ts'
import { count, moment, place, sentence } from './words.ts'

/**
 * What those hear in whose repository a secret is open that was now pushed to another one.
 * @param items at least one, for each of their repositories; all of one scan
 */
export const spreadStory = (items: readonly [SpreadItem, ...SpreadItem[]]): Story => {
  const [{ event, other }] = items
  const { repository } = event.detail
  const all = items.flatMap(({ event: { detail } }) => detail.findings)
  const findings = [...new Map(all.map((one) => [`${one.fingerprint} ${one.path}`, one])).values()]
  const [first] = findings
  const isOne = findings.length === 1
  const blocking = findings.filter(({ action }) => action === 'block').length
  const here =
    items.length === 1 ? other.name : `${other.name} and ${count(items.length - 1, 'other', 'others')}`
  return {
    id: event.id,
    test: false,
    mood: blocking > 0 ? 'bad' : 'waiting',
    kinds: ['secret'],
    events: [event.detailType],
    headline: `${here}: ${blocking > 0 ? 'SECRET' : 'possible secret'} open here, now in ${repository.name} too: ${summaryOf(findings.length, first)}`,
    repository: other,
    at: event.at,
    facts: [
      ...items.flatMap(hereOf),
      { label: 'Pushed to', value: `${repository.name} in ${place(repository)}` },
      ...(first && isOne ? factsOf({ ...first, others: [], elsewhere: 0 }) : []),
      { label: 'When', value: moment(event.at) },
    ],
    moves: [],
    scanEvent: { ...event, detail: { ...event.detail, findings, found: findings.length, blocking } },
    ...(isOne ? {} : { lines: { of: 'finding', texts: findings.map(lineOf), total: findings.length } }),
    nextStep: sentence(event.detail.nextStep),
    link: { label: 'Open the repository', url: browseLink(other) },
  }
}

/** Where it is open in a repository that hears of it. */
const hereOf = ({ event, other }: SpreadItem): Fact[] => {
  const there = event.detail.findings.flatMap(({ others = [] }) =>
    others.filter(({ repository }) => addressText(repository) === addressText(other)),
  )
  const [first] = there
  if (!first) return []
  const more = there.length > 1 ? `, and ${count(there.length - 1, 'more place', 'more places')}` : ''
  return [{ label: 'Open', value: `in ${other.name}, ${placeOf(first)}${more}` }]
}
