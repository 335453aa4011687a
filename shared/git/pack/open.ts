import { malformed } from '../text.ts'
import type { PackStream } from '../types.ts'
import { packBytes } from './bytes.ts'
import { trailingSum } from './header.ts'
import { indexer } from './indexer.ts'
import { keptEntries } from './kept.ts'
import { PACK_LIMITS } from './limits.ts'
import { packObjects } from './objects.ts'
import type { OpenPack, Pack, PackLimits, PackOptions } from './types.ts'
import { packWalk } from './walk.ts'

/** {@link OpenPack}. Small entries stay inflated within `held`, so that most packs are inflated once. */
export const openPack: OpenPack = async (stream: PackStream, options: PackOptions = {}): Promise<Pack> => {
  const limits: PackLimits = { ...PACK_LIMITS, ...options.limits }
  const bytes = packBytes(limits, options.spill)
  const kept = keptEntries(limits.held / 2)
  const close = () => {
    bytes.close()
    kept.clear()
  }
  try {
    const reader = indexer(bytes, limits, kept)
    const sum = trailingSum()
    for await (const piece of stream) {
      bytes.append(piece)
      sum.push(piece)
      reader.advance()
    }
    const index = reader.end()
    if (!sum.holds()) malformed('pack checksum')
    const objects = packObjects(bytes, index, limits, kept)
    return {
      objects: index.count,
      bytes: bytes.length(),
      ...packWalk(index, objects, limits),
      close: async () => close(),
    }
  } catch (error) {
    close()
    throw error
  }
}
