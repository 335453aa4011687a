import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LIMITS } from '../../../../local/codecommit/context.ts'
import { type Orchard, type Repo, rule, startOrchard, template } from './orchard.ts'

let cloud: Orchard
let repo: Repo
let other: Repo
/** what the rows below are made of: an open and a closed pull request, a comment, and things that are right */
const known: Record<string, string> = {}
beforeAll(async () => {
  cloud = await startOrchard({
    limits: { openPullRequests: 3, rulesPerPullRequest: 2, approvalsPerPullRequest: 2 },
  })
  repo = await cloud.repo('orchard')
  other = await cloud.repo('other')
  known.main = await repo.git('rev-parse', 'main')
  known.tip = await repo.commit('feature', { 'docs/a.txt': 'one\ntwo\n', 'docs/b.txt': 'x' })
  await repo.git('tag', 'v1')
  await repo.push('v1')
  const open = await repo.open('feature')
  known.open = open.pullRequestId
  known.revision = open.revisionId
  const closed = await repo.open('feature')
  known.closed = closed.pullRequestId
  known.closedRevision = closed.revisionId
  await cloud.call('UpdatePullRequestStatus', { pullRequestId: known.closed, pullRequestStatus: 'CLOSED' })
  const rules = { pullRequestId: known.open, approvalRuleContent: rule(1) }
  await cloud.call('CreatePullRequestApprovalRule', { ...rules, approvalRuleName: 'one' })
  await cloud.call('CreateApprovalRuleTemplate', {
    approvalRuleTemplateName: 'known',
    approvalRuleTemplateContent: template(1),
  })
  const posted = await cloud.call('PostCommentForPullRequest', {
    pullRequestId: known.open,
    repositoryName: 'orchard',
    beforeCommitId: known.main,
    afterCommitId: known.tip,
    content: 'hm',
  })
  known.comment = posted.comment.commentId
})
afterAll(() => cloud.end())

/** `$name` stands for what is known; undefined takes a member out */
const fill = (value: unknown): unknown => {
  if (typeof value === 'string') return value.startsWith('$') ? known[value.slice(1)] : value
  if (Array.isArray(value)) return value.map(fill)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fill(member)]))
}

const UNKNOWN = '9'.repeat(12)
const NO_COMMIT = 'f'.repeat(40)
const NO_REVISION = '0'.repeat(64)
const NO_COMMENT = `${'0'.repeat(36)}:${'0'.repeat(36)}`
const aTarget = { repositoryName: 'orchard', sourceReference: 'feature', destinationReference: 'main' }
const right: Record<string, object> = {
  CreatePullRequest: { title: 't', targets: [aTarget] },
  ListPullRequests: { repositoryName: 'orchard' },
  PostCommentForPullRequest: {
    pullRequestId: '$open',
    repositoryName: 'orchard',
    beforeCommitId: '$main',
    afterCommitId: '$tip',
    content: 'c',
  },
  PostCommentForComparedCommit: {
    repositoryName: 'orchard',
    beforeCommitId: '$main',
    afterCommitId: '$tip',
    content: 'c',
  },
  PostCommentReply: { inReplyTo: '$comment', content: 'c' },
  GetCommentsForComparedCommit: { repositoryName: 'orchard', afterCommitId: '$tip' },
  UpdateComment: { commentId: '$comment', content: 'c' },
  PutCommentReaction: { commentId: '$comment', reactionValue: ':clap:' },
  CreatePullRequestApprovalRule: {
    pullRequestId: '$open',
    approvalRuleName: 'two',
    approvalRuleContent: rule(1),
  },
  UpdatePullRequestApprovalRuleContent: {
    pullRequestId: '$open',
    approvalRuleName: 'one',
    newRuleContent: rule(1),
  },
  DeletePullRequestApprovalRule: { pullRequestId: '$open', approvalRuleName: 'none' },
  UpdatePullRequestApprovalState: {
    revisionId: '$revision',
    pullRequestId: '$open',
    approvalState: 'REVOKE',
  },
  OverridePullRequestApprovalRules: {
    revisionId: '$revision',
    pullRequestId: '$open',
    overrideStatus: 'REVOKE',
  },
  EvaluatePullRequestApprovalRules: { revisionId: '$revision', pullRequestId: '$open' },
  GetPullRequestApprovalStates: { revisionId: '$revision', pullRequestId: '$open' },
  GetPullRequestOverrideState: { revisionId: '$revision', pullRequestId: '$open' },
  UpdatePullRequestTitle: { pullRequestId: '$open', title: 't' },
  UpdatePullRequestDescription: { pullRequestId: '$open', description: 'd' },
  UpdatePullRequestStatus: { pullRequestId: '$open', pullRequestStatus: 'OPEN' },
  CreateApprovalRuleTemplate: {
    approvalRuleTemplateName: 'new',
    approvalRuleTemplateContent: template(1),
  },
  UpdateApprovalRuleTemplateContent: { approvalRuleTemplateName: 'known', newRuleContent: template(1) },
  UpdateApprovalRuleTemplateDescription: {
    approvalRuleTemplateName: 'known',
    approvalRuleTemplateDescription: 'd',
  },
  UpdateApprovalRuleTemplateName: {
    oldApprovalRuleTemplateName: 'known',
    newApprovalRuleTemplateName: 'renamed',
  },
  AssociateApprovalRuleTemplateWithRepository: {
    approvalRuleTemplateName: 'known',
    repositoryName: 'orchard',
  },
  BatchAssociateApprovalRuleTemplateWithRepositories: {
    approvalRuleTemplateName: 'known',
    repositoryNames: ['orchard'],
  },
  ListAssociatedApprovalRuleTemplatesForRepository: { repositoryName: 'orchard' },
  ListRepositoriesForApprovalRuleTemplate: { approvalRuleTemplateName: 'known' },
}

