import type { GitService } from '../wire/visit.ts'

export interface GitCommand {
  readonly service: GitService
  readonly name: string
}

/** What git runs at the other end, quoted as its `sq_quote` does (git's `connect.c`). No suffix is added and no slash taken away. */
const COMMAND = /^(git-upload-pack|git-receive-pack) (?:'\/v1\/repos\/([^']*)'|\/v1\/repos\/([^ ']*))$/

/** @returns undefined for a command that is neither a fetch nor a push; a name that no repository can have is simply not found */
export const parseCommand = (command: string): GitCommand | undefined => {
  const [, service, quoted, bare] = COMMAND.exec(command) ?? []
  const name = quoted ?? bare
  return name === undefined ? undefined : { service: service as GitService, name }
}
