import type { RepositoryAddress } from '../codecommit/address.ts'
import type { RepositoryEvent } from '../events/types.ts'
import { kindOf, type RefItem } from './items.ts'
import { branchesLink, browseLink, commitLink, compareLink, tagsLink } from './links.ts'
import { type Move, movesOf } from './moves.ts'
import { personOf } from './people.ts'
import type { Story } from './story.ts'
import { count, moment, place, short, shortRef } from './words.ts'

/** A push, or whatever else moved refs of one repository by one hand. */
export const refStory = (items: readonly [RefItem, ...RefItem[]]): Story => {
  const [{ event }] = items
  const moves = movesOf(items)
  const at = items.map((item) => item.event.at).reduce((a, b) => (Date.parse(b) > Date.parse(a) ? b : a))
  const { repository } = event
  return {
    id: event.id,
    test: false,
    mood: 'plain',
    kinds: [...new Set(items.map(({ change }) => kindOf(change)))],
    events: [...new Set(items.map(({ change }) => change.kind))],
    headline: `${repository.name}: ${personOf(event.actor, event.actorName) ?? 'someone'} ${deed(moves)}`,
    repository,
    at,
    ...actorOf(event),
    facts: factsOf(event, at),
    moves,
    link: linkOf(repository, moves),
  }
}

/** The test event of a built-in trigger: proof that the trigger reaches people. */
export const testStory = (event: RepositoryEvent): Story => ({
  id: event.id,
  test: true,
  mood: 'plain',
  kinds: ['push', 'branch', 'tag'],
  events: ['test'],
  headline: `[test] ${event.repository.name}: the trigger reaches this topic; nothing was pushed`,
  repository: event.repository,
  at: event.at,
  ...actorOf(event),
  facts: factsOf(event, event.at),
  moves: [],
  link: { label: 'Open the repository', url: browseLink(event.repository) },
})

const actorOf = ({ actor, actorName }: RepositoryEvent): Pick<Story, 'actor'> => {
  const name = personOf(actor, actorName)
  return name === undefined ? {} : { actor: { name, ...(actor === undefined ? {} : { arn: actor }) } }
}

const factsOf = ({ actor, actorName, repository }: RepositoryEvent, at: string): Story['facts'] => {
  const name = personOf(actor, actorName)
  const arn = actor === undefined || actor === name ? '' : ` (${actor})`
  return [
    { label: 'Who', value: `${name ?? 'not told by the event'}${arn}` },
    { label: 'Where', value: `${repository.name} in ${place(repository)}` },
    { label: 'When', value: moment(at) },
  ]
}

/** `pushed to main (7f3c1de..a7f719b)`, `created 4,000 tags`, `changed 3 refs (2 tags created, 1 branch deleted)` */
const deed = (moves: readonly Move[]): string => {
  const [only, ...others] = moves
  if (only && others.length === 0) return singleDeed(only)
  const groups = [...Map.groupBy(moves, ({ refType, change }) => `${refType} ${change}`).values()]
  const parts = groups.flatMap((group) => {
    const [first] = group
    return first ? [{ ...first, number: group.length }] : []
  })
  const [all, ...rest] = parts
  if (all && rest.length === 0) {
    const nouns = count(all.number, all.refType, all.refType === 'branch' ? 'branches' : 'tags')
    return `${verb(all)} ${nouns}`
  }
  const list = parts.map(({ refType, change, number }) => {
    const nouns = count(number, refType, refType === 'branch' ? 'branches' : 'tags')
    return `${nouns} ${change}`
  })
  return `changed ${count(moves.length, 'ref')} (${list.join(', ')})`
}

const verb = ({ refType, change }: Move): string => {
  if (change === 'updated') return refType === 'branch' ? 'pushed to' : 'moved'
  return change
}

const singleDeed = (move: Move): string => {
  const name = shortRef(move.ref)
  const noun = move.refType === 'branch' && move.change === 'updated' ? name : `${move.refType} ${name}`
  const again = move.times > 1 ? ` ${move.times} times` : ''
  const range = rangeOf(move)
  return `${verb(move)} ${noun}${again}${range === '' ? '' : ` (${range})`}`
}

/** `7f3c1de..a7f719b`; `now …` where the old tip is not known, `at …` for a new ref, `was …` for one that went */
export const rangeOf = ({ change, commit, oldCommit }: Move): string => {
  if (change === 'deleted') return oldCommit === undefined ? '' : `was ${short(oldCommit)}`
  if (commit === undefined) return ''
  if (change === 'created') return `at ${short(commit)}`
  if (oldCommit === undefined) return `now ${short(commit)}`
  return oldCommit === commit ? `back at ${short(commit)}` : `${short(oldCommit)}..${short(commit)}`
}

const linkOf = (repository: RepositoryAddress, moves: readonly Move[]): Story['link'] => {
  const [only, ...others] = moves
  if (only && others.length === 0 && only.change !== 'deleted' && only.commit !== undefined) {
    return only.oldCommit === undefined || only.oldCommit === only.commit
      ? { label: 'Open the commit', url: commitLink(repository, only.commit) }
      : { label: 'Open the comparison', url: compareLink(repository, only.oldCommit, only.commit) }
  }
  return moves.every(({ refType }) => refType === 'tag')
    ? { label: 'Open the tags', url: tagsLink(repository) }
    : { label: 'Open the branches', url: branchesLink(repository) }
}
