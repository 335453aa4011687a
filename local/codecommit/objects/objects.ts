import type { Git } from '../git.ts'
import { type Batch, openBatch } from './batch.ts'
import { readLoose, writeLoose } from './loose.ts'
import type { Objects } from './types.ts'

/** No tree or commit that is worked with is larger; blobs are asked for with a limit of their own. */
const MAX_CONTENT = 64 * 1024 * 1024

/**
 * Opens the objects of a bare repository. Most lie in files of their own and cost no process; git is asked for the others, by one
 * process for the whole call.
 */
const openObjects = (git: Git, directory: string): Objects => {
  let batch: Batch | undefined
  return {
    read: async (id, limit = MAX_CONTENT) => {
      const loose = await readLoose(directory, id, limit)
      if (loose !== undefined) return loose
      batch ??= openBatch(git, directory)
      return batch.read(id, limit)
    },
    write: (type, content) => writeLoose(directory, type, content),
    close: () => batch?.close(),
  }
}

/** Does some work with the objects of a repository, and closes them after it. */
export const withObjects = async <T>(
  { git }: { readonly git: Git },
  directory: string,
  work: (objects: Objects) => Promise<T>,
): Promise<T> => {
  const objects = openObjects(git, directory)
  try {
    return await work(objects)
  } finally {
    objects.close()
  }
}
