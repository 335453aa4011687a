import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { basicAuthorization, type GitPassword } from '../../shared/codecommit/git-password.ts'

/** The one repository that git may speak to just now, and where its password comes from. */
export interface Remote {
  /** without credentials */
  readonly url: string
  readonly password: () => Promise<GitPassword>
}

export interface CredentialServer {
  /** value of git's `credential.helper` */
  readonly helper: string
  /** answers for this remote while `work` runs, and for no other */
  during<T>(remote: Remote, work: () => Promise<T>): Promise<T>
  /** what went wrong when a password was last asked for and could not be had */
  failure(): unknown
  /** the text without anything that was handed out */
  redact(text: string): string
  close(): Promise<void>
}

/** sun_path holds 104 bytes on macOS and 108 on Linux (unix(7)), the final NUL included. */
const MAX_SOCKET_PATH = 103

const MAX_QUESTION_BYTES = 16 * 1024

/** "quit" keeps git from asking anybody else: git-credential(1). */
const REFUSAL = 'quit=1\n'

/**
 * Listens on a Unix domain socket in a private folder for the credential helper's questions.
 * @param folder private to us; where its path is too long for a socket, a private folder below `/tmp` takes its place
 * @param command the helper program and its interpreter, as absolute paths
 */
export const startCredentialServer = async (
  folder: string,
  command: readonly string[],
): Promise<CredentialServer> => {
  const home =
    Buffer.byteLength(folder) + '/s'.length <= MAX_SOCKET_PATH ? folder : await mkdtemp('/tmp/relay-')
  const socketPath = join(home, 's')
  const issued = new Set<string>()
  const connections = new Set<Socket>()
  let remote: Remote | undefined
  let failed: unknown

  const answer = async (question: string): Promise<string> => {
    if (!remote || askedUrl(question) !== remote.url) return REFUSAL
    try {
      const password = await remote.password()
      note(issued, password)
      return `username=${password.username}\npassword=${password.password}\n`
    } catch (error) {
      failed = error
      return REFUSAL
    }
  }

  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket)
    let question = ''
    socket.setEncoding('utf8')
    socket.on('data', (piece: string) => {
      question += piece
      if (question.length > MAX_QUESTION_BYTES) socket.destroy()
    })
    socket.on('end', () => void answer(question).then((text) => socket.end(text)))
    // The helper went away: git was stopped, and reports it itself.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => connections.delete(socket))
  })
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(socketPath, listening.resolve)
  await listening.promise

  return {
    helper: `!${onlyToGet([...command, socketPath].map(quote).join(' '))}`,
    async during(next, work) {
      remote = next
      failed = undefined
      try {
        return await work()
      } finally {
        remote = undefined
      }
    },
    failure: () => failed,
    redact: (text) => [...issued].reduce((clean, secret) => clean.replaceAll(secret, '***'), text),
    async close() {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      for (const socket of connections) socket.destroy()
      await closed.promise
      if (home !== folder) await rm(home, { recursive: true, force: true })
    },
  }
}

/** `https://host/path` of a question, or undefined when it lacks one of the three. */
const askedUrl = (question: string): string | undefined => {
  const fields = new Map(
    question.split('\n').flatMap((line) => {
      const at = line.indexOf('=')
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : []
    }),
  )
  const [protocol, host, path] = ['protocol', 'host', 'path'].map((key) => fields.get(key))
  return protocol && host && path ? `${protocol}://${host}/${path}` : undefined
}

/** Every form in which a password could come back from a server or a program. */
const note = (issued: Set<string>, password: GitPassword): void => {
  issued.add(basicAuthorization(password).replace('Basic ', ''))
  issued.add(password.password)
  const token = password.username.split('%').slice(1).join('%')
  issued.add(password.username)
  if (token) issued.add(token)
}

/**
 * The verb is the last argument. Nothing is stored or erased, and git asks for one or the other after every answer: the shell
 * that is there anyway sees to that, without another process.
 */
const onlyToGet = (command: string): string => `f() { test "$1" != get || exec ${command} "$1"; }; f`

/** For the shell that git starts a helper with. */
const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
