import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseConfig } from '../shared/config/parse.ts'
import type { Config } from '../shared/config/types.ts'
import { codeOf } from '../shared/runtime/errors.ts'

/** relay.yml cannot be used; the message is for people and names everything that is wrong with it. */
export class BadConfig extends Error {
  override name = 'BadConfig'
}

/**
 * Reads and checks relay.yml.
 * @throws BadConfig when it is missing or has mistakes, all of them in the message
 */
export const readConfig = (path: string): Config => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new BadConfig(`${path} cannot be read (${code}). RELAY_CONFIG names another file.`, { cause })
  }
  try {
    return parseConfig(text, basename(path))
  } catch (cause) {
    if (codeOf(cause) !== 'CONFIG_INVALID') throw cause
    throw new BadConfig((cause as Error).message.replace(/^CONFIG_INVALID: /, ''), { cause })
  }
}
