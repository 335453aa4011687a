import { type Dirent, existsSync } from 'node:fs'
import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What is broken in a bare repository, a sentence each: refs that hold no id or name an object that is not there, packs that are cut or
 * lack their index, empty object files. Reads the edges of files only and starts no process: objects behind the tips are git's business.
 */
export const damageOf = async (directory: string): Promise<string[]> => {
  if (!existsSync(directory)) return ['its folder is missing']
  const problems: string[] = []
  const head = await textOf(join(directory, 'HEAD'))
  if (!/^ref: refs\/heads\/[^\n]+\n?$/.test(head ?? '')) problems.push('HEAD names no branch')
  const tips = new Map<string, string>()
  await looseRefs(directory, 'refs', tips, problems)
  packedRefs(await textOf(join(directory, 'packed-refs')), tips, problems)
  const indexes = await packs(directory, problems)
  await emptyObjects(directory, problems)
  for (const [ref, id] of tips) {
    if (!(await isThere(directory, indexes, id))) problems.push(`${ref} points at ${id}, which is missing`)
  }
  return problems
}

const textOf = (file: string): Promise<string | undefined> => readFile(file, 'latin1').catch(() => undefined)

const entriesOf = (folder: string): Promise<Dirent[]> =>
  readdir(folder, { withFileTypes: true }).catch(() => [])

const looseRefs = async (
  directory: string,
  inside: string,
  tips: Map<string, string>,
  problems: string[],
): Promise<void> => {
  for (const entry of await entriesOf(join(directory, inside))) {
    const ref = `${inside}/${entry.name}`
    if (entry.isDirectory()) await looseRefs(directory, ref, tips, problems)
    else {
      const text = await textOf(join(directory, ref))
      if (/^[0-9a-f]{40}\n$/.test(text ?? '')) tips.set(ref, text?.trim() ?? '')
      else problems.push(`${ref} holds no commit id`)
    }
  }
}

/** Lines of `<id> <ref>`, comments, and `^<peeled id>` (git-pack-refs); a loose ref of the same name counts before them. */
const packedRefs = (text: string | undefined, tips: Map<string, string>, problems: string[]): void => {
  const lines = (text ?? '').split('\n')
  for (const [index, line] of lines.entries()) {
    if (line === '' || line.startsWith('#') || /^\^[0-9a-f]{40}$/.test(line)) continue
    const [, id = '', ref = ''] = /^([0-9a-f]{40}) (refs\/.+)$/.exec(line) ?? []
    if (id === '') problems.push(`packed-refs is broken at line ${index + 1}`)
    else if (!tips.has(ref)) tips.set(ref, id)
  }
}

/** @returns the indexes of packs that are whole: the checksum at the end of the pack is the one that its index names (gitformat-pack) */
const packs = async (directory: string, problems: string[]): Promise<string[]> => {
  const folder = join(directory, 'objects', 'pack')
  const names = (await entriesOf(folder)).map(({ name }) => name).filter((name) => name.endsWith('.pack'))
  const whole: string[] = []
  for (const name of names) {
    const index = join(folder, name.replace(/pack$/, 'idx'))
    const [pack, ids] = [await tail(join(folder, name), 20), await tail(index, 40)]
    if (ids === undefined) problems.push(`pack ${name} has no readable index`)
    else if (pack === undefined || !pack.equals(ids.subarray(0, 20))) {
      problems.push(`pack ${name} is cut or changed: its checksum is not the one in its index`)
    } else whole.push(index)
  }
  return whole
}

const tail = async (file: string, length: number): Promise<Buffer | undefined> => {
  if (!existsSync(file)) return undefined
  const { size } = await stat(file)
  return size < length ? undefined : slice(file, size - length, length)
}

const slice = async (file: string, start: number, length: number): Promise<Buffer> => {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** A machine that lost its power leaves files of no length. */
const emptyObjects = async (directory: string, problems: string[]): Promise<void> => {
  const objects = join(directory, 'objects')
  for (const { name } of (await entriesOf(objects)).filter((entry) => /^[0-9a-f]{2}$/.test(entry.name))) {
    for (const file of await entriesOf(join(objects, name))) {
      const { size } = await stat(join(objects, name, file.name))
      if (size === 0) problems.push(`object ${name}${file.name} is empty`)
    }
  }
}

const isThere = async (directory: string, indexes: readonly string[], id: string): Promise<boolean> => {
  if (existsSync(join(directory, 'objects', id.slice(0, 2), id.slice(2)))) return true
  for (const index of indexes) if (await isListed(index, id)) return true
  return false
}

/** Reads the part of an index that holds the ids with this first byte (gitformat-pack, version 2). */
const isListed = async (index: string, id: string): Promise<boolean> => {
  const first = Number.parseInt(id.slice(0, 2), 16)
  const fanout = await slice(index, 8, 256 * 4)
  const from = first === 0 ? 0 : fanout.readUInt32BE((first - 1) * 4)
  const to = fanout.readUInt32BE(first * 4)
  const ids = await slice(index, 8 + 256 * 4 + from * 20, (to - from) * 20)
  return Array.from({ length: to - from }, (_, place) =>
    ids.toString('hex', place * 20, place * 20 + 20),
  ).includes(id)
}
