import { createHash } from 'node:crypto'
import { addressText } from '../codecommit/address.ts'
import type { Item } from './attributes.ts'
import type { Pair } from './records.ts'
import type { Table } from './table.ts'

/** Refs of one replica that are remembered one by one: 16 bytes each, in an item of at most 400 kB. Beyond, only their digest. */
export const MAX_REMEMBERED_REFS = 10_000

/** A push that was announced, in keys and marks (see {@link refKey}, {@link oidMark}). */
export interface LeftMove {
  readonly key: string
  /** {@link NOTHING}: the ref did not exist */
  readonly from: string
  /** {@link NOTHING}: deleted */
  readonly to: string
  /** milliseconds since the epoch */
  readonly at: number
  /** the replica said that it took it */
  readonly done: boolean
}

/** What Relay left on a replica. */
export interface LeftRefs {
  /** as last proven; absent: nothing was ever proven */
  readonly proven?: {
    readonly digest: string
    /** milliseconds since the epoch */
    readonly at: number
    /** ref key → oid mark; absent: too many to remember */
    readonly refs?: ReadonlyMap<string, string>
  }
  /** announced since, by ref key, oldest first: of two workers' moves either may be the one that the replica took */
  readonly moves: ReadonlyMap<string, readonly LeftMove[]>
  /** too many were announced to remember them */
  readonly untold: boolean
}

/** Remembers what Relay left on replicas, so that what somebody else put there can be told from it. */
export interface LeftRefsStore {
  read(pair: Pair): Promise<LeftRefs>
  announce(pair: Pair, moves: readonly LeftMove[]): Promise<void>
  /**
   * Both sides held these refs: full name → oid. Costs a read alone when nothing changed since the last time. What was read before
   * the proof that is kept changes nothing.
   * @param at when they were read: milliseconds since the epoch
   */
  prove(pair: Pair, digest: string, refs: ReadonlyMap<string, string>, at: number): Promise<void>
}

/** The mark of a ref that does not exist. */
export const NOTHING = '0'.repeat(16)

/** 8 bytes of the name's hash, in hex. */
export const refKey = (ref: string): string => createHash('sha256').update(ref).digest('hex').slice(0, 16)

/** 8 bytes of the oid, in hex: whoever wants to be taken for Relay must find a commit with the same. */
export const oidMark = (oid: string): string => oid.slice(0, 16)

/** Moves written as attributes of one item by one update, whose expression may have 4 KB ("Quotas in Amazon DynamoDB"). */
const MOST_ATTRIBUTES = 40
/** Moves of one packed item: 24 bytes each, as base64. */
const MOVES_OF_ITEM = 8_000
/** A new item of single moves begins so often, so that none outgrows 400 kB. */
const BUCKET_MS = 15 * 60_000
/** Longer than any worker lives: what was announced before may have been pushed after others were proven. */
export const UNDER_WAY_MS = 16 * 60_000
/** Announcements that no proof followed are forgotten then. */
const FORGOTTEN_SECONDS = 7 * 24 * 3600

const PROVEN = 'proven'
/** the ref's key, and enough of what it moves to that two workers' moves do not replace each other */
const MOVE = /^m[0-9a-f]{20}$/

