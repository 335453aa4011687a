import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { unzipSync } from 'fflate'
import { invalid, tooLarge } from './errors.ts'
import type { VersionRecord } from './records.ts'

/** Service quotas, "Function configuration, deployment, and execution": 50 MB zipped (upload), 250 MB unzipped. */
const MAX_ZIP_BYTES = 50 * 1024 * 1024
const MAX_CODE_BYTES = 250 * 1024 * 1024

interface StoredCode {
  readonly codeSha256: string
  readonly codeSize: number
}

/** Unzipped code of functions, each archive in a folder named by its digest; equal archives share it. */
export interface CodeStore {
  /** unpacks an archive unless it is there; throws InvalidParameterValueException for what is no sound zip */
  put(zip: Uint8Array): StoredCode
  folderOf(record: Pick<VersionRecord, 'codeSha256'>): string
  /** removes what no function uses any more */
  prune(used: readonly Pick<VersionRecord, 'codeSha256'>[]): Promise<void>
}

export const createCodeStore = (root: string): CodeStore => {
  const folderOf = (codeSha256: string) => join(root, Buffer.from(codeSha256, 'base64').toString('hex'))
  return {
    folderOf: (record) => folderOf(record.codeSha256),
    put: (zip) => {
      if (zip.byteLength > MAX_ZIP_BYTES)
        throw tooLarge(`Zipped size must be smaller than ${MAX_ZIP_BYTES} bytes`)
      const codeSha256 = createHash('sha256').update(zip).digest('base64')
      const folder = folderOf(codeSha256)
      if (!existsSync(folder)) unpack(zip, folder, join(root, `.${randomUUID()}`))
      return { codeSha256, codeSize: zip.byteLength }
    },
    prune: async (used) => {
      if (!existsSync(root)) return
      const keep = new Set(used.map((record) => folderOf(record.codeSha256)))
      for (const name of await readdir(root)) {
        const folder = join(root, name)
        if (!keep.has(folder)) await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

/** Beside its place first: after a kill there is the whole folder or none. */
const unpack = (zip: Uint8Array, folder: string, draft: string) => {
  const files = read(zip)
  try {
    mkdirSync(draft, { recursive: true })
    for (const [name, bytes] of Object.entries(files)) {
      const path = resolve(draft, name)
      if (!path.startsWith(draft + sep))
        throw invalid(`Could not unzip uploaded file: ${name} leaves the folder.`)
      if (name.endsWith('/')) continue
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, bytes)
    }
    renameSync(draft, folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

const read = (zip: Uint8Array): Record<string, Uint8Array> => {
  let total = 0
  const tooLarge = invalid(`Unzipped size must be smaller than ${MAX_CODE_BYTES} bytes`)
  try {
    return unzipSync(zip, {
      filter: ({ originalSize }) => {
        total += originalSize
        if (total > MAX_CODE_BYTES) throw tooLarge
        return true
      },
    })
  } catch (cause) {
    if (cause === tooLarge) throw cause
    throw Object.assign(
      invalid('Could not unzip uploaded file. Please check your file, then try to upload again.'),
      { cause },
    )
  }
}