type Row = readonly [operation: string, change: object, error: string]

/** the same member of several operations */
const each = (operations: string[], rows: readonly (readonly [object, string])[]): Row[] =>
  operations.flatMap((operation) => rows.map(([change, error]): Row => [operation, change, error]))

const byPullRequest = [
  'GetPullRequest',
  'DescribePullRequestEvents',
  'GetCommentsForPullRequest',
  ...Object.keys(right).filter((operation) => 'pullRequestId' in (right[operation] ?? {})),
]
const byRevision = Object.keys(right).filter((operation) => 'revisionId' in (right[operation] ?? {}))
const byComment = [
  'GetComment',
  'DeleteCommentContent',
  'GetCommentReactions',
  'UpdateComment',
  'PutCommentReaction',
]
const changes = [
  'UpdatePullRequestTitle',
  'UpdatePullRequestDescription',
  'CreatePullRequestApprovalRule',
  'UpdatePullRequestApprovalRuleContent',
  'DeletePullRequestApprovalRule',
]
const paged = [
  'ListPullRequests',
  'DescribePullRequestEvents',
  'GetCommentsForPullRequest',
  'GetCommentsForComparedCommit',
  'GetCommentReactions',
  'ListApprovalRuleTemplates',
  'ListAssociatedApprovalRuleTemplatesForRepository',
  'ListRepositoriesForApprovalRuleTemplate',
]
const withTemplate = [
  'GetApprovalRuleTemplate',
  'DeleteApprovalRuleTemplate',
  ...Object.keys(right).filter((operation) => 'approvalRuleTemplateName' in (right[operation] ?? {})),
  'DisassociateApprovalRuleTemplateFromRepository',
  'BatchDisassociateApprovalRuleTemplateFromRepositories',
]
const posts = ['PostCommentForPullRequest', 'PostCommentForComparedCommit', 'PostCommentReply']
const located = posts.slice(0, 2)
const at = (filePath: unknown, filePosition?: unknown, relativeFileVersion: unknown = 'AFTER') => ({
  location: { filePath, filePosition, relativeFileVersion },
})

