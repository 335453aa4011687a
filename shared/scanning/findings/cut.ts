/** Texts of an event are cut: fifty findings fit into it and into a message. */
const MAX_TEXT = 300

export const cut = (text: string, length = MAX_TEXT): string =>
  text.length > length ? `${text.slice(0, length - 1).toWellFormed()}…` : text
