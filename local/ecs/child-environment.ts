import { dirname } from 'node:path'
import { findExecutable } from './launch.ts'

/**
 * Folders in which a task's commands are found: that of our git first, wherever it is, then the usual ones. Of our own environment
 * nothing else reaches a task.
 */
export const taskSearchPath = (ours: string = process.env.PATH ?? ''): string => {
  const git = findExecutable('git', '/', ours)
  return [
    ...new Set([
      ...(git === undefined ? [] : [dirname(git)]),
      ...['/usr/local/bin', '/opt/homebrew/bin', '/opt/local/bin', '/usr/bin', '/bin'],
    ]),
  ].join(':')
}
