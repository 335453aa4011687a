import { readFile } from 'node:fs/promises'
import { brotliDecompressSync } from 'node:zlib'
import { RelayError } from '../../runtime/errors.ts'
import type { Compiled } from '../engine/compile.ts'
import { unpackRules } from '../engine/packed.ts'

/**
 * The rules that the build compiled and put beside a bundle, read at the first use.
 * @param file `new URL('./rules.json.br', import.meta.url)`
 * @throws RelayError (from the returned function) CONFIG_INVALID when they are not there
 */
export const loadRules = (file: URL): (() => Promise<Compiled>) => {
  let loaded: Promise<Compiled> | undefined
  const load = async () => {
    try {
      return unpackRules(brotliDecompressSync(await readFile(file)).toString('utf8'))
    } catch (cause) {
      throw new RelayError('CONFIG_INVALID', { file: file.pathname }, { cause })
    }
  }
  return () => {
    loaded ??= load()
    return loaded
  }
}
