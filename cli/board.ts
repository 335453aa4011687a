import { stripVTControlCharacters, styleText } from 'node:util'

/** Lines that change in place while several things are worked on at once. */
export interface Board {
  /** a line for one of them; `phase` and `bytes` may come as often as they like */
  begin(name: string): BoardLine
  /** leaves what is said above the moving lines */
  say(text: string): void
  /** ends the drawing; the moving lines are gone */
  end(): void
}

export interface BoardLine {
  phase(text: string): void
  /** of packs, so far */
  bytes(bytes: number): void
  /** takes it off the board and leaves this line in its place */
  done(text: string): void
}

export interface BoardOptions {
  readonly stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>
  /** of all that is to be done */
  readonly total: number
  /** milliseconds since the epoch */
  readonly now: () => number
}

interface Running {
  readonly name: string
  readonly since: number
  phase: string
  bytes: number
  /** where the rate is counted from */
  from: { at: number; bytes: number }
  rate: number
}

const DRAW_MS = 100
/** on something that is no terminal, what still runs is told this often */
const TELL_MS = 15_000
const RATE_MS = 1_000
const BAR_WIDTH = 24
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** On a terminal: a bar of all and a line for each that runs, drawn over. Elsewhere: a line for each end, and now and then for those that run. */
export const createBoard = ({ stream, total, now }: BoardOptions): Board => {
  const running = new Set<Running>()
  const live = stream.isTTY === true
  let drawn = 0
  let done = 0
  let turn = 0

  const wipe = () => {
    if (drawn > 0) stream.write(`\u001b[${drawn}A\u001b[J`)
    drawn = 0
  }
  const draw = () => {
    turn += 1
    const lines = [
      overall(done, total),
      ...[...running].map((each) => lineOf(each, now(), SPINNER[turn % 10])),
    ]
    wipe()
    for (const line of lines) stream.write(`${cut(line, stream.columns)}\n`)
    drawn = lines.length
  }
  const say = (text: string) => {
    wipe()
    stream.write(`${text}\n`)
  }
  const tell = () => {
    for (const each of running) {
      if (now() - each.since >= TELL_MS) stream.write(`${lineOf(each, now(), '…')}\n`)
    }
  }
  const timer = setInterval(live ? draw : tell, live ? DRAW_MS : TELL_MS)
  timer.unref()

  return {
    begin: (name) => {
      const at = now()
      const mine: Running = { name, since: at, phase: '', bytes: 0, from: { at, bytes: 0 }, rate: 0 }
      running.add(mine)
      return {
        phase: (text) => {
          mine.phase = text
        },
        bytes: (bytes) => {
          mine.bytes = bytes
          const passed = now() - mine.from.at
          if (passed < RATE_MS) return
          mine.rate = ((bytes - mine.from.bytes) * 1000) / passed
          mine.from = { at: now(), bytes }
        },
        done: (text) => {
          running.delete(mine)
          done += 1
          say(text)
        },
      }
    },
    say,
    end: () => {
      clearInterval(timer)
      wipe()
    },
  }
}

const overall = (done: number, total: number): string => {
  const filled = total === 0 ? BAR_WIDTH : Math.round((done / total) * BAR_WIDTH)
  return `    ${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${done} of ${total}`
}

const lineOf = ({ name, since, phase, bytes, rate }: Running, at: number, mark = ''): string => {
  const moved = bytes === 0 ? '' : `${(bytes / 1e6).toFixed(1)} MB`
  const speed = rate === 0 || bytes === 0 ? '' : `${(rate / 1e6).toFixed(1)} MB/s`
  const seconds = `${Math.round((at - since) / 1000)} s`
  const facts = [phase, moved, speed, seconds].filter((fact) => fact !== '').join('  ')
  return `  ${styleText('cyan', mark)} ${name.padEnd(32)} ${facts}`
}

/** A line that wraps would be wiped in part only. */
const cut = (line: string, columns: number): string => {
  // a pseudo-terminal may say 0
  const width = columns || 80
  const plain = stripVTControlCharacters(line)
  return plain.length < width ? line : `${plain.slice(0, width - 2)}…`
}
