import type { FindingRecord } from '../../store/findings.ts'
import { fingerprintOf } from '../finding.ts'
import type { Engine } from '../types.ts'
import type { FingerprintKeys } from './ports.ts'

/**
 * In which line a file's content holds the secret of a finding, by its fingerprint. A content is scanned once, however many findings
 * were in it; the secrets themselves are not kept.
 */
export const lineFinder = (
  engine: Engine,
  keys: FingerprintKeys,
): ((record: FindingRecord, content: Buffer) => number | undefined) => {
  const lines = new WeakMap<Buffer, ReadonlyMap<string, number>>()
  return (record, content) => {
    const known = lines.get(content) ?? linesOf(engine, keys, record.path, content)
    lines.set(content, known)
    return known.get(record.fingerprint)
  }
}

const linesOf = (
  engine: Engine,
  keys: FingerprintKeys,
  path: string,
  content: Buffer,
): ReadonlyMap<string, number> => {
  const lines = new Map<string, number>()
  for (const { rule, secret, startLine } of engine.scan(content, { path }).hits) {
    for (const key of [keys.current, ...(keys.previous ? [keys.previous] : [])]) {
      const fingerprint = fingerprintOf(key, rule.id, secret)
      if (!lines.has(fingerprint)) lines.set(fingerprint, startLine)
    }
  }
  return lines
}
