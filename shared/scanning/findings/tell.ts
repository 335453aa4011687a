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

/** What to do with one secret, or with each of several. */
const rotate = (many: boolean, done: string): string =>
  `Rotate ${many ? 'each of them' : 'it'}${done}: make a new one where it was issued and revoke this one. Whoever could read the repository may ` +
  `have ${many ? 'them' : 'it'}; taking ${many ? 'them' : 'it'} out of the branch takes nothing back.`

const NAMES =
  'A name of a branch or tag is in CodeCommit’s events, in CloudTrail and in messages about pushes as well: delete it there, and rotate all the same.'

const ALLOWED = 'The push that brought it also put it into .gitleaksignore: check that it is no secret.'

const GONE = 'A later commit removed it already: it is leaked all the same.'

const TO_ALLOW =
  'add its fingerprint to .gitleaksignore on the default branch, below a comment (#) that says why.'
const NO_SECRET = `If it is no secret, ${TO_ALLOW}`
const NO_SECRETS = `If one of them is no secret, ${TO_ALLOW}`

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
  return {
    repository,
    findings: fitting(
      toName(records).map((record) => named(record, elsewhere.get(record.fingerprint) ?? NOWHERE)),
    ),
    found: records.length,
    blocking: records.filter(({ action }) => action === 'block').length,
    nextStep: [
      rotate(records.length > 1, ''),
      ...(records.some(({ place }) => place === 'ref-name') ? [NAMES] : []),
      ...(gone === records.length ? [GONE] : []),
      ...(allowed > 0 ? [ALLOWED] : []),
      ...(allowed === records.length ? [] : [records.length > 1 ? NO_SECRETS : NO_SECRET]),
    ].join(' '),
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
  return `${rotate(records.length > 1, ', if that has not been done')}${isDeleted ? CLONES : ''}`
}

const CLONES = ' Nor does deleting the repository: clones and replicas of it stay.'
