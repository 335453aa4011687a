import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { watchSecrets } from './secrets.ts'

/** Characters that follow from a seed, so that nothing in a test's file looks like a key. */
export const letters = (seed: string, alphabet: string, length: number): string =>
  [...createHash('sha512').update(seed).digest()]
    .slice(0, length)
    .map((byte) => alphabet[byte % alphabet.length])
    .join('')

/** The id of an AWS access key, as the scanner finds it. */
export const awsKeyId = (seed: string): string =>
  ['AK', 'IA', letters(seed, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)].join('')

const planted: string[] = []

/** {@link awsKeyId}, and from now on it may stand in repositories only: whoever stops a live cloud looks for it. */
export const plantKey = (seed: string): string => {
  const key = awsKeyId(seed)
  planted.push(key)
  return key
}

/**
 * Where this test file's secrets stand although they may not, by file; none of them is in it.
 * @param folder the state of a cloud that was stopped: logs, tables, queues and events; its repositories are passed over
 * @param others what else was seen, by what it is called
 */
export const plantedIn = (folder: string, others: Readonly<Record<string, string>>): readonly string[] => {
  if (planted.length === 0) return []
  const watch = watchSecrets()
  // what is after its first four letters is as secret, and in no finding
  for (const [number, key] of planted.entries()) watch.secret(`planted ${number}`, key.slice(4))
  for (const [name, text] of Object.entries(others)) watch.look(name, text)
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    // 111111111111/us-east-1/ID.git/…
    if (entry.isFile() && !path.includes('.git/'))
      watch.look(relative(folder, path), readFileSync(path, 'latin1'))
  }
  return watch.leaks().map(({ secret, where, around }) => `${secret} in ${where}: ${around}`)
}
