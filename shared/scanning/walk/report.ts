import type { Engine, Hit, Unscanned } from '../types.ts'
import type { Found, Moved, NotScanned } from './types.ts'

/** Of what belongs to no file. */
export const ANYWHERE = { kind: 'file', path: '' } as const

/** Gathers what a walk gives out, up to a limit of each; the rest is counted. */
export interface Report {
  found(one: Found): void
  moved(one: Moved): void
  unscanned(one: NotScanned): void
  /** what is of the one text alone; rules that cannot run at all are told once */
  ofRules(unscanned: readonly Unscanned[]): readonly Unscanned[]
  result(): {
    readonly found: readonly Found[]
    readonly moved: readonly Moved[]
    readonly unscanned: readonly NotScanned[]
    readonly beyond: { readonly found: number; readonly moved: number; readonly unscanned: number }
  }
}

export const createReport = (most: number, engine: Engine): Report => {
  const found: Found[] = []
  const moved: Moved[] = []
  const unscanned: NotScanned[] = []
  const beyond = { found: 0, moved: 0, unscanned: 0 }
  const tell = (one: NotScanned) => {
    if (unscanned.length < most) unscanned.push(one)
    else beyond.unscanned += one.objects ?? 1
  }
  const always = engine.scan(Buffer.alloc(0), { path: '' }).unscanned
  const broken = new Set(always.map(({ ruleId }) => ruleId))
  for (const one of always) tell({ ...one, place: ANYWHERE })
  return {
    found({ hit, ...where }) {
      if (found.length < most) found.push({ hit: detached(hit), ...where })
      else beyond.found += 1
    },
    moved(one) {
      if (moved.length < most) moved.push(one)
      else beyond.moved += 1
    },
    unscanned: tell,
    ofRules: (all) => all.filter(({ reason, ruleId }) => reason !== 'pattern' || !broken.has(ruleId)),
    result: () => ({ found, moved, unscanned, beyond }),
  }
}

/** chars of a line that are worth keeping */
const LONGEST_LINE = 4_096

/** V8 keeps a whole text alive for a slice of it. A line that is too long is shown by its match: cut, it might hold half a secret. */
const detached = (hit: Hit): Hit => {
  const match = copied(hit.match)
  return {
    ...hit,
    match,
    secret: copied(hit.secret),
    line: hit.line.length > LONGEST_LINE ? match : copied(hit.line),
  }
}

const copied = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le')
