import { globMatches } from '../../iam/glob.ts'
import { type RuleContent, readContent } from './content.ts'

export interface NamedRule {
  readonly name: string
  /** as `checkContent` made it */
  readonly content: string
}

/** As EvaluatePullRequestApprovalRules answers it; rules by their names. */
export interface Evaluated {
  readonly approved: boolean
  readonly overridden: boolean
  readonly approvalRulesSatisfied: string[]
  readonly approvalRulesNotSatisfied: string[]
}

/**
 * Whether a pull request may be merged: no rules, or each rule has its number of approvals, or all are overridden (API reference,
 * EvaluatePullRequestApprovalRules). One person counts once for each rule, and one approval for as many rules as it fits.
 * @param approvers ARNs of those who approved the revision
 */
export const evaluate = (
  rules: readonly NamedRule[],
  approvers: readonly string[],
  overridden: boolean,
): Evaluated => {
  const satisfied = rules.filter(({ content }) => isSatisfied(readContent(content), approvers))
  const names = (some: readonly NamedRule[]) => some.map(({ name }) => name)
  return {
    approved: overridden || satisfied.length === rules.length,
    overridden,
    approvalRulesSatisfied: names(satisfied),
    approvalRulesNotSatisfied: names(rules.filter((rule) => !satisfied.includes(rule))),
  }
}

const isSatisfied = ({ approvalsNeeded, pool }: RuleContent, approvers: readonly string[]): boolean => {
  const counted = new Set(approvers.filter((arn) => pool === undefined || isInPool(pool, arn)))
  return counted.size >= approvalsNeeded
}

/**
 * Whether somebody belongs to an approval pool (codecommit user guide, "Create an approval rule template").
 * @param pool ARNs with `*`, or `CodeCommitApprovers:<account>:<name>`
 * @param arn of an IAM user, an assumed role's session, a federated user or an account's root
 */
export const isInPool = (pool: readonly string[], arn: string): boolean =>
  pool.some((member) => {
    const [, account, name] = /^CodeCommitApprovers:(\d{12}):(.*)$/s.exec(member) ?? []
    return account === undefined || name === undefined
      ? matchesArn(member, arn)
      : namesOf(arn, account).some((candidate) => globMatches(name, candidate))
  })

/** A role without a session stands for all of its sessions: that is how roles of AWS services are written. */
const matchesArn = (member: string, arn: string): boolean =>
  globMatches(member, arn) ||
  (/:assumed-role\/[^/]+$/.test(member) && /:assumed-role\//.test(arn) && globMatches(`${member}/*`, arn))

/**
 * Under which names the shorthand knows somebody: users and federated users by name, sessions as `<role>/<session>`, each also with
 * its kind before it (`user/<name>`).
 */
const namesOf = (arn: string, account: string): string[] => {
  const [, owner, resource = ''] = /^arn:[^:]*:(?:iam|sts)::(\d{12}):(.*)$/s.exec(arn) ?? []
  if (owner !== account) return []
  const [kind = '', ...rest] = resource.split('/')
  const name = rest.join('/')
  return [resource, ...(name === '' ? [] : [name]), ...(kind === 'user' ? rest.slice(-1) : [])]
}

/** Whether a template makes a rule for pull requests into this branch. @param destination full ref */
export const appliesTo = ({ destinations }: RuleContent, destination: string): boolean =>
  destinations === undefined || destinations.some((pattern) => globMatches(pattern, destination))
