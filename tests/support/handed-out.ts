import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { watchSecrets } from './secrets.ts'

/** A signed Git password: SigV4's time and signature (shared/codecommit/git-password.ts). */
const SIGNED = /\d{8}T\d{6}Z[0-9a-f]{64}/
/** Where the local cloud itself keeps what it hands out. */
const KEEPERS = /^(?:iam\.|ecs\.tokens$)/
/** Of the files beside the database: what functions and tasks wrote, and the tables. The rest is packages and repositories. */
const FOLDERS = ['logs', 'dynamodb']

/**
 * Where credentials stand that a cloud handed out to functions, tasks and people: keys, session tokens, Git passwords, in logs, queues,
 * tables, events and whatever else it remembers. None of them is in the answer.
 * @param folder the state of a cloud that was stopped
 * @param others what else was seen, by what it is called
 * @throws where functions ran and no session is found: nothing would have been looked for
 */
export const handedOutIn = (folder: string, others: Readonly<Record<string, string>>): readonly string[] => {
  const watch = watchSecrets()
  const signed: string[] = []
  const look = (where: string, text: string): void => {
    watch.look(where, text)
    if (SIGNED.test(text)) signed.push(`a signed Git password in ${where}`)
  }
  let logged = 0
  const database = new DatabaseSync(join(folder, 'state.db'), { readOnly: true })
  try {
    for (const row of database.prepare('SELECT collection, key, value FROM documents').iterate()) {
      const { collection, key, value } = row as { collection: string; key: string; value: string }
      if (collection === 'logs.streams') logged += 1
      if (collection === 'iam.sessions') {
        const { secret, token } = JSON.parse(value) as { secret: string; token: string }
        watch.secret('the secret key of a session', secret)
        watch.secret('the token of a session', token)
      } else if (!KEEPERS.test(collection)) look(`${collection} ${key}`, value)
    }
  } finally {
    database.close()
  }
  if (watch.seen().secrets === 0 && logged > 0) throw new Error('functions ran, and none had a session')
  for (const [name, text] of Object.entries(others)) look(name, text)
  for (const part of FOLDERS.filter((name) => existsSync(join(folder, name)))) {
    for (const entry of readdirSync(join(folder, part), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile()) look(relative(folder, path), readFileSync(path, 'latin1'))
    }
  }
  return [...signed, ...watch.leaks().map(({ secret, where, around }) => `${secret} in ${where}: ${around}`)]
}
