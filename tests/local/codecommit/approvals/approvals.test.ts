import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { ACCOUNT } from '../harness.ts'
import {
  type Orchard,
  type Repo,
  rule,
  session,
  startOrchard,
  template,
  user,
} from '../pull-requests/orchard.ts'

let cloud: Orchard
let repo: Repo
let pullRequestId: string
let revisionId: string
let count = 0
beforeAll(async () => {
  cloud = await startOrchard({ limits: { approvalsPerPullRequest: 3 } })
})
afterAll(() => cloud.end())
beforeEach(async () => {
  count += 1
  repo = await cloud.repo(`orchard-${count}`)
  await repo.commit('feature')
  const opened = await repo.open('feature')
  pullRequestId = opened.pullRequestId
  revisionId = opened.revisionId
  cloud.told()
})

const sha = (text: string) => createHash('sha256').update(text).digest('hex')
const addRule = async (approvalRuleName: string, approvalRuleContent: string) =>
  (
    await cloud.call('CreatePullRequestApprovalRule', {
      pullRequestId,
      approvalRuleName,
      approvalRuleContent,
    })
  ).approvalRule
const approve = (caller: ReturnType<typeof user>, approvalState = 'APPROVE', revision = revisionId) =>
  cloud.call('UpdatePullRequestApprovalState', { pullRequestId, revisionId: revision, approvalState }, caller)
const evaluation = async (revision = revisionId) =>
  (await cloud.call('EvaluatePullRequestApprovalRules', { pullRequestId, revisionId: revision })).evaluation
const approvals = async (revision = revisionId) =>
  (await cloud.call('GetPullRequestApprovalStates', { pullRequestId, revisionId: revision })).approvals.map(
    ({ userArn }: { userArn: string }) => userArn,
  )
const override = (overrideStatus: string, revision = revisionId) =>
  cloud.call('OverridePullRequestApprovalRules', { pullRequestId, revisionId: revision, overrideStatus })
const overrideState = (revision = revisionId) =>
  cloud.call('GetPullRequestOverrideState', { pullRequestId, revisionId: revision })
const get = async () => (await cloud.call('GetPullRequest', { pullRequestId })).pullRequest

test('a rule is made, changed under its lock, and deleted; each is told', async () => {
  const made = await addRule('two seniors', ` ${rule(2)} `)
  expect(made).toEqual({
    approvalRuleId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    approvalRuleName: 'two seniors',
    approvalRuleContent: rule(2),
    ruleContentSha256: sha(rule(2)),
    lastModifiedDate: expect.any(Date),
    creationDate: expect.any(Date),
    lastModifiedUser: cloud.olive.caller.arn,
  })
  expect((await get()).approvalRules).toEqual([made])
  const input = {
    pullRequestId,
    approvalRuleName: 'two seniors',
    existingRuleContentSha256: made.ruleContentSha256,
    newRuleContent: rule(1),
  }
  const changed = await cloud.call('UpdatePullRequestApprovalRuleContent', input, user('dora'))
  expect(changed.approvalRule).toMatchObject({
    approvalRuleId: made.approvalRuleId,
    approvalRuleContent: rule(1),
    lastModifiedUser: user('dora').arn,
  })
  // the lock is the content of before
  expect(await cloud.refusal('UpdatePullRequestApprovalRuleContent', input)).toBe('InvalidRuleContentSha256')
  const name = { pullRequestId, approvalRuleName: 'two seniors' }
  expect(await cloud.call('DeletePullRequestApprovalRule', name)).toEqual({
    approvalRuleId: made.approvalRuleId,
  })
  expect(await cloud.call('DeletePullRequestApprovalRule', name)).toEqual({ approvalRuleId: undefined })
  const facts = { approvalRuleId: made.approvalRuleId, approvalRuleName: 'two seniors', pullRequestId }
  expect(cloud.told()).toMatchObject([
    { event: 'pullRequestApprovalRuleCreated', approvalRuleContentSha256: sha(rule(2)), ...facts },
    {
      event: 'pullRequestApprovalRuleUpdated',
      approvalRuleContentSha256: sha(rule(1)),
      callerUserArn: user('dora').arn,
      ...facts,
    },
    { event: 'pullRequestApprovalRuleDeleted', approvalRuleContentSha256: sha(rule(1)), ...facts },
  ])
  const events = await cloud.call('DescribePullRequestEvents', { pullRequestId })
  expect(events.pullRequestEvents.slice(1)).toMatchObject([
    {
      pullRequestEventType: 'PULL_REQUEST_APPROVAL_RULE_CREATED',
      approvalRuleEventMetadata: {
        approvalRuleName: 'two seniors',
        approvalRuleId: made.approvalRuleId,
        approvalRuleContent: rule(2),
      },
    },
    { pullRequestEventType: 'PULL_REQUEST_APPROVAL_RULE_UPDATED' },
    { pullRequestEventType: 'PULL_REQUEST_APPROVAL_RULE_DELETED' },
  ])
  expect((await get()).revisionId).toBe(revisionId)
})

