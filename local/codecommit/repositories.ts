import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { RepositoryTrigger } from '@aws-sdk/client-codecommit'
import type { Store } from '../state/store.ts'
import { isRepositoryName } from './validate.ts'

/** What is remembered of a repository besides its Git data, which lies under its id: renaming moves no file. */
export interface Repository {
  readonly id: string
  readonly account: string
  readonly region: string
  readonly name: string
  readonly description?: string
  readonly kmsKeyId?: string
  readonly tags: Readonly<Record<string, string>>
  /** milliseconds since the epoch */
  readonly createdAt: number
  readonly modifiedAt: number
  readonly triggers: readonly RepositoryTrigger[]
  readonly triggersId?: string
}

export interface RepositoryKey {
  readonly account: string
  readonly region: string
  readonly name: string
}

export interface Repositories {
  find(key: RepositoryKey): Repository | undefined
  /** as it is now, found by its id whatever its name is; undefined when it is gone */
  current(repository: Pick<Repository, 'account' | 'region' | 'id' | 'name'>): Repository | undefined
  /** in order of name */
  list(account: string, region: string): Repository[]
  all(): Repository[]
  /** false when the name is taken: then nothing was written */
  add(repository: Repository): boolean
  /** undefined when it is gone meanwhile; found by its id, so that a rename in between does no harm */
  update(repository: Repository, change: Partial<Repository>): Repository | undefined
  /** forgets it, then removes its files */
  remove(repository: Repository): Promise<void>
  directory(repository: Pick<Repository, 'account' | 'region' | 'id'>): string
}

/** `arn:aws:codecommit:<region>:<account>:<name>`: no resource type before the name (service authorization reference). */
export const repositoryArn = ({ account, region, name }: RepositoryKey): string =>
  `arn:aws:codecommit:${region}:${account}:${name}`

const keyOf = ({ account, region, name }: RepositoryKey): string => `${account}/${region}/${name}`

/** Beside the Git data lies what the database knows of a repository, should that ever be lost. */
const COPY = 'codecommit.json'

const writeCopy = (directory: string, repository: Repository): void => {
  if (!existsSync(directory)) return
  const draft = join(directory, `${COPY}.new`)
  writeFileSync(draft, JSON.stringify(repository), { mode: 0o600 })
  renameSync(draft, join(directory, COPY))
}

/** What a repository's folder says of it; undefined when it says nothing, or of another one. */
export const copyIn = (directory: string): Repository | undefined => {
  try {
    const copy = JSON.parse(readFileSync(join(directory, COPY), 'utf8')) as Repository
    return basename(directory) === `${copy.id}.git` && isRepositoryName(copy.name) ? copy : undefined
  } catch {
    // no copy, or none that can be read: what to do about it is the caller's business
    return undefined
  }
}

const unlessMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error
}

export const openRepositories = (store: Store, folder: string): Repositories => {
  const records = store.collection<Repository>('codecommit.repositories')
  const list: Repositories['list'] = (account, region) =>
    records.entries(`${account}/${region}/`).map(([, repository]) => repository)
  const directory: Repositories['directory'] = ({ account, region, id }) =>
    join(folder, account, region, `${id}.git`)
  const current: Repositories['current'] = (repository) => {
    const named = records.get(keyOf(repository))
    if (named?.id === repository.id) return named
    return list(repository.account, repository.region).find(({ id }) => id === repository.id)
  }
  return {
    find: (key) => records.get(keyOf(key)),
    current,
    list,
    all: () => records.entries().map(([, repository]) => repository),
    add: (repository) =>
      store.transaction(() => {
        if (records.get(keyOf(repository)) !== undefined) return false
        records.put(keyOf(repository), repository)
        writeCopy(directory(repository), repository)
        return true
      }),
    update: (repository, change) =>
      store.transaction(() => {
        const before = current(repository)
        if (before === undefined) return undefined
        const after = { ...before, ...change }
        if (keyOf(after) !== keyOf(before)) records.delete(keyOf(before))
        records.put(keyOf(after), after)
        // the date of the last push alone is not worth a file
        if (Object.keys(change).some((name) => name !== 'modifiedAt')) writeCopy(directory(after), after)
        return after
      }),
    remove: async (repository) => {
      records.delete(keyOf(repository))
      const files = directory(repository)
      // out of the way at once: whoever is still at work in it finds nothing to write to
      await rename(files, `${files}.removed`).catch(unlessMissing)
      await rm(`${files}.removed`, { recursive: true, force: true, maxRetries: 5 })
    },
    directory,
  }
}
