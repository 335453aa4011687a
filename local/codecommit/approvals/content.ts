import { createHash } from 'node:crypto'

/** What an approval rule asks for. */
export interface RuleContent {
  readonly approvalsNeeded: number
  /** absent: anybody may approve */
  readonly pool?: readonly string[]
  /** full refs with `*`; absent: every destination. Templates alone */
  readonly destinations?: readonly string[]
}

/** Content as it is stored and shown again. */
export interface CheckedContent {
  readonly content: string
  /** hexadecimal */
  readonly sha256: string
}

/** codecommit user guide, "Quotas". */
const MAX_CONTENT = 3_000
const MAX_MEMBERS = 50
const MAX_DESTINATIONS = 100
const MAX_APPROVALS = 200

/**
 * Checks the text of an approval rule or template and brings it into the form in which AWS answers it: without white space, keys in
 * their order (seen in recordings).
 * @returns why the text is not valid, as the end of a sentence, or the content
 */
export const checkContent = (text: string, kind: 'rule' | 'template'): CheckedContent | string => {
  if ([...text].length > MAX_CONTENT) return `it is longer than ${MAX_CONTENT} characters`
  const document = parse(text)
  const problem = documentProblem(document, kind)
  if (problem !== undefined) return problem
  const content = JSON.stringify(document)
  return { content, sha256: createHash('sha256').update(content).digest('hex') }
}

/** @param content as {@link checkContent} returned it */
export const readContent = (content: string): RuleContent => {
  const document = JSON.parse(content) as {
    DestinationReferences?: string[]
    Statements: { NumberOfApprovalsNeeded: number; ApprovalPoolMembers?: string[] }[]
  }
  const statement = document.Statements[0]
  const pool = statement?.ApprovalPoolMembers
  const destinations = document.DestinationReferences
  return {
    approvalsNeeded: statement?.NumberOfApprovalsNeeded ?? 1,
    // whether AWS takes empty lists is not documented; they are read as absent
    ...(pool !== undefined && pool.length > 0 && { pool }),
    ...(destinations !== undefined && destinations.length > 0 && { destinations }),
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const extraKey = (fields: Fields, known: readonly string[]): string | undefined =>
  Object.keys(fields).find((key) => !known.includes(key))

/** codecommit user guide, "Create an approval rule for a pull request" and "Create an approval rule template". */
const documentProblem = (document: unknown, kind: 'rule' | 'template'): string | undefined => {
  if (!isFields(document)) return 'it is not a JSON object'
  const extra = extraKey(document, [
    'Version',
    'Statements',
    ...(kind === 'template' ? ['DestinationReferences'] : []),
  ])
  if (extra !== undefined) return `${extra} is not known`
  if (document.Version !== '2018-11-08') return 'Version must be 2018-11-08'
  const { Statements: statements } = document
  if (!Array.isArray(statements) || statements.length !== 1) return 'Statements must hold one statement'
  return statementProblem(statements[0]) ?? destinationsProblem(document.DestinationReferences)
}

const statementProblem = (statement: unknown): string | undefined => {
  if (!isFields(statement)) return 'the statement is not a JSON object'
  const extra = extraKey(statement, ['Type', 'NumberOfApprovalsNeeded', 'ApprovalPoolMembers'])
  if (extra !== undefined) return `${extra} is not known`
  if (statement.Type !== 'Approvers') return 'Type must be Approvers'
  const { NumberOfApprovalsNeeded: needed, ApprovalPoolMembers: members } = statement
  if (!Number.isInteger(needed) || Number(needed) < 1 || Number(needed) > MAX_APPROVALS) {
    return `NumberOfApprovalsNeeded must be a whole number between 1 and ${MAX_APPROVALS}`
  }
  if (members === undefined) return undefined
  if (!Array.isArray(members)) return 'ApprovalPoolMembers must be a list'
  if (members.length > MAX_MEMBERS) return `ApprovalPoolMembers holds more than ${MAX_MEMBERS} members`
  const wrong = members.find((member) => typeof member !== 'string' || !isMember(member))
  return wrong === undefined ? undefined : `${JSON.stringify(wrong)} is not a member of an approval pool`
}

const isMember = (member: string): boolean =>
  /^CodeCommitApprovers:\d{12}:\S.*$/.test(member) || /^arn:aws[a-z-]*:(iam|sts)::[\d*]+:\S+$/.test(member)

const destinationsProblem = (destinations: unknown): string | undefined => {
  if (destinations === undefined) return undefined
  if (!Array.isArray(destinations)) return 'DestinationReferences must be a list'
  if (destinations.length > MAX_DESTINATIONS) {
    return `DestinationReferences holds more than ${MAX_DESTINATIONS} references`
  }
  // a wildcard may not stand at the beginning of the branch's name
  const wrong = destinations.find(
    (ref) => typeof ref !== 'string' || !/^refs\/heads\/[^*\s][^\s]{0,255}$/.test(ref),
  )
  return wrong === undefined ? undefined : `${JSON.stringify(wrong)} is not the full name of a branch`
}
