import type { Context } from '../context.ts'
import type { Entry } from '../objects/trees.ts'
import type { Objects } from '../objects/types.ts'
import { reject } from '../reject.ts'

/** Blobs of one merge, read once each, up to the limit of what is compared in one go. */
export interface Contents {
  /** @throws MaximumFileContentToLoadExceeded */
  of(entry: Entry): Promise<Buffer>
}

/** how far git looks for a NUL byte (git's `xdiff-interface.c`, `FIRST_FEW_BYTES`) */
const LOOK = 8_000

export const isBinary = (content: Buffer): boolean => content.subarray(0, LOOK).includes(0)

export const openContents = (objects: Objects, { limits }: Pick<Context, 'limits'>): Contents => {
  const known = new Map<string, Promise<Buffer>>()
  let loaded = 0
  const tooMuch = () =>
    reject('MaximumFileContentToLoadExceeded', 'The files are too large to be compared. Use a Git client.')
  const load = async (id: string): Promise<Buffer> => {
    const object = await objects.read(id, limits.mergeContentBytes)
    if (object === undefined) throw new Error(`blob ${id} is not there`)
    loaded += object.size
    return loaded > limits.mergeContentBytes || object.content === undefined ? tooMuch() : object.content
  }
  return {
    of: ({ id }) => {
      const content = known.get(id) ?? load(id)
      known.set(id, content)
      return content
    },
  }
}