test('approvals count for those in the pool, once each, and can be taken back', async () => {
  await addRule('anybody', rule(1))
  await addRule('reviewers', rule(2, [`CodeCommitApprovers:${ACCOUNT}:Reviewers/*`]))
  expect(await evaluation()).toEqual({
    approved: false,
    overridden: false,
    approvalRulesSatisfied: [],
    approvalRulesNotSatisfied: ['anybody', 'reviewers'],
  })
  const [ann, bob] = [session('Reviewers', 'ann'), session('Reviewers', 'bob')]
  cloud.told()
  await approve(ann)
  await approve(ann)
  expect(cloud.told()).toMatchObject([
    {
      event: 'pullRequestApprovalStateChanged',
      approvalStatus: 'APPROVE',
      callerUserArn: ann.arn,
      author: cloud.olive.caller.arn,
      revisionId,
    },
  ])
  expect(await approvals()).toEqual([ann.arn])
  expect(await evaluation()).toMatchObject({ approved: false, approvalRulesNotSatisfied: ['reviewers'] })
  await approve(bob)
  expect(await evaluation()).toMatchObject({ approved: true, approvalRulesNotSatisfied: [] })
  await approve(ann, 'REVOKE')
  expect(await approvals()).toEqual([bob.arn])
  expect(await evaluation()).toMatchObject({ approved: false })
  expect(cloud.told('pullRequestApprovalStateChanged').at(-1)).toMatchObject({ approvalStatus: 'REVOKE' })
  const events = await cloud.call('DescribePullRequestEvents', {
    pullRequestId,
    pullRequestEventType: 'PULL_REQUEST_APPROVAL_STATE_CHANGED',
  })
  expect(events.pullRequestEvents.at(-1)).toMatchObject({
    actorArn: ann.arn,
    approvalStateChangedEventMetadata: { revisionId, approvalStatus: 'REVOKE' },
  })
})

test('a new commit begins without approvals and override; what was said of the old revision stays readable', async () => {
  await addRule('one', rule(1))
  await approve(user('ann'))
  await override('OVERRIDE')
  await repo.commit('feature')
  const now = (await get()).revisionId
  expect(await evaluation(now)).toMatchObject({ approved: false, overridden: false })
  expect(await approvals(now)).toEqual([])
  expect(await approvals(revisionId)).toEqual([user('ann').arn])
  expect(await overrideState(now)).toEqual({ overridden: false })
  expect(await overrideState(revisionId)).toEqual({ overridden: true, overrider: cloud.olive.caller.arn })
  for (const outdated of [approve(user('bob')), override('REVOKE'), evaluation()]) {
    await expect(outdated).rejects.toMatchObject({ code: 'RevisionNotCurrentException' })
  }
})

test('an override sets all rules aside until it is taken back', async () => {
  await addRule('many', rule(9))
  cloud.told()
  await override('OVERRIDE')
  expect(await evaluation()).toEqual({
    approved: true,
    overridden: true,
    approvalRulesSatisfied: [],
    approvalRulesNotSatisfied: ['many'],
  })
  await expect(override('OVERRIDE')).rejects.toMatchObject({ code: 'OverrideAlreadySetException' })
  await override('REVOKE')
  await override('REVOKE')
  expect(await evaluation()).toMatchObject({ approved: false, overridden: false })
  expect(await overrideState()).toEqual({ overridden: false })
  expect(cloud.told()).toMatchObject([
    { event: 'pullRequestApprovalRuleOverridden', overrideStatus: 'OVERRIDE', revisionId },
    { event: 'pullRequestApprovalRuleOverridden', overrideStatus: 'REVOKE', revisionId },
  ])
})