const rows: Row[] = [
  ...each(byPullRequest, [
    [{ pullRequestId: undefined }, 'PullRequestIdRequired'],
    [{ pullRequestId: 'one' }, 'InvalidPullRequestId'],
    [{ pullRequestId: '-1' }, 'InvalidPullRequestId'],
    [{ pullRequestId: UNKNOWN }, 'PullRequestDoesNotExist'],
  ]),
  ...each(byRevision, [
    [{ revisionId: undefined }, 'RevisionIdRequired'],
    [{ revisionId: 'now' }, 'InvalidRevisionId'],
  ]),
  ...each(
    ['GetPullRequestApprovalStates', 'GetPullRequestOverrideState'],
    [[{ revisionId: NO_REVISION }, 'InvalidRevisionId']],
  ),
  ...each(
    [
      'UpdatePullRequestApprovalState',
      'OverridePullRequestApprovalRules',
      'EvaluatePullRequestApprovalRules',
    ],
    [[{ revisionId: NO_REVISION }, 'RevisionNotCurrent']],
  ),
  ...each(changes, [[{ pullRequestId: '$closed' }, 'PullRequestAlreadyClosed']]),
  ...each(
    ['UpdatePullRequestApprovalState', 'OverridePullRequestApprovalRules'],
    [[{ pullRequestId: '$closed', revisionId: '$closedRevision' }, 'PullRequestAlreadyClosed']],
  ),
  ...each(paged, [
    [{ maxResults: 0 }, 'InvalidMaxResults'],
    [{ maxResults: -1 }, 'InvalidMaxResults'],
    [{ maxResults: 1_001 }, 'InvalidMaxResults'],
    [{ nextToken: 'token' }, 'InvalidContinuationToken'],
  ]),
  ['DescribePullRequestEvents', { maxResults: 101 }, 'InvalidMaxResults'],
  ['GetCommentsForPullRequest', { maxResults: 501 }, 'InvalidMaxResults'],

  ['CreatePullRequest', { title: undefined }, 'TitleRequired'],
  ['CreatePullRequest', { title: '' }, 'TitleRequired'],
  ['CreatePullRequest', { title: 'é'.repeat(151) }, 'InvalidTitle'],
  ['CreatePullRequest', { description: 'x'.repeat(10_241) }, 'InvalidDescription'],
  ['CreatePullRequest', { targets: undefined }, 'TargetsRequired'],
  ['CreatePullRequest', { targets: [] }, 'TargetsRequired'],
  ['CreatePullRequest', { targets: [{}] }, 'TargetRequired'],
  ['CreatePullRequest', { targets: [aTarget, aTarget] }, 'InvalidTargets'],
  [
    'CreatePullRequest',
    { targets: [aTarget, { ...aTarget, repositoryName: 'other' }] },
    'MultipleRepositoriesInPullRequest',
  ],
  ['CreatePullRequest', { targets: [{ ...aTarget, repositoryName: undefined }] }, 'RepositoryNameRequired'],
  ['CreatePullRequest', { targets: [{ ...aTarget, repositoryName: 'a b' }] }, 'InvalidRepositoryName'],
  ['CreatePullRequest', { targets: [{ ...aTarget, repositoryName: 'none' }] }, 'RepositoryDoesNotExist'],
  ['CreatePullRequest', { targets: [{ ...aTarget, sourceReference: undefined }] }, 'ReferenceNameRequired'],
  ['CreatePullRequest', { targets: [{ ...aTarget, sourceReference: 'a b' }] }, 'InvalidReferenceName'],
  ['CreatePullRequest', { targets: [{ ...aTarget, destinationReference: 'x..y' }] }, 'InvalidReferenceName'],
  ['CreatePullRequest', { targets: [{ ...aTarget, sourceReference: 'none' }] }, 'ReferenceDoesNotExist'],
  ['CreatePullRequest', { targets: [{ ...aTarget, destinationReference: 'none' }] }, 'ReferenceDoesNotExist'],
  ['CreatePullRequest', { targets: [{ ...aTarget, sourceReference: 'v1' }] }, 'ReferenceTypeNotSupported'],
  [
    'CreatePullRequest',
    { targets: [{ ...aTarget, sourceReference: 'refs/tags/v1' }] },
    'ReferenceTypeNotSupported',
  ],
  [
    'CreatePullRequest',
    { targets: [{ ...aTarget, destinationReference: 'refs/heads/feature' }] },
    'SourceAndDestinationAreSame',
  ],
  ['CreatePullRequest', { clientRequestToken: '' }, 'InvalidClientRequestToken'],
  ['CreatePullRequest', { clientRequestToken: 'x'.repeat(257) }, 'InvalidClientRequestToken'],

  ['UpdatePullRequestTitle', { title: undefined }, 'TitleRequired'],
  ['UpdatePullRequestTitle', { title: 'x'.repeat(151) }, 'InvalidTitle'],
  ['UpdatePullRequestDescription', { description: undefined }, 'InvalidDescription'],
  ['UpdatePullRequestDescription', { description: 'x'.repeat(10_241) }, 'InvalidDescription'],
  ['UpdatePullRequestStatus', { pullRequestStatus: undefined }, 'PullRequestStatusRequired'],
  ['UpdatePullRequestStatus', { pullRequestStatus: 'MERGED' }, 'InvalidPullRequestStatus'],
  ['UpdatePullRequestStatus', { pullRequestId: '$closed' }, 'InvalidPullRequestStatusUpdate'],
  ['ListPullRequests', { repositoryName: undefined }, 'RepositoryNameRequired'],
  ['ListPullRequests', { repositoryName: 'none' }, 'RepositoryDoesNotExist'],
  ['ListPullRequests', { pullRequestStatus: 'open' }, 'InvalidPullRequestStatus'],
  ['ListPullRequests', { authorArn: 'olive' }, 'InvalidAuthorArn'],
  ['DescribePullRequestEvents', { actorArn: 'olive' }, 'InvalidActorArn'],
  ['DescribePullRequestEvents', { pullRequestEventType: 'MERGED' }, 'InvalidPullRequestEventType'],

  ['CreatePullRequestApprovalRule', { approvalRuleName: undefined }, 'ApprovalRuleNameRequired'],
  ['CreatePullRequestApprovalRule', { approvalRuleName: '' }, 'InvalidApprovalRuleName'],
  ['CreatePullRequestApprovalRule', { approvalRuleName: 'x'.repeat(101) }, 'InvalidApprovalRuleName'],
  ['CreatePullRequestApprovalRule', { approvalRuleName: 'a/b' }, 'InvalidApprovalRuleName'],
  ['CreatePullRequestApprovalRule', { approvalRuleName: 'a.git' }, 'InvalidApprovalRuleName'],
  ['CreatePullRequestApprovalRule', { approvalRuleName: 'one' }, 'ApprovalRuleNameAlreadyExists'],
  ['CreatePullRequestApprovalRule', { approvalRuleContent: undefined }, 'ApprovalRuleContentRequired'],
  ['CreatePullRequestApprovalRule', { approvalRuleContent: '' }, 'ApprovalRuleContentRequired'],
  ['CreatePullRequestApprovalRule', { approvalRuleContent: '{}' }, 'InvalidApprovalRuleContent'],
  ['UpdatePullRequestApprovalRuleContent', { newRuleContent: undefined }, 'ApprovalRuleContentRequired'],
  ['UpdatePullRequestApprovalRuleContent', { newRuleContent: 'x' }, 'InvalidApprovalRuleContent'],
  ['UpdatePullRequestApprovalRuleContent', { approvalRuleName: undefined }, 'ApprovalRuleNameRequired'],
  ['UpdatePullRequestApprovalRuleContent', { approvalRuleName: 'none' }, 'ApprovalRuleDoesNotExist'],
  [
    'UpdatePullRequestApprovalRuleContent',
    { existingRuleContentSha256: NO_REVISION },
    'InvalidRuleContentSha256',
  ],
  ['DeletePullRequestApprovalRule', { approvalRuleName: undefined }, 'ApprovalRuleNameRequired'],
  ['DeletePullRequestApprovalRule', { approvalRuleName: 'a/b' }, 'InvalidApprovalRuleName'],
  ['UpdatePullRequestApprovalState', { approvalState: undefined }, 'ApprovalStateRequired'],
  ['UpdatePullRequestApprovalState', { approvalState: 'MAYBE' }, 'InvalidApprovalState'],
  ['UpdatePullRequestApprovalState', { approvalState: 'APPROVE' }, 'PullRequestCannotBeApprovedByAuthor'],
  ['OverridePullRequestApprovalRules', { overrideStatus: undefined }, 'OverrideStatusRequired'],
  ['OverridePullRequestApprovalRules', { overrideStatus: 'YES' }, 'InvalidOverrideStatus'],

  ...each(withTemplate, [
    [{ approvalRuleTemplateName: undefined }, 'ApprovalRuleTemplateNameRequired'],
    [{ approvalRuleTemplateName: 'a/b' }, 'InvalidApprovalRuleTemplateName'],
    [{ approvalRuleTemplateName: 'x'.repeat(101) }, 'InvalidApprovalRuleTemplateName'],
  ]),
  ...each(
    withTemplate.filter(
      (name) => !['CreateApprovalRuleTemplate', 'DeleteApprovalRuleTemplate'].includes(name),
    ),
    [
      [
        { approvalRuleTemplateName: 'none', repositoryName: 'orchard', repositoryNames: ['orchard'] },
        'ApprovalRuleTemplateDoesNotExist',
      ],
    ],
  ),
  [
    'CreateApprovalRuleTemplate',
    { approvalRuleTemplateContent: undefined },
    'ApprovalRuleTemplateContentRequired',
  ],
  ['CreateApprovalRuleTemplate', { approvalRuleTemplateContent: '[]' }, 'InvalidApprovalRuleTemplateContent'],
  [
    'CreateApprovalRuleTemplate',
    { approvalRuleTemplateDescription: 'x'.repeat(1_001) },
    'InvalidApprovalRuleTemplateDescription',
  ],
  [
    'CreateApprovalRuleTemplate',
    { approvalRuleTemplateName: 'known' },
    'ApprovalRuleTemplateNameAlreadyExists',
  ],
  ['UpdateApprovalRuleTemplateContent', { newRuleContent: undefined }, 'ApprovalRuleTemplateContentRequired'],
  [
    'UpdateApprovalRuleTemplateContent',
    { existingRuleContentSha256: NO_REVISION },
    'InvalidRuleContentSha256',
  ],
  [
    'UpdateApprovalRuleTemplateDescription',
    { approvalRuleTemplateDescription: 'x'.repeat(1_001) },
    'InvalidApprovalRuleTemplateDescription',
  ],
  [
    'UpdateApprovalRuleTemplateDescription',
    { approvalRuleTemplateDescription: undefined },
    'InvalidApprovalRuleTemplateDescription',
  ],
  [
    'UpdateApprovalRuleTemplateName',
    { oldApprovalRuleTemplateName: undefined },
    'ApprovalRuleTemplateNameRequired',
  ],
  [
    'UpdateApprovalRuleTemplateName',
    { newApprovalRuleTemplateName: undefined },
    'ApprovalRuleTemplateNameRequired',
  ],
  [
    'UpdateApprovalRuleTemplateName',
    { newApprovalRuleTemplateName: 'a:b' },
    'InvalidApprovalRuleTemplateName',
  ],
  [
    'UpdateApprovalRuleTemplateName',
    { oldApprovalRuleTemplateName: 'none' },
    'ApprovalRuleTemplateDoesNotExist',
  ],
  [
    'UpdateApprovalRuleTemplateName',
    { newApprovalRuleTemplateName: 'known' },
    'ApprovalRuleTemplateNameAlreadyExists',
  ],
  ['AssociateApprovalRuleTemplateWithRepository', { repositoryName: undefined }, 'RepositoryNameRequired'],
  ['AssociateApprovalRuleTemplateWithRepository', { repositoryName: 'none' }, 'RepositoryDoesNotExist'],
  [
    'BatchAssociateApprovalRuleTemplateWithRepositories',
    { repositoryNames: undefined },
    'RepositoryNamesRequired',
  ],
  [
    'BatchAssociateApprovalRuleTemplateWithRepositories',
    { repositoryNames: Array.from({ length: 101 }, (_, n) => `r${n}`) },
    'MaximumRepositoryNamesExceeded',
  ],
  [
    'ListAssociatedApprovalRuleTemplatesForRepository',
    { repositoryName: undefined },
    'RepositoryNameRequired',
  ],

  ...each(byComment, [
    [{ commentId: undefined }, 'CommentIdRequired'],
    [{ commentId: 'abcd1234' }, 'InvalidCommentId'],
    [{ commentId: NO_COMMENT }, 'CommentDoesNotExist'],
  ]),
  ['PostCommentReply', { inReplyTo: undefined }, 'CommentIdRequired'],
  ['PostCommentReply', { inReplyTo: 'abcd1234' }, 'InvalidCommentId'],
  ['PostCommentReply', { inReplyTo: NO_COMMENT }, 'CommentDoesNotExist'],
  ...each(
    [...posts, 'UpdateComment'],
    [
      [{ content: undefined }, 'CommentContentRequired'],
      [{ content: '' }, 'CommentContentRequired'],
      [{ content: 'x'.repeat(10_241) }, 'CommentContentSizeLimitExceeded'],
    ],
  ),
  ...each(posts, [[{ clientRequestToken: ' ' }, 'InvalidClientRequestToken']]),
  ...each(located, [
    [{ repositoryName: undefined }, 'RepositoryNameRequired'],
    [{ repositoryName: 'none' }, 'RepositoryDoesNotExist'],
    [{ beforeCommitId: 'abc' }, 'InvalidCommitId'],
    [{ afterCommitId: undefined }, 'CommitIdRequired'],
    [{ afterCommitId: 'main' }, 'InvalidCommitId'],
    [{ afterCommitId: '$main' }, 'BeforeCommitIdAndAfterCommitIdAreSame'],
    [{ afterCommitId: NO_COMMIT }, 'CommitDoesNotExist'],
    // for a first commit alone
    [{ beforeCommitId: undefined }, 'CommitIdRequired'],
    [{ location: {} }, 'InvalidFileLocation'],
    [at(undefined, 1), 'PathRequired'],
    [at('', 1), 'PathRequired'],
    [at('docs/../a', 1), 'InvalidPath'],
    [{ location: { filePath: 'docs/a.txt' } }, 'InvalidRelativeFileVersionEnum'],
    [at('docs/a.txt', 1, 'after'), 'InvalidRelativeFileVersionEnum'],
    [at('docs/a.txt', 0), 'InvalidFilePosition'],
    [at('docs/a.txt', 3), 'InvalidFilePosition'],
    [at('docs/b.txt', 2), 'InvalidFilePosition'],
    [at('docs', 1), 'InvalidFileLocation'],
    [at('docs/none.txt', 1), 'PathDoesNotExist'],
    // it is not there before
    [at('docs/a.txt', 1, 'BEFORE'), 'PathDoesNotExist'],
  ]),
  ['PostCommentForPullRequest', { repositoryName: 'other' }, 'RepositoryNotAssociatedWithPullRequest'],
  ['GetCommentsForPullRequest', { repositoryName: 'orchard' }, 'CommitIdRequired'],
  ['GetCommentsForPullRequest', { beforeCommitId: '$main' }, 'RepositoryNameRequired'],
  [
    'GetCommentsForPullRequest',
    { repositoryName: 'orchard', beforeCommitId: '$main', afterCommitId: NO_COMMIT },
    'CommitDoesNotExist',
  ],
  [
    'GetCommentsForPullRequest',
    { repositoryName: 'other', beforeCommitId: '$main', afterCommitId: '$tip' },
    'RepositoryNotAssociatedWithPullRequest',
  ],
  ['GetCommentsForComparedCommit', { repositoryName: 'none' }, 'RepositoryDoesNotExist'],
  ['GetCommentsForComparedCommit', { afterCommitId: undefined }, 'CommitIdRequired'],
  ['GetCommentsForComparedCommit', { beforeCommitId: NO_COMMIT }, 'CommitDoesNotExist'],
  ['PutCommentReaction', { reactionValue: undefined }, 'ReactionValueRequired'],
  ['PutCommentReaction', { reactionValue: ':pizza:' }, 'InvalidReactionValue'],
  ['PutCommentReaction', { reactionValue: 'thumbsup' }, 'InvalidReactionValue'],
  ['GetCommentReactions', { reactionUserArn: 'olive' }, 'InvalidReactionUserArn'],
]

