import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as sdk from '@aws-sdk/client-codecommit'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createCodeCommit } from '../../../../local/codecommit/codecommit.ts'
import type { CodeCommit, DynamoDb } from '../../../../local/contracts.ts'
import { createGateway } from '../../../../local/gateway/gateway.ts'
import { createIam } from '../../../../local/iam/iam.ts'
import { openStore } from '../../../../local/state/store.ts'
import { testWith } from '../../../support/tools.ts'
import { createClient } from '../harness.ts'
import { rule, template } from './orchard.ts'

const ACCOUNT = '111111111111'
const REGION = 'eu-west-1'
const arn = (name: string) => `arn:aws:codecommit:${REGION}:${ACCOUNT}:${name}`
const run = promisify(execFile)

const client = createClient()
const folder = mkdtempSync(join(tmpdir(), 'relay-access-'))
const store = openStore(join(folder, 'store.db'))
const parts = { store, now: () => Date.now(), log: () => undefined }
const iam = createIam({ parts, accounts: [ACCOUNT] })
const codecommit: CodeCommit = createCodeCommit({
  parts,
  iam,
  wires: { emit: () => undefined, publish: async () => undefined, invokeAsync: async () => undefined },
  folder: join(folder, 'repositories'),
  gitBaseUrl: (region) => `http://git-codecommit.${region}.amazonaws.com.localhost:${port}`,
})
const gateway = createGateway({
  parts,
  iam,
  services: [...iam.services, codecommit.service],
  git: codecommit.handleGit,
  dynamodb: {} as DynamoDb,
})
let port = 0
let admin: sdk.CodeCommitClient
let adminKeys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
const known: Record<string, string> = {}

const clientFor = (credentials: typeof adminKeys) =>
  new sdk.CodeCommitClient({
    region: REGION,
    endpoint: `http://127.0.0.1:${port}`,
    credentials,
    maxAttempts: 1,
  })

beforeAll(async () => {
  await codecommit.start()
  port = await gateway.listen(0)
  const { credentials, gitUserName, gitPassword } = iam.bootstrapAccount(ACCOUNT, 'admin')
  adminKeys = credentials
  admin = clientFor(credentials)
  for (const repositoryName of ['api', 'web']) {
    await admin.send(new sdk.CreateRepositoryCommand({ repositoryName, tags: { team: repositoryName } }))
    const work = await client.work(repositoryName)
    await client.must(work, 'checkout', '-q', '-b', 'feature')
    await client.must(work, 'commit', '-q', '--allow-empty', '-m', 'more')
    const login = `${encodeURIComponent(gitUserName)}:${encodeURIComponent(gitPassword)}`
    const host = `git-codecommit.${REGION}.amazonaws.com.localhost:${port}`
    await client.must(
      work,
      'push',
      '-q',
      `http://${login}@${host}/v1/repos/${repositoryName}`,
      'main',
      'feature',
    )
    known.main = await client.must(work, 'rev-parse', 'main')
    known.tip = await client.must(work, 'rev-parse', 'feature')
    const targets = [{ repositoryName, sourceReference: 'feature', destinationReference: 'main' }]
    const { pullRequest } = await admin.send(new sdk.CreatePullRequestCommand({ title: 't', targets }))
    known[repositoryName] = pullRequest?.pullRequestId ?? ''
    known[`${repositoryName}Revision`] = pullRequest?.revisionId ?? ''
    const { comment } = await admin.send(
      new sdk.PostCommentForPullRequestCommand({
        pullRequestId: known[repositoryName],
        repositoryName,
        beforeCommitId: known.main,
        afterCommitId: known.tip,
        content: 'hm',
      }),
    )
    known[`${repositoryName}Comment`] = comment?.commentId ?? ''
  }
  await admin.send(
    new sdk.CreateApprovalRuleTemplateCommand({
      approvalRuleTemplateName: 'one',
      approvalRuleTemplateContent: template(1),
    }),
  )
})
afterAll(async () => {
  await gateway.stop()
  await codecommit.stop()
  store.close()
  client.remove()
  rmSync(folder, { recursive: true, force: true })
})

