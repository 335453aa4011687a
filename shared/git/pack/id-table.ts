import { getRandomValues } from 'node:crypto'

const ID_BYTES = 20
const UNKNOWN = 0
const FIRST = 1
const AGAIN = 2

/**
 * Object ids at places from 0 on, found by id. As bytes: an id takes some 30, a text of it and its entry in a Map more than a hundred, and
 * a pack may have millions.
 */
export interface IdTable {
  /** @param id 40 hex digits. @returns false: it stands at another place already, which remains the one that is found */
  set(place: number, id: string): boolean
  /** undefined: none was set there */
  at(place: number): string | undefined
  isKnown(place: number): boolean
  /** whether the id of this place is found here */
  isFirst(place: number): boolean
  /** the place of an id; −1: it is not there, or no id */
  find(id: string): number
}

/** @param places how many there are */
export const idTable = (places: number): IdTable => {
  const bytes = Buffer.alloc(places * ID_BYTES)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const state = new Uint8Array(places)
  const bits = Math.max(4, Math.ceil(Math.log2(places * 1.5 + 1)))
  /** a place plus one, at its id's hash or the next that was free; 0: free */
  const slots = new Int32Array(2 ** bits)

  /** of the id in `wanted`: the slot that has it, or the free one where it would be */
  const slotOf = (): number => {
    let slot = hashOf() >>> (32 - bits)
    for (let held = slots[slot] as number; held !== 0; held = slots[slot] as number) {
      if (isWanted(view, (held - 1) * ID_BYTES)) return slot
      slot = (slot + 1) & (slots.length - 1)
    }
    return slot
  }

  return {
    set(place, id) {
      if (!want(id)) throw new TypeError(`no object id: ${id}`)
      for (let word = 0; word < WORDS; word += 1)
        view.setInt32(place * ID_BYTES + word * 4, wanted[word] as number)
      const slot = slotOf()
      const isFirst = slots[slot] === 0
      if (isFirst) slots[slot] = place + 1
      state[place] = isFirst ? FIRST : AGAIN
      return isFirst
    },
    at: (place) =>
      state[place] === UNKNOWN
        ? undefined
        : bytes.toString('hex', place * ID_BYTES, place * ID_BYTES + ID_BYTES),
    isKnown: (place) => state[place] !== UNKNOWN,
    isFirst: (place) => state[place] === FIRST,
    find: (id) => (want(id) ? (slots[slotOf()] as number) - 1 : -1),
  }
}

const WORDS = ID_BYTES / 4

/** The id that is looked for, as words. */
const wanted = new Int32Array(WORDS)

/** Whoever pushes may choose objects whose ids begin alike, so no part of an id is its hash. */
const factors = getRandomValues(new Int32Array(WORDS)).map((factor) => factor | 1)

const hashOf = (): number => {
  let hash = 0
  for (let word = 0; word < WORDS; word += 1)
    hash = (hash + Math.imul(wanted[word] as number, factors[word] as number)) | 0
  return hash
}

const isWanted = (view: DataView, at: number): boolean => {
  for (let word = 0; word < WORDS; word += 1) if (view.getInt32(at + word * 4) !== wanted[word]) return false
  return true
}

/** false: no id */
const want = (id: string): boolean => {
  if (id.length !== 2 * ID_BYTES) return false
  let all = 0
  for (let word = 0; word < WORDS; word += 1) {
    let value = 0
    for (let at = word * 8; at < word * 8 + 8; at += 1) {
      const digit = digitOf(id.charCodeAt(at))
      all |= digit
      value = (value << 4) | digit
    }
    wanted[word] = value
  }
  return (all & ~15) === 0
}

/** −1 for what is no digit of an id */
const digitOf = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1
}