const inputOf = (operation: string, change: object): object =>
  fill({
    ...(byPullRequest.includes(operation) && { pullRequestId: '$open' }),
    ...(byComment.includes(operation) && { commentId: '$comment' }),
    ...(withTemplate.includes(operation) && { approvalRuleTemplateName: 'known' }),
    ...right[operation],
    ...change,
  }) as object

test.each(rows)('%s %j: %s', async (operation, change, error) => {
  const input = inputOf(operation, change)
  expect(await cloud.refusal(operation, input)).toBe(error)
})

// what is right is taken, so that a row above is refused for its own reason
test.each(
  Object.keys(right).filter((operation) => !/^(Create|Update|Batch)ApprovalRuleTemplate/.test(operation)),
)('%s takes what is right', async (operation) => {
  expect(await cloud.refusal(operation, inputOf(operation, {}))).toBeUndefined()
})

test('the limits that AWS documents', () => {
  expect(LIMITS).toMatchObject({
    openPullRequests: 1_000,
    rulesPerPullRequest: 30,
    approvalsPerPullRequest: 200,
    approvalRuleTemplates: 1_000,
    templatesPerRepository: 25,
  })
})

test('limits of a repository and of a pull request, just past them', async () => {
  // three may be open
  while ((await cloud.refusal('CreatePullRequest', right.CreatePullRequest ?? {})) === undefined);
  const open = await cloud.call('ListPullRequests', { repositoryName: 'orchard', pullRequestStatus: 'OPEN' })
  expect(open.pullRequestIds).toHaveLength(3)
  expect(await cloud.refusal('CreatePullRequest', right.CreatePullRequest ?? {})).toBe(
    'MaximumOpenPullRequestsExceeded',
  )
  // of this repository only
  await other.commit('feature')
  expect(await other.open('feature')).toMatchObject({ pullRequestStatus: 'OPEN' })
  // two rules: `one` and `two`
  const third = inputOf('CreatePullRequestApprovalRule', { approvalRuleName: 'three' })
  expect(await cloud.refusal('CreatePullRequestApprovalRule', third)).toBe('NumberOfRulesExceeded')
})