test('the author cannot approve, another session of the same role can; one approval too many is refused', async () => {
  const author = session('Builder', 'nina')
  const opened = await repo.open('feature', {}, author)
  const state = {
    pullRequestId: opened.pullRequestId,
    revisionId: opened.revisionId,
    approvalState: 'APPROVE',
  }
  expect(await cloud.refusal('UpdatePullRequestApprovalState', state, author)).toBe(
    'PullRequestCannotBeApprovedByAuthor',
  )
  for (const name of ['a', 'b', 'c']) {
    await cloud.call('UpdatePullRequestApprovalState', state, session('Builder', name))
  }
  expect(await cloud.refusal('UpdatePullRequestApprovalState', state, user('d'))).toBe(
    'MaximumNumberOfApprovalsExceeded',
  )
  // who has approved already is not one too many
  await cloud.call('UpdatePullRequestApprovalState', state, session('Builder', 'a'))
})

test('nothing is approved, overridden or ruled once it is closed; it can still be looked at', async () => {
  await addRule('one', rule(1))
  await approve(user('ann'))
  await cloud.call('UpdatePullRequestStatus', { pullRequestId, pullRequestStatus: 'CLOSED' })
  for (const late of [approve(user('bob')), override('OVERRIDE'), addRule('two', rule(1))]) {
    await expect(late).rejects.toMatchObject({ code: 'PullRequestAlreadyClosedException' })
  }
  expect(await approvals()).toEqual([user('ann').arn])
  expect(await evaluation()).toMatchObject({ approved: true })
})

test('templates become rules when a pull request is made, and leave it alone after that', async () => {
  const name = (base: string) => `${base}-${count}`
  const repositoryName = repo.name
  const make = async (base: string, content: string) => {
    const approvalRuleTemplateName = name(base)
    const input = { approvalRuleTemplateName, approvalRuleTemplateContent: content }
    const made = (await cloud.call('CreateApprovalRuleTemplate', input, user('dora'))).approvalRuleTemplate
    await cloud.call('AssociateApprovalRuleTemplateWithRepository', {
      approvalRuleTemplateName,
      repositoryName,
    })
    return made
  }
  const main = await make('main', template(1, ['refs/heads/main']))
  await make('releases', template(2, ['refs/heads/release/*']))
  await make('all', template(3))
  cloud.told()
  const opened = await repo.open('feature')
  // no events of rules
  expect(cloud.told().map(({ event }) => event)).toEqual(['pullRequestCreated'])
  expect(opened.approvalRules.map((one: { approvalRuleName: string }) => one.approvalRuleName)).toEqual([
    name('all'),
    name('main'),
  ])
  expect(opened.approvalRules[1]).toEqual({
    approvalRuleId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    approvalRuleName: name('main'),
    approvalRuleContent: template(1, ['refs/heads/main']),
    ruleContentSha256: main.ruleContentSha256,
    lastModifiedDate: expect.any(Date),
    creationDate: expect.any(Date),
    lastModifiedUser: user('dora').arn,
    originApprovalRuleTemplate: {
      approvalRuleTemplateId: main.approvalRuleTemplateId,
      approvalRuleTemplateName: name('main'),
    },
  })
  const rows = [
    [
      'UpdatePullRequestApprovalRuleContent',
      { newRuleContent: rule(1) },
      'CannotModifyApprovalRuleFromTemplate',
    ],
    ['DeletePullRequestApprovalRule', {}, 'CannotDeleteApprovalRuleFromTemplate'],
  ] as const
  for (const [operation, more, error] of rows) {
    const input = { pullRequestId: opened.pullRequestId, approvalRuleName: name('main'), ...more }
    expect(await cloud.refusal(operation, input)).toBe(error)
  }
  // the one from before the templates has none
  expect((await get()).approvalRules).toEqual([])
  const link = { approvalRuleTemplateName: name('main'), repositoryName }
  await cloud.call('UpdateApprovalRuleTemplateContent', {
    approvalRuleTemplateName: name('main'),
    newRuleContent: template(7),
  })
  await cloud.call('DisassociateApprovalRuleTemplateFromRepository', link)
  await cloud.call('DeleteApprovalRuleTemplate', link)
  const again = await cloud.call('GetPullRequest', { pullRequestId: opened.pullRequestId })
  expect(again.pullRequest.approvalRules).toEqual(opened.approvalRules)
})
