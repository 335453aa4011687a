import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { constants, deflate, deflateSync, inflate, inflateSync } from 'node:zlib'
import type { GitObject, ObjectType } from './types.ts'

const inflateLater = promisify(inflate)
const deflateLater = promisify(deflate)

/** below this a thread costs more than the work */
const SMALL = 32 * 1024
/** what of a large file is looked at to learn the object's size */
const PEEK = 4 * 1024

const pathOf = (directory: string, id: string): string =>
  join(directory, 'objects', id.slice(0, 2), id.slice(2))

/**
 * An object that lies in a file of its own (gitrepository-layout, `objects/[0-9a-f][0-9a-f]`): zlib around `<type> <size>\\0<content>`.
 * @param limit content larger than this is left out
 * @returns undefined when there is no such file; throws when it is damaged
 */
export const readLoose = async (
  directory: string,
  id: string,
  limit: number,
): Promise<GitObject | undefined> => {
  const file = await open(pathOf(directory, id)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (file === undefined) return undefined
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PEEK), 0, PEEK, 0)
    const start = buffer.subarray(0, bytesRead)
    const header = parseHeader(inflateSync(start, { finishFlush: constants.Z_SYNC_FLUSH }))
    if (header === undefined) throw new Error(`object ${id} has no header`)
    const { type, size } = header
    if (size > limit) return { type, size }
    const packed = bytesRead < PEEK ? start : await file.readFile()
    const most = { maxOutputLength: header.start + size + 1 }
    const whole = packed.length < SMALL ? inflateSync(packed, most) : await inflateLater(packed, most)
    if (whole.length !== header.start + size) throw new Error(`object ${id} is damaged`)
    return { type, size, content: whole.subarray(header.start) }
  } finally {
    await file.close()
  }
}

const parseHeader = (text: Buffer) => {
  const nul = text.indexOf(0)
  const [, type, size] = /^(blob|tree|commit|tag) (\d+)$/.exec(text.subarray(0, nul).toString('latin1')) ?? []
  if (nul < 0 || type === undefined) return undefined
  return { type: type as ObjectType, size: Number(size), start: nul + 1 }
}

const bytesOf = (type: ObjectType, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content])

/** The id that git gives to an object. */
export const idOf = (type: ObjectType, content: Buffer): string =>
  createHash('sha1').update(bytesOf(type, content)).digest('hex')

/**
 * Writes an object as git does: under a temporary name that recovery knows, then renamed. One that is there already is replaced by
 * itself: it is young again, and no housekeeping takes it for rubbish.
 * @returns its id
 */
export const writeLoose = async (directory: string, type: ObjectType, content: Buffer): Promise<string> => {
  const id = idOf(type, content)
  const path = pathOf(directory, id)
  const temporary = join(directory, 'objects', `tmp_obj_${randomBytes(8).toString('hex')}`)
  try {
    const bytes = bytesOf(type, content)
    const packed = bytes.length < SMALL ? deflateSync(bytes) : await deflateLater(bytes)
    await writeFile(temporary, packed, { mode: 0o444, flag: 'wx' })
    await mkdir(join(directory, 'objects', id.slice(0, 2)), { recursive: true })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  return id
}
