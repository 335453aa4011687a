/** How one chat client writes emphasis, and how foreign text is kept from being read as such. */
export interface Dialect {
  /** foreign text that shows as it is */
  plain(text: string): string
  bold(text: string): string
  /** monospaced; the text shows as it is but for backticks, which become apostrophes */
  code(text: string): string
  link(label: string, url: string): string
}

const entities = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Characters that no dialect can escape inside a code span, and that would end it. */
const inCode = (text: string): string => text.replaceAll('`', "'").replace(/\s+/g, ' ')

/** What a URL may hold unescaped but a link's own markup may not. */
const inLink = (url: string): string =>
  url.replace(/[|<>()*_~`\s]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * Slack `mrkdwn`: entities for `&`, `<`, `>` (Slack API, "Formatting text for app surfaces"); the other marks cannot be
 * escaped, so look-alikes stand in for them where Slack would read them as marks: an underscore inside a word stays.
 */
export const slack: Dialect = {
  plain: (text) =>
    entities(text)
      .replaceAll('*', '∗')
      .replaceAll('~', '∼')
      .replaceAll('`', "'")
      .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, 'ˍ'),
  bold: (text) => `*${slack.plain(text)}*`,
  code: (text) => `\`${entities(inCode(text))}\``,
  link: (label, url) =>
    `<${inLink(url).replaceAll('&', '&amp;')}|${slack.plain(label).replaceAll('|', '/')}>`,
}

/** Microsoft Teams: a subset of CommonMark, in which a backslash makes any mark plain (CommonMark 0.31, section 2.4). */
export const teams: Dialect = {
  plain: (text) => text.replace(/[\\`*_{}[\]<>#~|&!]/g, (mark) => `\\${mark}`),
  bold: (text) => `**${teams.plain(text)}**`,
  code: (text) => `\`${inCode(text)}\``,
  link: (label, url) => `[${teams.plain(label)}](${inLink(url)})`,
}
