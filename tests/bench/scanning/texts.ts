import { readFileSync } from 'node:fs'
import type { SourceFile } from './sources.ts'

/** The texts that `writeSources` wrote one after the other, each with its path. */
export const textsOf = function* (bytes: Buffer, list: string): Generator<[path: string, text: Buffer]> {
  let at = 0
  for (const file of JSON.parse(readFileSync(list, 'utf8')) as SourceFile[]) {
    yield [file.path, bytes.subarray(at, at + file.bytes)]
    at += file.bytes
  }
}
