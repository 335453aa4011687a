import { refProblem } from '../refs.ts'
import { type Command, ZERO_OID } from './push-commands.ts'

/** Which commands go on to git, and why the others do not. */
export interface Verdict {
  readonly accepted: readonly Command[]
  readonly refused: ReadonlyMap<Command, string>
}

export interface PushRules {
  readonly maxCommands: number
  /** undefined while the repository is empty */
  readonly defaultBranch: string | undefined
  /** refs as they are now; needed only where something is deleted */
  readonly refs: ReadonlyMap<string, string>
  /** why the caller may not touch this ref; undefined when allowed */
  readonly denied: (ref: string) => string | undefined
}

export const TOO_MANY = 'Too many reference update commands'

/**
 * Judges a push ref by ref: CodeCommit offers no `atomic`, so what is right goes through beside what is wrong. Only too many commands
 * (codecommit user guide, "Quotas" and "Troubleshooting") refuse the whole.
 */
export const judgePush = (commands: readonly Command[], rules: PushRules): Verdict => {
  if (commands.length > rules.maxCommands) {
    return { accepted: [], refused: new Map(commands.map((command) => [command, TOO_MANY])) }
  }
  const seen = new Set<string>()
  const refused = new Map<Command, string>()
  const accepted = commands.filter((command) => {
    const problem = seen.has(command.bytes) ? 'the push names this ref twice' : problemOf(command, rules)
    seen.add(command.bytes)
    if (problem !== undefined) refused.set(command, problem)
    return problem === undefined
  })
  return { accepted, refused }
}

const problemOf = (command: Command, rules: PushRules): string | undefined => {
  const { ref } = command
  const problem = refProblem(ref)
  if (problem !== undefined || ref === undefined) return problem
  const denied = rules.denied(ref)
  if (denied !== undefined) return denied
  if (command.new === ZERO_OID) {
    if (command.old === ZERO_OID) return 'neither an old nor a new value'
    if (ref === `refs/heads/${rules.defaultBranch}`) return 'the default branch cannot be deleted'
    // git deletes without comparing when it does not know the old object
    const present = rules.refs.get(ref)
    if (present !== undefined && present !== command.old) return 'the ref has moved meanwhile'
  }
  return undefined
}
