export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag'

/** One Git object; without content when that is larger than the reader wanted. */
export interface GitObject {
  readonly type: ObjectType
  readonly size: number
  readonly content?: Buffer
}

/** The objects of one repository, for the length of one API call. Ids are 40 hexadecimal digits. */
export interface Objects {
  /**
   * @param limit content larger than this is left out; absent: 64 MiB
   * @returns undefined when there is no such object; throws when it is damaged
   */
  read(id: string, limit?: number): Promise<GitObject | undefined>
  /** @returns the id of the object, which is on disk now */
  write(type: ObjectType, content: Buffer): Promise<string>
  /** ends what was started to read packs */
  close(): void
}
