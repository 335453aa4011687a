import { readFileSync } from 'node:fs'
import { RelayError } from '../runtime/errors.ts'
import type { Config } from './types.ts'

/**
 * Reads the Config that the build checked and put beside a bundle as JSON.
 * @param url `new URL('./relay.json', import.meta.url)`
 * @throws RelayError CONFIG_INVALID when the file is missing, no JSON, or of another version
 */
export const loadConfig = (url: URL): Config => {
  let config: Config
  try {
    config = JSON.parse(readFileSync(url, 'utf8'))
  } catch (cause) {
    throw new RelayError('CONFIG_INVALID', { file: url.pathname }, { cause })
  }
  if (config?.version !== 1 || !Array.isArray(config.replicate) || !Array.isArray(config.notify)) {
    throw new RelayError('CONFIG_INVALID', { file: url.pathname, expected: 'the JSON that the build writes' })
  }
  return config
}
