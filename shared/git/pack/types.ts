import type { PackStream } from '../types.ts'

/** Object types of gitformat-pack, once deltas are undone. */
export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag'

/** One object of a pack, whole. `data` belongs to the reader: it is valid until the next object is asked for. */
export interface PackObject {
  /** 40 hex digits: the hash of what was read, so it can be relied on */
  readonly oid: string
  readonly type: ObjectType
  readonly data: Buffer
}

/** An object that is larger than the reader may hand out in one; its bytes come in pieces. */
export interface LargeObject {
  readonly oid: string
  readonly type: ObjectType
  /** bytes */
  readonly size: number
  /** in order; each is valid until the next is asked for. Throws GIT_PROTOCOL where the bytes are not what the pack promised */
  pieces(): Iterable<Buffer>
}

export interface PackLimits {
  /** bytes of the pack that are held in memory; more go to `spill` */
  readonly memory: number
  /** bytes of the pack in all; below 4 GiB */
  readonly pack: number
  /** bytes of one object; larger ones come as LargeObject, or are reported as too large */
  readonly object: number
  /** bytes of one object that is held because others are made from it, of a delta, and of what it makes */
  readonly base: number
  /** bytes of inflated objects that are kept between one object and the next, with what it costs to keep each */
  readonly held: number
  /** bytes that all objects may have together once they are inflated, and again those that have to be made twice */
  readonly inflated: number
  readonly objects: number
  /** deltas on top of one another */
  readonly depth: number
}

/** What could not be read of a pack that is sound otherwise. */
export interface UnreadObject {
  /** where it begins in the pack */
  readonly at: number
  /**
   * `too-large`, `too-deep`: it, or what it is made from; `base-missing` also where the base's id is not known, since that was not
   * read
   */
  readonly reason: 'too-large' | 'base-missing' | 'too-deep'
  /** bytes, as the pack has it */
  readonly size: number
}

/** A pack that was read to its end, its trailer checked. Methods throw GIT_PROTOCOL where a delta does not fit its base. */
export interface Pack {
  readonly objects: number
  /** of the pack as it came */
  readonly bytes: number
  /** each object once; bases before what is made from them */
  walk(): Iterable<PackObject | LargeObject>
  /** any object again, by its id; quick once walk() came to its end. What it gives outlives the next object */
  read(oid: string): PackObject | LargeObject | undefined
  /** of an object that was met so far; undefined: it was not, or is not there */
  typeOf(oid: string): ObjectType | undefined
  /** quick once walk() came to its end */
  unread(): readonly UnreadObject[]
  close(): Promise<void>
}

export interface PackOptions {
  readonly limits?: Partial<PackLimits>
  /** where bytes above `limits.memory` go, in a file without a name */
  readonly spill?: { readonly folder: string }
}

/** Reads a pack from a stream. @throws RelayError GIT_PROTOCOL for bytes that are no pack, GIT_LIMIT with the limit's name */
export type OpenPack = (stream: PackStream, options?: PackOptions) => Promise<Pack>
