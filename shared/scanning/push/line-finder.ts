import type { FindingRecord } from '../../store/findings.ts'
import { fingerprintOf } from '../finding.ts'
import { maskOf } from '../report/redact.ts'
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

/** A new path of a finding, with its secret masked where the file is named like it. */
export const pathMask =
  (engine: Engine, keys: FingerprintKeys) =>
  ({ fingerprint }: Pick<FindingRecord, 'fingerprint'>, path: string): string => {
    const own = engine
      .scan(Buffer.from(path), { path: '' })
      .hits.filter(({ rule, secret }) => fingerprintOf(keys.current, rule.id, secret) === fingerprint)
    return maskOf(own.map(({ secret }) => secret)).wholes(path)
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
