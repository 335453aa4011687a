import { reject } from '../reject.ts'

/** codecommit user guide, "Quotas": author name and e-mail; commit messages through the API */
const MAX_NAME = 1_024
const MAX_EMAIL = 256
const MAX_MESSAGE_BYTES = 256 * 1024

export interface Author {
  readonly name: string
  readonly email: string
}

/**
 * Who shall be author and committer: without a name the caller's ARN, without an address a blank one (API reference, DeleteFile).
 * @throws NameLengthExceeded, InvalidEmail
 */
export const authorOf = (callerArn: string, name: string | undefined, email: string | undefined): Author => {
  if (name !== undefined && [...name].length > MAX_NAME) {
    reject('NameLengthExceeded', `The user name is too long. It can be at most ${MAX_NAME} characters long.`)
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be found
  if (email !== undefined && ([...email].length > MAX_EMAIL || /[<>\u0000-\u001f\u007f]/.test(email))) {
    reject('InvalidEmail', 'The email address is too long or holds characters that are not allowed.')
  }
  return { name: plainName(name ?? '') || plainName(callerArn), email: (email ?? '').trim() }
}

/** What git leaves of a name (git's `ident.c`): nothing that would end it early. */
const plainName = (name: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be found
  name.replace(/[<>\u0000-\u001f\u007f]/g, ' ').trim()

/** @returns the message, or the default one; throws CommitMessageLengthExceeded past 256 KB */
export const messageOf = (message: string | undefined, otherwise: string): string => {
  if (message !== undefined && Buffer.byteLength(message) > MAX_MESSAGE_BYTES) {
    reject('CommitMessageLengthExceeded', 'The commit message is too long. It can be at most 256 KB large.')
  }
  // git-fsck, `nulInCommit`
  return (message || otherwise).replaceAll('\0', '')
}

/** A commit object; author and committer are the same, the zone is UTC. @param at milliseconds since the epoch */
export const encodeCommit = (commit: {
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: Author
  readonly message: string
  readonly at: number
}): Buffer => {
  const { name, email } = commit.author
  const who = `${name} <${email}> ${Math.floor(commit.at / 1000)} +0000`
  const parents = commit.parents.map((parent) => `parent ${parent}\n`).join('')
  return Buffer.from(
    `tree ${commit.tree}\n${parents}author ${who}\ncommitter ${who}\n\n${commit.message}`,
    'utf8',
  )
}
