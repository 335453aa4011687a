/** One log event as a group's file keeps it. */
export interface StoredEvent {
  readonly stream: string
  /** when it happened, milliseconds since the epoch */
  readonly timestamp: number
  /** when it was taken */
  readonly ingested: number
  readonly message: string
  /** where it stands in all that was ever written to the group: orders events of one millisecond, and never changes */
  readonly position: number
}

/** Past this the service's clock and a Date have no more to say to one another. */
const MAX_TIME = 8.64e15

/**
 * An event as people can read it: `<ISO time> <stream> <text>`, with `+<ms>` behind the time where it was taken later than it
 * happened. Further lines of a text begin with a tab, which no event does; blanks in a stream's name are percent-encoded.
 */
export const encodeEvent = ({
  stream,
  timestamp,
  ingested,
  message,
}: Omit<StoredEvent, 'position'>): string => {
  const later = ingested - timestamp
  const sign = later > 0 ? '+' : ''
  return `${new Date(timestamp).toISOString()}${later === 0 ? '' : `${sign}${later}`} ${stream.replaceAll(/[%\s]/gu, encodeURIComponent)} ${message.replaceAll('\n', '\n\t')}\n`
}

/** First line of a file that took over from a full one: where its first byte stands in the whole. */
export const encodeStart = (position: number): string => `# ${position}\n`

const START = /^# (\d+)$/
const EVENT = /^([+-]?\d{4,6}-\d\d-\d\dT[\d:.]+Z)([+-]\d+)? (\S+) (.*)$/s
const NEWLINE = 0x0a
const TAB = 0x09

/** Where a file's first byte stands in all that was written to its group. */
export const startOf = (file: Buffer): number => {
  const end = file.indexOf(NEWLINE)
  return Number(START.exec(file.toString('utf8', 0, Math.max(end, 0)))?.[1] ?? 0)
}

/** The events of a file, in the order in which they were written; what is no event (a remark, a torn line) is passed over. */
export function* decodeEvents(file: Buffer): Generator<StoredEvent> {
  const start = startOf(file)
  let from = 0
  while (from < file.length) {
    let end = file.indexOf(NEWLINE, from)
    while (end >= 0 && file[end + 1] === TAB) end = file.indexOf(NEWLINE, end + 1)
    const stop = end < 0 ? file.length : end
    const event = decodeEvent(file.toString('utf8', from, stop), start + from)
    if (event) yield event
    from = stop + 1
  }
}

const decodeEvent = (text: string, position: number): StoredEvent | undefined => {
  const [, time = '', later = '0', stream = '', message = ''] = EVENT.exec(text) ?? []
  const timestamp = Date.parse(time)
  if (!(Math.abs(timestamp) <= MAX_TIME)) return undefined
  return {
    stream: nameOf(stream),
    timestamp,
    ingested: timestamp + Number(later),
    message: message.replaceAll('\n\t', '\n'),
    position,
  }
}

const nameOf = (encoded: string): string => {
  try {
    return decodeURIComponent(encoded)
  } catch {
    // written before names were encoded
    return encoded
  }
}