export const openLeftRefs = (table: Table): LeftRefsStore => {
  const items = (pair: Pair) => table.query(partitionOf(pair))
  return {
    read: async (pair) => leftOf(await items(pair)),
    announce: async (pair, moves) => {
      const first = moves[0]
      if (!first) return
      const pk = partitionOf(pair)
      const bucket = `moves#${Math.floor(first.at / BUCKET_MS)}`
      const expiresAt = Math.ceil(first.at / 1000) + FORGOTTEN_SECONDS
      if (moves.length <= MOST_ATTRIBUTES) {
        const named = moves.map((move) => [`m${move.key}${move.to.slice(0, 4)}`, textOf(move)])
        const set = { ...Object.fromEntries(named), expiresAt }
        // `at` is the latest announcement: what is told to be done may have been announced before it
        const { at } = first
        await table.update({ pk, sk: bucket }, first.done ? { set, init: { at } } : { set: { ...set, at } })
      } else if (moves.length <= MAX_REMEMBERED_REFS) {
        for (let from = 0; from < moves.length; from += MOVES_OF_ITEM) {
          const packed = packMoves(moves.slice(from, from + MOVES_OF_ITEM))
          const name = createHash('sha256').update(packed).digest('hex').slice(0, 16)
          await table.put(
            { pk, sk: `${bucket}#${name}` },
            { packed, at: first.at, done: first.done, expiresAt },
          )
        }
      } else {
        await table.put({ pk, sk: `${bucket}#many` }, { untold: true, at: first.at, expiresAt })
      }
    },
    prove: async (pair, digest, refs, at) => {
      const kept = await items(pair)
      const left = leftOf(kept)
      const pk = partitionOf(pair)
      const journals = kept.filter(({ sk }) => sk !== PROVEN)
      if (left.proven?.digest === digest && journals.length === 0) return
      const packed = refs.size <= MAX_REMEMBERED_REFS ? { refs: packRefs(refs) } : {}
      if (!(await table.put({ pk, sk: PROVEN }, { digest, at, ...packed }, notOlder(at)))) return
      const marks = new Map([...refs].map(([ref, oid]) => [refKey(ref), oidMark(oid)]))
      for (const item of journals) {
        // another worker's push may still be under way, or have come after these refs were read
        const latest = [...byKey(movesOf(item)).values()].flatMap((moves) => moves.at(-1) ?? [])
        const isOpen = latest.some(({ key, to }) => (marks.get(key) ?? NOTHING) !== to)
        if (isOpen && Number(item.at) > at - UNDER_WAY_MS) continue
        const same = { when: '#at = :at', values: { ':at': Number(item.at) } }
        await table.delete({ pk, sk: String(item.sk) }, same)
      }
    },
  }
}

const partitionOf = ({ repository, replica }: Pair): string =>
  `left#${addressText(repository)} ${addressText(replica)}`

const leftOf = (items: readonly Item[]): LeftRefs => {
  const proven = items.find(({ sk }) => sk === PROVEN)
  return {
    ...(proven ? { proven: provenOf(proven) } : {}),
    moves: byKey(items.flatMap(movesOf)),
    untold: items.some(({ untold }) => untold === true),
  }
}

/** A proof from further ahead than any worker lives was written by a clock that was wrong. */
const notOlder = (at: number) => ({
  when: 'attribute_not_exists(#at) OR #at <= :at OR #at > :never',
  values: { ':at': at, ':never': at + UNDER_WAY_MS },
})

/** Of each ref, oldest first; what is done behind what may be. */
const byKey = (moves: readonly LeftMove[]): ReadonlyMap<string, readonly LeftMove[]> =>
  Map.groupBy(
    moves.toSorted((a, b) => a.at - b.at || Number(a.done) - Number(b.done)),
    ({ key }) => key,
  )

const provenOf = ({ digest, at, refs }: Item): NonNullable<LeftRefs['proven']> => ({
  digest: String(digest),
  at: Number(at),
  ...(typeof refs === 'string' ? { refs: unpackRefs(refs) } : {}),
})

/** `from to at done`, in an attribute named by the ref's key. */
const textOf = ({ from, to, at, done }: LeftMove): string => `${from} ${to} ${at} ${done ? 1 : 0}`

const movesOf = (item: Item): readonly LeftMove[] => {
  if (typeof item.packed === 'string') return unpackMoves(item.packed, Number(item.at), item.done === true)
  return Object.entries(item).flatMap(([name, value]) => {
    if (!MOVE.test(name)) return []
    const [from = NOTHING, to = NOTHING, at, done] = String(value).split(' ')
    return [{ key: name.slice(1, 17), from, to, at: Number(at), done: done === '1' }]
  })
}

const packRefs = (refs: ReadonlyMap<string, string>): string =>
  Buffer.from([...refs].map(([ref, oid]) => refKey(ref) + oidMark(oid)).join(''), 'hex').toString('base64')

const unpackRefs = (packed: string): ReadonlyMap<string, string> =>
  new Map(pieces(packed, 32).map((piece) => [piece.slice(0, 16), piece.slice(16)]))

const packMoves = (moves: readonly LeftMove[]): string =>
  Buffer.from(moves.map(({ key, from, to }) => key + from + to).join(''), 'hex').toString('base64')

const unpackMoves = (packed: string, at: number, done: boolean): readonly LeftMove[] =>
  pieces(packed, 48).map((piece) => ({
    key: piece.slice(0, 16),
    from: piece.slice(16, 32),
    to: piece.slice(32),
    at,
    done,
  }))

/** @param size in hex digits */
const pieces = (packed: string, size: number): readonly string[] => {
  const hex = Buffer.from(packed, 'base64').toString('hex')
  return Array.from({ length: hex.length / size }, (_, index) => hex.slice(index * size, (index + 1) * size))
}
