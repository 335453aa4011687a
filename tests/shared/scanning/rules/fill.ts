// Samples are templates: `{hex:40}` stands for forty random hex digits, so that nothing that looks live is in the repository.

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const UPPER = LOWER.toUpperCase()
const DIGITS = '0123456789'
const ALPHABETS: Readonly<Record<string, string>> = {
  hex: `${DIGITS}abcdef`,
  HEX: `${DIGITS}ABCDEF`,
  dig: '123456789',
  low: LOWER + DIGITS,
  az: LOWER,
  UP: UPPER + DIGITS,
  AZ: LOWER + UPPER,
  alnum: LOWER + UPPER + DIGITS,
  b64: `${LOWER}${UPPER}${DIGITS}+/`,
  url: `${LOWER}${UPPER}${DIGITS}-_`,
  word: `${LOWER}${UPPER}${DIGITS}_`,
  b32: `${UPPER}234567`,
  b32l: `${LOWER}234567`,
  b58: '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz',
  bech: 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L',
}
const WORDS =
  'lava brick otter plunge tiny velvet coral donkey engine fossil glide harbor ivory jungle'.split(' ')

/** Random numbers from 0 to 1 that a text begins: the same text, the same numbers. */
const randomOf = (seed: string): (() => number) => {
  let state = 0x811c9dc5
  for (const char of seed) state = Math.imul(state ^ char.charCodeAt(0), 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const PLACE = /\{(uuid|[A-Za-z0-9]+:\d+)\}/g

/** A sample: its placeholders as random characters, the same for the same seed. */
export const fill = (template: string, seed: string): string => {
  const random = randomOf(seed)
  const pick = (from: string): string => from[Math.floor(random() * from.length)] as string
  const run = (kind: string, length: number): string => {
    if (kind === 'words')
      return Array.from({ length }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ')
    const from = ALPHABETS[kind]
    if (from === undefined) throw new Error(`no alphabet ${kind}`)
    // a letter at both ends, where a `-` would be no word's end
    const edge = kind === 'url' || kind === 'b64' ? (ALPHABETS.AZ as string) : from
    return Array.from({ length }, (_, at) => pick(at === 0 || at === length - 1 ? edge : from)).join('')
  }
  return template.replace(PLACE, (_, place: string) => {
    if (place === 'uuid') return [8, 4, 4, 4, 12].map((length) => run('hex', length)).join('-')
    const [kind, length] = place.split(':') as [string, string]
    return run(kind, Number(length))
  })
}

/** The same with `x` in every place, as documentation writes it. */
export const placeholder = (template: string): string =>
  template.replace(PLACE, (_, place: string) =>
    'x'.repeat(place === 'uuid' ? 36 : Number(place.split(':')[1])),
  )

/** The same with its last place cut to three characters. */
export const cutShort = (template: string): string => {
  const last = [...template.matchAll(PLACE)].at(-1)
  if (!last) throw new Error(`nothing to cut in ${template}`)
  const kind = last[1] === 'uuid' ? 'hex' : (last[1] as string).split(':')[0]
  return `${template.slice(0, last.index)}{${kind}:3}${template.slice(last.index + last[0].length)}`
}
