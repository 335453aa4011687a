import { randomUUID } from 'node:crypto'
import type { Parts } from '../contracts.ts'
import type { Operation } from '../gateway/service.ts'
import { invalid, staleRevision } from './errors.ts'
import { assertSettled, type Functions } from './functions.ts'
import { LATEST } from './names.ts'
import { pageOf } from './page.ts'
import { configurationOf, type FunctionRecord, listedOf, type VersionRecord, versionOf } from './records.ts'

/**
 * Keeps code and configuration as they are now as a version; the one published last when nothing has changed since.
 * Developer guide, "Manage Lambda function versions".
 */
export const publish = (
  functions: Functions,
  record: FunctionRecord,
  { description }: { description?: string },
): VersionRecord => {
  const before =
    record.published === undefined ? undefined : functions.version(record, String(record.published))
  if (before && buildOf(before) === buildOf(record)) return before
  const number = (record.published ?? 0) + 1
  // all that belongs to the function stays with it
  const { policy: _p, invokeConfig: _i, qualified: _q, aliases: _a, tags: _t, ...configuration } = record
  const { reservedConcurrency: _r, published: _n, ...code } = configuration
  const version = functions.putVersion({
    ...code,
    version: String(number),
    description: description ?? record.description,
    revisionId: randomUUID(),
    buildId: buildOf(record),
    settling: 'creation',
  })
  functions.put({ ...record, published: number, revisionId: randomUUID(), buildId: buildOf(record) })
  return version
}

const buildOf = (record: VersionRecord): string => record.buildId ?? record.revisionId

export const versionOperations = (parts: Parts, functions: Functions): Record<string, Operation> => ({
  PublishVersion: (input, call) => {
    const record = functions.get(input.FunctionName, call)
    if (input.RevisionId && input.RevisionId !== record.revisionId) throw staleRevision()
    if (input.CodeSha256 && input.CodeSha256 !== record.codeSha256)
      throw invalid(
        `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${record.codeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
      )
    assertSettled(record, parts.now())
    const before = record.published
    const version = publish(functions, record, { description: input.Description })
    const isNew = versionOf(version) !== String(before)
    return configurationOf(version, {
      qualifier: versionOf(version),
      now: parts.now(),
      settling: isNew ? 'creation' : undefined,
    })
  },
  ListVersionsByFunction: (input, call) => {
    const record = functions.get(input.FunctionName, call)
    const shown = [record, ...functions.versions(record)].map((version) =>
      listedOf(version, { qualifier: version.version ?? LATEST, now: parts.now() }),
    )
    return pageOf('Versions', shown, ({ Version = '' }) => Version, input)
  },
})
