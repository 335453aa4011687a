/** The three ways to write a reaction. */
export interface Reaction {
  readonly emoji: string
  /** without colons, as GetCommentReactions answers it */
  readonly shortCode: string
  /** `U+1F44D` */
  readonly unicode: string
}

/** Shortcode and code point of each emoji that comments can be answered with (codecommit user guide, "Comment on a commit", table of emojis). */
const REACTIONS: readonly (readonly [shortCode: string, codePoint: number])[] = [
  ['thumbsup', 0x1f44d],
  ['thumbsdown', 0x1f44e],
  ['smile', 0x1f604],
  ['heart', 0x2764],
  ['angry', 0x1f620],
  ['confused', 0x1f615],
  ['scream', 0x1f631],
  ['sleepy', 0x1f62a],
  ['clap', 0x1f44f],
  ['sunglasses', 0x1f60e],
  ['broken_heart', 0x1f494],
]

const FORMATS: readonly Reaction[] = REACTIONS.map(([shortCode, codePoint]) => ({
  shortCode,
  emoji: String.fromCodePoint(codePoint),
  unicode: `U+${codePoint.toString(16).toUpperCase()}`,
}))

const VARIATION_SELECTOR = /\ufe0f$/

/** @param value an emoji, a shortcode with its colons, or `U+` and a code point; undefined for any other */
export const reactionOf = (value: string): Reaction | undefined => {
  const plain = value.replace(VARIATION_SELECTOR, '')
  return FORMATS.find(
    ({ emoji, shortCode, unicode }) =>
      plain === emoji || value === `:${shortCode}:` || value.toUpperCase() === unicode,
  )
}

/** By the shortcode that is stored. */
export const formatsOf = (shortCode: string): Reaction =>
  reactionOf(`:${shortCode}:`) ?? { shortCode, emoji: '', unicode: '' }

/** As `reactionCounts` and `callerReactions` name it: `THUMBSUP`. */
export const countName = (shortCode: string): string => shortCode.toUpperCase()
