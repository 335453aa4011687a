import type { Conversation, Git } from '../git.ts'
import type { GitObject, ObjectType } from './types.ts'

/** One `git cat-file --batch` that is asked again and again (git-cat-file, "BATCH OUTPUT"). */
export interface Batch {
  read(id: string, limit: number): Promise<GitObject | undefined>
  close(): void
}

interface Question {
  readonly id: string
  readonly limit: number
  readonly answer: (object: GitObject | undefined) => void
  readonly fail: (reason: Error) => void
}

/** Starts git at once. Questions are answered in the order in which they were put. */
export const openBatch = (git: Git, directory: string): Batch => {
  const talk = git.converse([`--git-dir=${directory}`, 'cat-file', '--batch'])
  const open: Question[] = []
  let closed = false
  const failAll = (reason: Error) => {
    closed = true
    for (const { fail } of open.splice(0)) fail(reason)
  }
  listen(talk, open)
  talk.done.then(
    ({ code, stderr }) => failAll(new Error(`git cat-file ended with ${code}: ${stderr.trim()}`)),
    failAll,
  )
  return {
    read: (id, limit) =>
      new Promise((answer, fail) => {
        if (closed) return fail(new Error('git cat-file has ended'))
        open.push({ id, limit, answer, fail })
        talk.stdin.write(`${id}\n`)
      }),
    close: () => {
      closed = true
      // what is still being said of a large object is not waited for
      if (open.length > 0) talk.abort()
      talk.stdin.end()
    },
  }
}

/** Header line, contents, newline; contents that nobody wants are dropped as they come. */
const listen = (talk: Conversation, open: Question[]): void => {
  let line = ''
  let now: { question: Question; type: ObjectType; size: number; left: number; parts: Buffer[] } | undefined

  const header = (text: string): void => {
    const question = open[0]
    if (question === undefined) return
    const [, type, digits] = text.split(' ')
    if (digits === undefined) {
      open.shift()
      question.answer(undefined)
      return
    }
    const size = Number(digits)
    // the newline after the contents counts as one byte of them
    now = { question, type: type as ObjectType, size, left: size + 1, parts: [] }
    if (size <= question.limit) return
    question.answer({ type: now.type, size })
  }

  const body = (chunk: Buffer): number => {
    if (now === undefined) return 0
    const taken = chunk.subarray(0, now.left)
    now.left -= taken.length
    const wanted = now.size <= now.question.limit
    if (wanted) now.parts.push(taken)
    if (now.left === 0) {
      const { question, type, size, parts } = now
      now = undefined
      open.shift()
      if (wanted) question.answer({ type, size, content: Buffer.concat(parts).subarray(0, size) })
    }
    return taken.length
  }

  talk.stdout.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      if (now !== undefined) {
        at += body(chunk.subarray(at))
        continue
      }
      const end = chunk.indexOf(10, at)
      line += chunk.subarray(at, end < 0 ? chunk.length : end).toString('latin1')
      at = end < 0 ? chunk.length : end + 1
      if (end < 0) continue
      const text = line
      line = ''
      header(text)
    }
  })
}
