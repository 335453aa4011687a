import { type Dialect, slack, teams } from './dialects.ts'
import { rangeOf } from './ref-story.ts'
import { REFS_FOR_PEOPLE } from './render.ts'
import type { Story } from './story.ts'
import { count, shortRef } from './words.ts'

export type Chat = 'slack' | 'teams'

/** Lengths that chat clients showed without cutting; AWS documents none. */
export const MAX_TITLE = 250
export const MAX_DESCRIPTION = 8_000

const DIALECTS: Readonly<Record<Chat, Dialect>> = { slack, teams }

const SIGNS: Readonly<Record<Story['mood'], string>> = { plain: '', good: '✅ ', waiting: '⏳ ', bad: '🔴 ' }

/** A custom notification: Amazon Q Developer in chat applications Administrator Guide, "Custom notifications". */
export interface Card {
  readonly version: '1.0'
  readonly source: 'custom'
  readonly id: string
  readonly content: {
    readonly textType: 'client-markdown'
    readonly title: string
    readonly description: string
    readonly nextSteps: readonly string[]
    readonly keywords: readonly string[]
  }
  readonly metadata: {
    readonly threadId?: string
    readonly summary: string
    readonly eventType: string
    readonly relatedResources: readonly string[]
    readonly additionalContext: Readonly<Record<string, string>>
  }
}

/** The story as the one message that the chat service never drops, in the markdown of that chat. */
export const cardOf = (story: Story, chat: Chat): Card => {
  const dialect = DIALECTS[chat]
  const { repository } = story
  return {
    version: '1.0',
    source: 'custom',
    id: story.id,
    content: {
      textType: 'client-markdown',
      title: titleOf(story, dialect),
      description: descriptionOf(story, dialect),
      nextSteps: [
        ...(story.nextStep === undefined ? [] : [dialect.plain(story.nextStep)]),
        dialect.link(story.link.label, story.link.url),
      ],
      keywords: [repository.name, ...story.kinds],
    },
    metadata: {
      ...threadOf(story),
      summary: cut(story.headline, MAX_TITLE),
      eventType: story.events.length === 1 ? (story.events[0] ?? '') : 'changed',
      relatedResources: [
        `arn:${partition(repository.region)}:codecommit:${repository.region}:${repository.account}:${repository.name}`,
      ],
      additionalContext: { account: repository.account, region: repository.region },
    },
  }
}

/** Escaping makes a text longer, so it is cut before, until what comes out fits. */
const titleOf = (story: Story, dialect: Dialect): string => {
  let length = MAX_TITLE
  let title = ''
  do {
    title = `${SIGNS[story.mood]}${dialect.plain(cut(story.headline, length))}`
    length -= 10
  } while (title.length > MAX_TITLE)
  return title
}

const descriptionOf = (story: Story, dialect: Dialect): string => {
  let refs = REFS_FOR_PEOPLE
  let text = describe(story, dialect, refs)
  while (text.length > MAX_DESCRIPTION && refs > 0) {
    refs -= 1
    text = describe(story, dialect, refs)
  }
  return text
}

const describe = ({ facts, moves, lines: list }: Story, dialect: Dialect, maxRefs: number): string => {
  const lines = facts.map(({ label, value }) => `${dialect.bold(label)}: ${dialect.plain(value)}`)
  const listed = moves.slice(0, maxRefs).map((move) => {
    const range = rangeOf(move)
    return `${dialect.code(shortRef(move.ref))} ${move.refType} ${move.change}${range === '' ? '' : ` ${dialect.code(range)}`}`
  })
  const more = moves.length - listed.length
  const rest = more > 0 ? [`… and ${count(more, 'more ref')}`] : []
  // two line ends: Teams joins lines that are parted by one
  const texts = (list?.texts ?? []).slice(0, maxRefs).map((text) => dialect.plain(text))
  const beyond = (list?.total ?? 0) - texts.length
  const uncounted = beyond > 0 && list ? [`… and ${count(beyond, `more ${list.of}`)}`] : []
  return [...lines, ...listed, ...rest, ...texts, ...uncounted].join('\n\n')
}

/** What became of one replica stays in one thread, so that a failure and its end stand together. */
const threadOf = ({ replicaEvent }: Story): { threadId?: string } => {
  if (replicaEvent === undefined) return {}
  const { repository, replica } = replicaEvent.detail
  return { threadId: `${repository.name}-${repository.region}-${replica.account}-${replica.region}` }
}

const partition = (region: string): string => {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, Math.max(0, length - 1)).toWellFormed()}…` : text
