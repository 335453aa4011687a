import type { RepositoryAddress } from '../../codecommit/address.ts'
import {
  MAX_NAMED_FINDINGS,
  MAX_NAMED_REFS_OF_FINDING,
  type NamedFinding,
  type SecretFound,
  type SecretResolved,
} from '../../events/types.ts'
import type { FindingRecord } from '../../store/findings.ts'
import { cut } from './cut.ts'
import { type Elsewhere, NOWHERE } from './elsewhere.ts'

const ROTATE =
  'Rotate it: make a new one where it was issued and revoke this one. Whoever could read the repository may have it; ' +
  'taking it out of the branch does not take it back.'

const NAMES =
  ' A name of a branch or tag is in CodeCommit’s events, in CloudTrail and in messages about pushes as well: delete it there, and rotate all the same.'

const ALLOWED = ' The push that brought it also put it into .gitleaksignore: check that it is no secret.'

const named = (record: FindingRecord, { count, others }: Elsewhere): NamedFinding => ({
  fingerprint: record.fingerprint,
  rule: cut(record.rule),
  description: cut(record.description),
  action: record.action,
  place: record.place,
  path: cut(record.path),
  ...(record.line === undefined ? {} : { line: record.line }),
  ...(record.column === undefined ? {} : { column: record.column }),
  ...(record.commit === undefined ? {} : { commit: record.commit }),
  ...(record.author === undefined ? {} : { author: cut(record.author) }),
  refs: record.refs.slice(0, MAX_NAMED_REFS_OF_FINDING).map((ref) => cut(ref)),
  redacted: cut(record.redacted),
  ...(record.note === undefined ? {} : { note: cut(record.note) }),
  elsewhere: count,
  ...(others.length === 0 ? {} : { others }),
  again: record.again,
})

/** Bytes of the findings of one event: it goes into a message, as JSON within JSON, beside the text for people. */
const MAX_BYTES = 80_000

const fitting = <T extends object>(findings: readonly T[]): readonly T[] => {
  let bytes = 0
  const beyond = findings.findIndex((finding) => {
    bytes += Buffer.byteLength(JSON.stringify(JSON.stringify(finding)))
    return bytes > MAX_BYTES
  })
  return beyond < 0 ? findings : findings.slice(0, Math.max(1, beyond))
}

/** Where else secrets are, by fingerprint. */
type ElsewhereOf = ReadonlyMap<string, Elsewhere>

/** The findings that an event names: those that block first. */
export const toName = (records: readonly FindingRecord[]): readonly FindingRecord[] =>
  records
    .toSorted((a, b) => Number(b.action === 'block') - Number(a.action === 'block'))
    .slice(0, MAX_NAMED_FINDINGS)

/** @param records at least one, each still to be told as found */
export const secretFound = (
  repository: RepositoryAddress,
  records: readonly FindingRecord[],
  elsewhere: ElsewhereOf,
): SecretFound => {
  const allowed = records.filter((record) => record.state === 'allowed').length
  const gone = records.filter(({ state }) => state === 'resolved').length
  const already =
    gone === 0
      ? ''
      : gone === records.length
        ? ' A later commit removed it already: it is leaked all the same.'
        : ''
  return {
    repository,
    findings: fitting(
      toName(records).map((record) => named(record, elsewhere.get(record.fingerprint) ?? NOWHERE)),
    ),
    found: records.length,
    blocking: records.filter(({ action }) => action === 'block').length,
    nextStep: `${ROTATE}${records.some(({ place }) => place === 'ref-name') ? NAMES : ''}${already}${allowed > 0 ? ALLOWED : ''} If it is no secret, add its fingerprint to .gitleaksignore on the default branch, below a comment (#) that says why.`,
  }
}

export const secretResolved = (
  repository: RepositoryAddress,
  records: readonly FindingRecord[],
  elsewhere: ElsewhereOf,
): SecretResolved => ({
  repository,
  findings: fitting(
    toName(records).map((record) => ({
      ...named(record, elsewhere.get(record.fingerprint) ?? NOWHERE),
      how: record.state === 'allowed' ? 'allowed' : (record.how ?? 'gone'),
      ...(record.allowed ? { why: cut(`by ${record.allowed.by}: ${record.allowed.why}`) } : {}),
    })),
  ),
  resolved: records.length,
  nextStep: afterwards(records),
})

const afterwards = (records: readonly FindingRecord[]): string => {
  if (records.every(({ state }) => state === 'allowed'))
    return 'Nothing, if it is no secret. If it is one, rotate it and take the permission back.'
  const isDeleted = records.some(({ how }) => how === 'deleted')
  return `If that has not been done: ${ROTATE.charAt(0).toLowerCase()}${ROTATE.slice(1)}${isDeleted ? CLONES : ''}`
}

const CLONES = ' Deleting the repository does not, either: clones and replicas of it stay.'
