import { existsSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Log } from '../contracts.ts'
import { damageOf } from './damage.ts'
import { endLeftovers } from './git.ts'
import { copyIn, type Repositories, type Repository, repositoryArn } from './repositories.ts'

/** What is broken in one repository; the others are not touched by it. */
export interface Damage {
  /** its ARN */
  readonly repository: string
  readonly directory: string
  /** a sentence each */
  readonly problems: readonly string[]
}

/**
 * Puts right what a killed cloud left behind, before anybody else looks into the folder: its git processes are ended, then locks,
 * quarantined objects and unfinished packs removed, and repositories that nobody remembers. Refs and whole packs are never touched.
 * @param revive given when the database was damaged and may have lost repositories: then none is removed, but taken in again as this
 * makes of the copy in its folder
 * @returns what cannot be put right
 */
export const recover = async (
  folder: string,
  repositories: Repositories,
  log: Log,
  revive?: (copy: Repository) => Repository,
): Promise<Damage[]> => {
  if (!existsSync(folder)) return []
  for (const pid of await endLeftovers(folder)) {
    log('codecommit', 'a git process of a former cloud was ended', { pid })
  }
  const known = new Set(repositories.all().map((repository) => repositories.directory(repository)))
  const unknown = (await repositoryFolders(folder)).filter((directory) => !known.has(directory))
  const found: Damage[] = []
  for (const directory of unknown) {
    if (revive) {
      const copy = copyIn(directory)
      const damage = await takeIn(directory, copy && revive(copy), repositories, log)
      if (damage) found.push(damage)
      continue
    }
    log('codecommit', 'a repository that is not known is removed', { directory })
    await rm(directory, { recursive: true, force: true })
  }
  for (const repository of repositories.all()) {
    const directory = repositories.directory(repository)
    const problems = await tidyAndLook(directory, log).catch((error: unknown) => [String(error)])
    if (problems.length === 0) continue
    const damage = { repository: repositoryArn(repository), directory, problems }
    log('codecommit', 'a repository is damaged', damage)
    found.push(damage)
  }
  return found
}

/** ends the name of a repository's folder that nobody knows by name; never touched */
const LOST = '.lost'

/** A repository whose record is lost is found again by the copy in its folder; without one it stays where it is, without a name. */
const takeIn = async (
  directory: string,
  copy: Repository | undefined,
  repositories: Repositories,
  log: Log,
): Promise<Damage | undefined> => {
  if (copy && repositories.add(copy)) {
    log('codecommit', 'a repository was forgotten and is taken in again', { directory, name: copy.name })
    return undefined
  }
  await rename(directory, `${directory}${LOST}`)
  const problems = [
    `its record is lost and its folder does not say its name; it is kept as ${directory}${LOST}`,
  ]
  return { repository: basename(directory), directory, problems }
}

const tidyAndLook = async (directory: string, log: Log): Promise<string[]> => {
  if (existsSync(directory)) await tidy(directory, log)
  return damageOf(directory)
}

const namesIn = async (folder: string): Promise<string[]> => (existsSync(folder) ? readdir(folder) : [])

/** `<account>/<region>/<id>.git`, and what a removal that was cut short left of one */
const repositoryFolders = async (folder: string): Promise<string[]> => {
  const found: string[] = []
  for (const account of (await namesIn(folder)).filter((name) => /^\d{12}$/.test(name))) {
    for (const region of await namesIn(join(folder, account))) {
      const names = await namesIn(join(folder, account, region))
      const live = names.filter((name) => !name.endsWith(LOST))
      found.push(...live.map((name) => join(folder, account, region, name)))
    }
  }
  return found
}

/** Names under a repository that git gives to unfinished work only (git's `lockfile.c`, `tmp-objdir.c`, `index-pack.c`, `repack.c`). */
const isUnfinished = (path: string): boolean => {
  const name = basename(path)
  return (
    /\.lock$|^gc\.pid$|^packed-refs\.new$/.test(name) ||
    (path.startsWith('objects') && /^(tmp_|incoming-|\.tmp-)/.test(name)) ||
    // `index-pack --keep` of a push that did not end; it would hold the pack back from every repacking
    (/^objects.pack$/.test(path.slice(0, 12)) && name.endsWith('.keep'))
  )
}

const tidy = async (directory: string, log: Log, inside = ''): Promise<void> => {
  const entries = await readdir(join(directory, inside), { withFileTypes: true })
  for (const entry of entries) {
    const path = join(inside, entry.name)
    if (isUnfinished(path)) {
      log('codecommit', 'unfinished work of a former cloud is removed', { directory, path })
      await rm(join(directory, path), { recursive: true, force: true })
    } else if (entry.isDirectory()) await tidy(directory, log, path)
  }
}
