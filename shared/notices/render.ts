import { rangeOf } from './ref-story.ts'
import type { Story } from './story.ts'
import { count, shortRef } from './words.ts'

/** SNS API reference, Publish: "less than 100 characters long", ASCII, no line breaks or control characters. */
export const MAX_SUBJECT = 99
/** How many refs a notice lists for people; the others are counted. */
export const REFS_FOR_PEOPLE = 20

/** The headline as a mail subject. */
export const subjectOf = ({ headline }: Story): string => {
  const plain = headline
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('…', '...')
    .replace(/[‘’]/g, "'")
    .replace(/[^\x20-\x7e]+/g, '?')
    .trim()
  return plain.length > MAX_SUBJECT ? `${plain.slice(0, MAX_SUBJECT - 3)}...` : plain
}

/** A mail's body: the sentence, the facts, the refs, what to do, where to look. */
export const textOf = (story: Story, maxRefs = REFS_FOR_PEOPLE): string => {
  const width = Math.max(...story.facts.map(({ label }) => label.length)) + 2
  const facts = story.facts.map(({ label, value }) => `${`${label}:`.padEnd(width)}${value}`)
  const blocks = [[story.headline], facts, refLines(story, maxRefs), listLines(story, maxRefs)]
  if (story.nextStep !== undefined) blocks.push(['What to do:', story.nextStep])
  blocks.push([`${story.link.label}:`, story.link.url])
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`
}

const refLines = ({ moves }: Story, maxRefs: number): string[] => {
  // a single ref stands in the headline already
  if (moves.length < 2) return []
  const listed = moves.slice(0, maxRefs).map((move) => {
    const range = rangeOf(move)
    const times = move.times > 1 ? `, ${move.times} times` : ''
    return `  ${move.refType} ${shortRef(move.ref)} ${move.change}${times}${range === '' ? '' : ` (${range})`}`
  })
  const more = moves.length - listed.length
  return more > 0 ? [...listed, `  … and ${count(more, 'more ref')}`] : listed
}

const listLines = ({ lines }: Story, most: number): string[] => {
  if (lines === undefined) return []
  const shown = lines.texts.slice(0, most).map((text) => `  ${text}`)
  const more = lines.total - shown.length
  return more > 0 ? [...shown, `  … and ${count(more, `more ${lines.of}`)}`] : shown
}

/** The notice for machines. The shape is kept: members may be added, none changes its meaning while `version` is 1. */
export interface NoticeDocument {
  readonly version: 1
  readonly source: 'codecommit-relay'
  readonly id: string
  readonly test: boolean
  readonly kinds: readonly string[]
  readonly events: readonly string[]
  readonly summary: string
  readonly at: string
  readonly repository: { readonly account: string; readonly region: string; readonly name: string }
  readonly actor?: { readonly name: string; readonly arn?: string }
  /** at most as many as fit into the message; `refsTotal` counts all */
  readonly refs: readonly {
    readonly ref: string
    readonly type: 'branch' | 'tag'
    readonly change: 'created' | 'updated' | 'deleted'
    readonly commit?: string
    readonly oldCommit?: string
  }[]
  readonly refsTotal: number
  /** `detail` of Relay's own event */
  readonly replica?: object
  /** `detail` of what a scan said */
  readonly scan?: object
  readonly url: string
}

/** @param maxRefs how many refs to list */
export const documentOf = (story: Story, maxRefs: number): NoticeDocument => ({
  version: 1,
  source: 'codecommit-relay',
  id: story.id,
  test: story.test,
  kinds: story.kinds,
  events: story.events,
  summary: story.headline,
  at: story.at,
  repository: addressOf(story),
  ...(story.actor === undefined ? {} : { actor: story.actor }),
  refs: story.moves.slice(0, maxRefs).map(({ ref, refType, change, commit, oldCommit }) => ({
    ref,
    type: refType,
    change,
    ...(commit === undefined ? {} : { commit }),
    ...(oldCommit === undefined ? {} : { oldCommit }),
  })),
  refsTotal: story.moves.length,
  ...(story.replicaEvent === undefined ? {} : { replica: story.replicaEvent.detail }),
  ...(story.scanEvent === undefined ? {} : { scan: story.scanEvent.detail }),
  url: story.link.url,
})

const addressOf = ({ repository: { account, region, name } }: Story) => ({ account, region, name })

/** How many refs the attribute `ref` names; a filter policy on refs does not see those beyond. */
const REFS_IN_ATTRIBUTE = 50

/** Values for filter policies of subscriptions, by attribute name; several values become a String.Array. */
export const attributesOf = (story: Story): Readonly<Record<string, readonly string[]>> => {
  const refs = story.moves.slice(0, REFS_IN_ATTRIBUTE).map(({ ref }) => ref)
  return {
    repository: [story.repository.name],
    region: [story.repository.region],
    kind: story.kinds,
    event: story.events,
    ...(refs.length === 0 ? {} : { ref: [...new Set(refs)] }),
  }
}
