import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'

/** Decides about a push whose objects are whole, and not yet anybody's: they lie in a folder of their own. */
export type BeforeRefs = (quarantine: string) => Promise<boolean>

/** The file descriptor over which hook and cloud talk: git's children inherit it. */
const CHANNEL = 3

/** What git starts before it moves the first ref (githooks, "pre-receive"): it asks the cloud, which sits at the other end. */
const SCRIPT = `#!/bin/sh
printf '%s\\n' "$GIT_QUARANTINE_PATH" >&${CHANNEL} || exit 1
IFS= read -r verdict <&${CHANNEL} || exit 1
test "$verdict" = yes
`

/**
 * Settings under which receive-pack asks, and keeps each pack as it came: so that it can be looked at, and need not be written twice.
 * @param small of few objects: git would take it apart into loose ones, which it does not sync to disk either (git-config, `core.fsync`).
 * A pack that it would keep is synced.
 */
export const hooked = (folder: string, small: boolean): readonly string[] => [
  '-c',
  `core.hooksPath=${hooksFolder(folder)}`,
  '-c',
  'receive.unpackLimit=1',
  ...(small ? ['-c', 'core.fsync=none'] : []),
]

const hooksFolder = (folder: string): string => join(folder, '.hooks')

/** Throws when programs cannot be run from the folder (a file system mounted `noexec`): git would then pass over the hook. */
export const writeHook = (folder: string): void => {
  mkdirSync(hooksFolder(folder), { recursive: true })
  const file = join(hooksFolder(folder), 'pre-receive')
  writeFileSync(file, SCRIPT, { mode: 0o700 })
  accessSync(file, constants.X_OK)
}

/** Answers the hook's one question; an error of the decision is told to `failed` and refuses. */
export const answerHook = (channel: Duplex, decide: BeforeRefs, failed: (error: unknown) => void): void => {
  let asked = ''
  // the hook, and git with it, may be gone before they are answered
  channel.on('error', () => {})
  channel.on('data', (chunk: Buffer) => {
    asked += chunk.toString('utf8')
    if (!asked.endsWith('\n')) return
    const quarantine = asked.slice(0, -1)
    asked = ''
    decide(quarantine)
      .catch((error: unknown) => {
        failed(error)
        return false
      })
      .then((yes) => channel.write(yes ? 'yes\n' : 'no\n'))
      .catch(failed)
  })
}
