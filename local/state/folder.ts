import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { lockFolder } from './lock.ts'

/** its presence says that a folder is the state of a local cloud */
export const DATABASE = 'state.db'
const LOCK = 'lock'
/** what clients trust is no state: a cloud that has forgotten everything is still the same server */
const CERTIFICATE = 'tls-'

/** Why a state folder cannot be used; `code` tells the two apart. */
export class StateFolderError extends Error {
  readonly code: 'FOLDER_IN_USE' | 'FOLDER_NOT_OURS'

  constructor(code: StateFolderError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StateFolderError'
    this.code = code
  }
}

/**
 * Takes a state folder: made if missing, readable by its owner alone, held by a lock.
 * @param fresh forgets what an earlier cloud left in it
 * @returns gives the folder free again
 * @throws StateFolderError when another process holds it, or when it holds something that is not ours, which is never touched
 */
export const takeStateFolder = (folder: string, fresh: boolean): (() => void) => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const names = readdirSync(folder).filter((name) => !name.startsWith(LOCK) && !name.startsWith(CERTIFICATE))
  if (names.length > 0 && !existsSync(join(folder, DATABASE))) {
    throw new StateFolderError('FOLDER_NOT_OURS', `${folder} holds files that are no local cloud's state.`)
  }
  chmodSync(folder, 0o700)
  const release = take(folder)
  if (fresh) forgetState(folder)
  return release
}

/** Empties a folder that is held. The database goes last: a removal cut short leaves a folder that is still known as ours. */
export const forgetState = (folder: string): void => {
  const names = readdirSync(folder).filter((name) => !name.startsWith(LOCK) && !name.startsWith(CERTIFICATE))
  const doomed = names.filter((name) => name !== DATABASE)
  for (const name of [...doomed.filter((name) => !name.startsWith(DATABASE)), ...doomed, DATABASE])
    rmSync(join(folder, name), { recursive: true, force: true })
}

const take = (folder: string): (() => void) => {
  try {
    return lockFolder(folder)
  } catch (cause) {
    throw new StateFolderError('FOLDER_IN_USE', (cause as Error).message, { cause })
  }
}
