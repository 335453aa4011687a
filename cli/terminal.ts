import { styleText } from 'node:util'

/** Where the story is told. With `--json`, standard output is kept for the one object at the end. */
export interface Terminal {
  readonly stream: NodeJS.WriteStream
  line(text?: string): void
  /** `✓ text` with what it took */
  done(text: string, detail?: string): void
  /** something arrived: an event, a message */
  note(text: string): void
  heading(text: string): void
  /** a bar that is drawn over and over on a terminal, and now and then elsewhere; `share` is 0 to 1 */
  progress(label: string, share: number, detail?: string): void
  /** ends the bar's line */
  progressEnd(): void
  failure(text: string, remedy?: string): void
}

const BAR_WIDTH = 28
/** on something that is no terminal, a bar is one line per this share */
const STEP_WITHOUT_TTY = 0.25

/**
 * @param stream standard output, or standard error when standard output carries JSON
 */
export const createTerminal = (stream: NodeJS.WriteStream): Terminal => {
  const paint = (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text, { stream })
  let barOpen = false
  let lastShare = 0
  const line = (text = '') => {
    if (barOpen) stream.write('\n')
    barOpen = false
    stream.write(`${text}\n`)
  }
  return {
    stream,
    line,
    done: (text, detail) =>
      line(`  ${paint('green', '✓')} ${text}${detail ? `  ${paint('dim', detail)}` : ''}`),
    note: (text) => line(`    ${paint('cyan', '→')} ${text}`),
    heading: (text) => line(`\n${paint('bold', text)}`),
    progress: (label, share, detail = '') => {
      const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH)
      const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`
      const text = `    ${label.padEnd(20)} ${bar} ${String(Math.round(share * 100)).padStart(3)} %  ${detail}`
      if (stream.isTTY) {
        // a line that wraps could not be drawn over
        stream.write(`\r\u001b[K${text.slice(0, Math.max(1, (stream.columns || Infinity) - 1))}`)
        barOpen = true
      } else if (
        share < lastShare ||
        share - lastShare >= STEP_WITHOUT_TTY ||
        (share >= 1 && lastShare < 1)
      ) {
        stream.write(`${text}\n`)
        lastShare = share
      }
    },
    progressEnd: () => {
      if (barOpen) stream.write('\n')
      barOpen = false
      lastShare = 0
    },
    failure: (text, remedy) => {
      line(`  ${paint('red', '✗')} ${text}`)
      if (remedy) line(`    ${remedy}`)
    },
  }
}

/** `1.3 s`, `420 ms` */
export const duration = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
