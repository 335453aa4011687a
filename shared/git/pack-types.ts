import type { PackStream } from './types.ts'

/** Object types of gitformat-pack, once deltas are undone. */
export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag'

/** One object of a pack, whole. `data` belongs to the reader: it is valid until the next object is asked for. */
export interface PackObject {
  /** 40 hex digits: the hash of what was read, so it can be relied on */
  readonly oid: string
  readonly type: ObjectType
  readonly data: Buffer
}

/** An object that is larger than the reader may hold; its bytes come in pieces. */
export interface LargeObject {
  readonly oid: string
  readonly type: ObjectType
  /** bytes */
  readonly size: number
  /** in order, each with its offset; ends with GIT_PROTOCOL where the bytes are not what the pack promised */
  pieces(): Iterable<Buffer>
}

export interface PackLimits {
  /** bytes of the pack that are held in memory; more go to `spill` */
  readonly memory: number
  /** bytes of the pack in all */
  readonly pack: number
  /** bytes of one object; larger ones come as LargeObject where they are no delta, or are reported as too large */
  readonly object: number
  /** bytes that all objects may have together once they are inflated */
  readonly inflated: number
  readonly objects: number
  /** deltas on top of one another */
  readonly depth: number
}

/** What could not be read of a pack that is sound otherwise. */
export interface UnreadObject {
  readonly oid?: string
  /** where it begins in the pack */
  readonly at: number
  readonly reason: 'too-large' | 'base-missing' | 'too-deep'
  readonly size: number
}

/** A pack that was read to its end, its trailer checked. */
export interface Pack {
  readonly objects: number
  /** of the pack as it came */
  readonly bytes: number
  /** each object once; bases before what is made from them */
  walk(): Iterable<PackObject | LargeObject>
  /** any object again, by its id */
  read(oid: string): PackObject | undefined
  unread(): readonly UnreadObject[]
  close(): Promise<void>
}

/** Reads a pack from a stream. @throws RelayError GIT_PROTOCOL for bytes that are no pack, GIT_LIMIT with the limit's name */
export type OpenPack = (
  stream: PackStream,
  options?: { readonly limits?: Partial<PackLimits>; readonly spill?: { readonly folder: string } },
) => Promise<Pack>
