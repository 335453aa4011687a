/** A custom notification as a chat channel shows it. */
interface Card {
  readonly title?: string
  readonly description: string
  readonly nextSteps: readonly string[]
  readonly keywords: readonly string[]
  /** `client-markdown`: the chat client's own dialect */
  readonly textType?: string
  readonly threadId?: string
  readonly summary?: string
}

export type Rendered =
  | { readonly supported: true; readonly card: Card }
  | { readonly supported: false; readonly reason: string }

const unsupported = (reason: string): Rendered => ({ supported: false, reason })

/**
 * What the chat service makes of a message: a card for a valid custom notification, nothing for anything else, without a word
 * to the publisher (Amazon Q Developer in chat applications, administrator guide, "Custom notifications").
 */
export const render = (message: string): Rendered => {
  const notice = parse(message)
  if (!notice) return unsupported('not a JSON object')
  if (notice.version !== '1.0') return unsupported('version is not "1.0"')
  if (notice.source !== 'custom') return unsupported('source is not "custom"')
  const content = asObject(notice.content)
  if (typeof content?.description !== 'string' || content.description === '')
    return unsupported('content.description is missing')
  const wrong = wrongMember(content, asObject(notice.metadata) ?? {})
  if (wrong) return unsupported(`${wrong} has the wrong type`)
  const { title, textType, nextSteps = [], keywords = [] } = content
  const { threadId, summary } = asObject(notice.metadata) ?? {}
  return {
    supported: true,
    card: {
      description: content.description,
      nextSteps: nextSteps as string[],
      keywords: keywords as string[],
      ...(typeof title === 'string' ? { title } : {}),
      ...(typeof textType === 'string' ? { textType } : {}),
      ...(typeof threadId === 'string' ? { threadId } : {}),
      ...(typeof summary === 'string' ? { summary } : {}),
    },
  }
}

const asObject = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined

const parse = (text: string): Record<string, unknown> | undefined => {
  try {
    return asObject(JSON.parse(text))
  } catch {
    return undefined
  }
}

const isText = (value: unknown) => typeof value === 'string'
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText)

/** That a wrong type makes the whole message unsupported is inferred. */
const wrongMember = (
  content: Readonly<Record<string, unknown>>,
  metadata: Readonly<Record<string, unknown>>,
): string | undefined => {
  const checks: readonly (readonly [name: string, value: unknown, good: (value: unknown) => boolean])[] = [
    ['content.title', content.title, isText],
    ['content.textType', content.textType, (value) => value === 'client-markdown'],
    ['content.nextSteps', content.nextSteps, isTexts],
    ['content.keywords', content.keywords, isTexts],
    ['metadata.threadId', metadata.threadId, isText],
    ['metadata.summary', metadata.summary, isText],
    ['metadata.eventType', metadata.eventType, isText],
    ['metadata.relatedResources', metadata.relatedResources, isTexts],
  ]
  return checks.find(([, value, good]) => value !== undefined && !good(value))?.[0]
}