let roles = 0
/** a session of a new role with this policy, and tags */
const holder = async (statements: object[], tags: Record<string, string> = {}) => {
  roles += 1
  const config = { region: REGION, endpoint: `http://127.0.0.1:${port}`, credentials: adminKeys }
  const iamClient = new IAMClient(config)
  const RoleName = `role-${roles}`
  const trust = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    },
  }
  const { Role } = await iamClient.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }),
  )
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements })
  await iamClient.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument }))
  const { Credentials: keys } = await new STSClient(config).send(
    new AssumeRoleCommand({
      RoleArn: Role?.Arn,
      RoleSessionName: 'nina',
      ...(Object.keys(tags).length > 0 && {
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    }),
  )
  return clientFor({
    accessKeyId: keys?.AccessKeyId ?? '',
    secretAccessKey: keys?.SecretAccessKey ?? '',
    sessionToken: keys?.SessionToken ?? '',
  })
}

/** name of what it is refused with; `ok` when it is not */
const outcome = async (who: sdk.CodeCommitClient, command: object): Promise<string> => {
  try {
    await who.send(command as sdk.GetPullRequestCommand)
    return 'ok'
  } catch (error) {
    const { name, $metadata } = error as sdk.CodeCommitServiceException
    if (name === 'AccessDeniedException') expect($metadata.httpStatusCode).toBe(400)
    return name
  }
}

describe('what is known by an id is authorised by the repository behind it', () => {
  const pullRequest = (name: string) => ({ pullRequestId: known[name] ?? '' })
  const revision = (name: string) => ({ ...pullRequest(name), revisionId: known[`${name}Revision`] ?? '' })
  const comment = (name: string) => ({ commentId: known[`${name}Comment`] ?? '' })
  const compared = (repositoryName: string) => ({
    repositoryName,
    beforeCommitId: known.main,
    afterCommitId: known.tip,
  })
  const commands: [string, (name: string) => object][] = [
    ['GetPullRequest', (name) => new sdk.GetPullRequestCommand(pullRequest(name))],
    ['ListPullRequests', (name) => new sdk.ListPullRequestsCommand({ repositoryName: name })],
    ['DescribePullRequestEvents', (name) => new sdk.DescribePullRequestEventsCommand(pullRequest(name))],
    [
      'CreatePullRequest',
      (name) =>
        new sdk.CreatePullRequestCommand({
          title: 't',
          targets: [{ repositoryName: name, sourceReference: 'feature', destinationReference: 'main' }],
        }),
    ],
    [
      'UpdatePullRequestTitle',
      (name) => new sdk.UpdatePullRequestTitleCommand({ ...pullRequest(name), title: 'u' }),
    ],
    [
      'CreatePullRequestApprovalRule',
      (name) =>
        new sdk.CreatePullRequestApprovalRuleCommand({
          ...pullRequest(name),
          approvalRuleName: `rule ${randomUUID()}`,
          approvalRuleContent: rule(1),
        }),
    ],
    [
      'EvaluatePullRequestApprovalRules',
      (name) => new sdk.EvaluatePullRequestApprovalRulesCommand(revision(name)),
    ],
    ['GetPullRequestOverrideState', (name) => new sdk.GetPullRequestOverrideStateCommand(revision(name))],
    [
      'PostCommentForPullRequest',
      (name) =>
        new sdk.PostCommentForPullRequestCommand({ ...pullRequest(name), ...compared(name), content: 'c' }),
    ],
    [
      'PostCommentForComparedCommit',
      (name) => new sdk.PostCommentForComparedCommitCommand({ ...compared(name), content: 'c' }),
    ],
    [
      'PostCommentReply',
      (name) => new sdk.PostCommentReplyCommand({ inReplyTo: known[`${name}Comment`] ?? '', content: 'c' }),
    ],
    ['GetComment', (name) => new sdk.GetCommentCommand(comment(name))],
    ['GetCommentsForPullRequest', (name) => new sdk.GetCommentsForPullRequestCommand(pullRequest(name))],
    ['GetCommentReactions', (name) => new sdk.GetCommentReactionsCommand(comment(name))],
    [
      'PutCommentReaction',
      (name) => new sdk.PutCommentReactionCommand({ ...comment(name), reactionValue: ':heart:' }),
    ],
    [
      'AssociateApprovalRuleTemplateWithRepository',
      (name) =>
        new sdk.AssociateApprovalRuleTemplateWithRepositoryCommand({
          approvalRuleTemplateName: 'one',
          repositoryName: name,
        }),
    ],
    [
      'BatchDisassociateApprovalRuleTemplateFromRepositories',
      (name) =>
        new sdk.BatchDisassociateApprovalRuleTemplateFromRepositoriesCommand({
          approvalRuleTemplateName: 'one',
          repositoryNames: [name],
        }),
    ],
    [
      'ListAssociatedApprovalRuleTemplatesForRepository',
      (name) => new sdk.ListAssociatedApprovalRuleTemplatesForRepositoryCommand({ repositoryName: name }),
    ],
  ]

  test('by its ARN and by its tags', async () => {
    const byArn = await holder([{ Effect: 'Allow', Action: 'codecommit:*', Resource: arn('api') }])
    const byTag = await holder([
      {
        Effect: 'Allow',
        Action: 'codecommit:*',
        Resource: '*',
        Condition: { StringEquals: { 'aws:ResourceTag/team': 'api' } },
      },
    ])
    for (const who of [byArn, byTag]) {
      for (const [operation, command] of commands) {
        expect([operation, await outcome(who, command('api'))]).toEqual([operation, 'ok'])
        expect([operation, await outcome(who, command('web'))]).toEqual([operation, 'AccessDeniedException'])
      }
    }
  })

  test('by the action of its own name alone', async () => {
    const nobody = await holder([{ Effect: 'Allow', Action: 'codecommit:GetComment', Resource: '*' }])
    for (const [operation, command] of commands) {
      const expected = operation === 'GetComment' ? 'ok' : 'AccessDeniedException'
      expect([operation, await outcome(nobody, command('api'))]).toEqual([operation, expected])
    }
  })

  test('one repository of several that is not allowed refuses the batch; strangers do not learn which ids there are', async () => {
    const apiOnly = await holder([{ Effect: 'Allow', Action: 'codecommit:*', Resource: arn('api') }])
    const both = new sdk.BatchAssociateApprovalRuleTemplateWithRepositoriesCommand({
      approvalRuleTemplateName: 'one',
      repositoryNames: ['api', 'web'],
    })
    expect(await outcome(apiOnly, both)).toBe('AccessDeniedException')
    const unknown = new sdk.GetPullRequestCommand({ pullRequestId: '999' })
    expect(await outcome(apiOnly, unknown)).toBe('AccessDeniedException')
    expect(await outcome(admin, unknown)).toBe('PullRequestDoesNotExistException')
  })
})

test('templates themselves have no resource', async () => {
  const commands = [
    new sdk.ListApprovalRuleTemplatesCommand({}),
    new sdk.GetApprovalRuleTemplateCommand({ approvalRuleTemplateName: 'one' }),
    new sdk.ListRepositoriesForApprovalRuleTemplateCommand({ approvalRuleTemplateName: 'one' }),
    new sdk.UpdateApprovalRuleTemplateDescriptionCommand({
      approvalRuleTemplateName: 'one',
      approvalRuleTemplateDescription: 'd',
    }),
  ]
  const anywhere = await holder([{ Effect: 'Allow', Action: 'codecommit:*', Resource: '*' }])
  const repositories = await holder([{ Effect: 'Allow', Action: 'codecommit:*', Resource: arn('*') }])
  for (const command of commands) {
    expect(await outcome(anywhere, command)).toBe('ok')
    expect(await outcome(repositories, command)).toBe('AccessDeniedException')
  }
})

test('a merge is judged by the branch that it moves', async () => {
  const allow = { Effect: 'Allow', Action: 'codecommit:*', Resource: '*' }
  const deny = (ref: string) => ({
    Effect: 'Deny',
    Action: 'codecommit:MergePullRequestBy*',
    Resource: arn('web'),
    Condition: {
      StringEqualsIfExists: { 'codecommit:References': [ref] },
      Null: { 'codecommit:References': 'false' },
    },
  })
  const input = { pullRequestId: known.web ?? '', repositoryName: 'web' }
  const denied = await holder([allow, deny('refs/heads/main')])
  const merges = [
    sdk.MergePullRequestByFastForwardCommand,
    sdk.MergePullRequestBySquashCommand,
    sdk.MergePullRequestByThreeWayCommand,
  ]
  for (const Merge of merges) expect(await outcome(denied, new Merge(input))).toBe('AccessDeniedException')
  // a repository of another name does not help
  const misnamed = new sdk.MergePullRequestByFastForwardCommand({ ...input, repositoryName: 'api' })
  expect(await outcome(denied, misnamed)).toBe('AccessDeniedException')
  const allowed = await holder([allow, deny('refs/heads/feature')])
  expect(await outcome(admin, new sdk.UpdatePullRequestTitleCommand({ ...input, title: 'now' }))).toBe('ok')
  const rules = await admin.send(new sdk.GetPullRequestCommand({ pullRequestId: input.pullRequestId }))
  for (const { approvalRuleName = '' } of rules.pullRequest?.approvalRules ?? []) {
    await admin.send(
      new sdk.DeletePullRequestApprovalRuleCommand({ pullRequestId: input.pullRequestId, approvalRuleName }),
    )
  }
  expect(await outcome(allowed, new sdk.MergePullRequestByFastForwardCommand(input))).toBe('ok')
})

test('what is missing is named by its own exception over the wire, too', async () => {
  const bare = [
    [new sdk.GetPullRequestCommand({ pullRequestId: undefined }), 'PullRequestIdRequiredException'],
    [new sdk.CreatePullRequestCommand({ title: 't', targets: undefined }), 'TargetsRequiredException'],
    [
      new sdk.CreatePullRequestCommand({
        title: 't',
        targets: [{ repositoryName: 'api', sourceReference: undefined }],
      }),
      'ReferenceNameRequiredException',
    ],
    [
      new sdk.UpdateCommentCommand({ commentId: known.apiComment, content: undefined }),
      'CommentContentRequiredException',
    ],
    [new sdk.PostCommentReplyCommand({ inReplyTo: undefined, content: 'c' }), 'CommentIdRequiredException'],
    [
      new sdk.UpdatePullRequestApprovalRuleContentCommand({
        pullRequestId: known.api,
        approvalRuleName: 'x',
        newRuleContent: undefined,
      }),
      'ApprovalRuleContentRequiredException',
    ],
    [
      new sdk.UpdateApprovalRuleTemplateNameCommand({
        oldApprovalRuleTemplateName: 'one',
        newApprovalRuleTemplateName: undefined,
      }),
      'ApprovalRuleTemplateNameRequiredException',
    ],
    [
      new sdk.UpdateApprovalRuleTemplateContentCommand({
        approvalRuleTemplateName: 'one',
        newRuleContent: undefined,
      }),
      'ApprovalRuleTemplateContentRequiredException',
    ],
  ] as const
  for (const [command, name] of bare) expect(await outcome(admin, command)).toBe(name)
})

testWith('aws')('documented examples of AWS CLI', async () => {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    AWS_ACCESS_KEY_ID: adminKeys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: adminKeys.secretAccessKey,
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
  }
  const aws = async (command: string, ...args: string[]) => {
    const { stdout } = await run('aws', ['codecommit', command, ...args], { env })
    return stdout.trim() === '' ? {} : JSON.parse(stdout)
  }
  await aws(
    'create-approval-rule-template',
    ...['--approval-rule-template-name', '2-approver-rule-for-main'],
    ...['--approval-rule-template-description', 'Requires two developers from the team'],
    '--approval-rule-template-content',
    `{"Version": "2018-11-08","DestinationReferences": ["refs/heads/main"],"Statements": [{"Type": "Approvers","NumberOfApprovalsNeeded": 2,"ApprovalPoolMembers": ["arn:aws:sts::${ACCOUNT}:assumed-role/CodeCommitReview/*"]}]}`,
  )
  const linked = await aws(
    'batch-associate-approval-rule-template-with-repositories',
    ...['--repository-names', 'api', 'web'],
    ...['--approval-rule-template-name', '2-approver-rule-for-main'],
  )
  expect(linked).toEqual({ associatedRepositoryNames: ['api', 'web'], errors: [] })
  const { pullRequest } = await aws(
    'create-pull-request',
    ...['--title', 'My Pull Request', '--description', 'Please review these changes by Tuesday'],
    ...['--client-request-token', '123Example'],
    ...['--targets', 'repositoryName=api,sourceReference=feature'],
  )
  expect(pullRequest).toMatchObject({
    clientRequestToken: '123Example',
    pullRequestStatus: 'OPEN',
    approvalRules: [{ originApprovalRuleTemplate: { approvalRuleTemplateName: '2-approver-rule-for-main' } }],
    pullRequestTargets: [{ destinationReference: 'refs/heads/main' }],
  })
  const { pullRequestId, revisionId } = pullRequest
  const one = ['--pull-request-id', pullRequestId]
  const evaluation = await aws('evaluate-pull-request-approval-rules', ...one, '--revision-id', revisionId)
  expect(evaluation).toEqual({
    evaluation: {
      approved: false,
      overridden: false,
      approvalRulesSatisfied: [],
      approvalRulesNotSatisfied: ['2-approver-rule-for-main'],
    },
  })
  const posted = await aws(
    'post-comment-for-pull-request',
    ...[...one, '--repository-name', 'api', '--content', "These don't appear to be used anywhere."],
    ...['--before-commit-id', known.main ?? '', '--after-commit-id', known.tip ?? ''],
  )
  const { commentId } = posted.comment
  await aws('put-comment-reaction', '--comment-id', commentId, '--reaction-value', ':thumbsup:')
  const { reactionsForComment } = await aws('get-comment-reactions', '--comment-id', commentId)
  expect(reactionsForComment).toMatchObject([{ reaction: { emoji: '👍', unicode: 'U+1F44D' } }])
  await expect(aws('get-pull-request', '--pull-request-id', '999')).rejects.toMatchObject({
    stderr: expect.stringContaining(
      '(PullRequestDoesNotExistException) when calling the GetPullRequest operation',
    ),
  })
})
