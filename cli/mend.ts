import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from './errors.ts'

/** below this the state folder is not worth starting in: git and the databases need room to breathe */
const FREE_BYTES_NEEDED = 200 * 1024 * 1024

/** @throws UserError when too little is free */
export const checkDisk = (folder: string): void => {
  const { bavail, bsize } = statfsSync(nearestFolder(folder))
  if (bavail * bsize < FREE_BYTES_NEEDED) {
    const free = Math.floor((bavail * bsize) / 1024 / 1024)
    throw new UserError(
      `The disk under ${folder} is full: ${free} MiB are free.`,
      'Free some space, or choose another folder with --state DIR.',
    )
  }
}

const nearestFolder = (path: string): string =>
  existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path))

/** What a person can mend becomes a sentence; anything else stays what it is. */
export const startFailure = (error: unknown, port: number): unknown => {
  const { code, message } = error as NodeJS.ErrnoException
  const say = (text: string, remedy: string) => new UserError(text, remedy, { cause: error })
  if (code === 'EADDRINUSE')
    return say(
      `Port ${port} is taken by another program.`,
      'Choose another one with --port N, or any free one with --port 0.',
    )
  if (code === 'FOLDER_IN_USE' || code === 'FOLDER_NOT_OURS')
    return say(message, 'Choose another folder with --state DIR.')
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return say(
      `A file is where the state folder should be: ${message}`,
      'Choose another folder with --state DIR.',
    )
  // EPERM: it is somebody else's
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return say(`The state folder cannot be written: ${message}`, 'Choose another folder with --state DIR.')
  if (code === 'ENOSPC')
    return say('The disk is full.', 'Free some space, or choose another folder with --state DIR.')
  return error
}
