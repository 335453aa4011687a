import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ACCOUNT, REGION } from '../harness.ts'
import { type Orchard, startOrchard, template, user } from '../pull-requests/orchard.ts'

let cloud: Orchard
const ids: Record<string, string> = {}
beforeAll(async () => {
  cloud = await startOrchard({ limits: { approvalRuleTemplates: 6, templatesPerRepository: 2 } })
  for (const repositoryName of ['api', 'web', 'docs']) {
    const { repositoryMetadata } = await cloud.call('CreateRepository', { repositoryName })
    ids[repositoryName] = repositoryMetadata.repositoryId
  }
})
afterAll(() => cloud.end())

const arn = (name: string) => `arn:aws:codecommit:${REGION}:${ACCOUNT}:${name}`
const make = async (approvalRuleTemplateName: string, more: object = {}) =>
  (
    await cloud.call('CreateApprovalRuleTemplate', {
      approvalRuleTemplateName,
      approvalRuleTemplateContent: template(1),
      ...more,
    })
  ).approvalRuleTemplate
const named = (approvalRuleTemplateName: string, more: object = {}) => ({ approvalRuleTemplateName, ...more })
const events = (from: number) =>
  cloud.events.slice(from).map(({ resources, detail, ...rest }) => ({
    type: rest['detail-type'],
    resources,
    ...(detail as { event: string; repositories: object; approvalRuleTemplateName: string }),
  }))

test('a template is made, read, renamed, described, changed, linked and deleted; each is told', async () => {
  const from = cloud.events.length
  const content = `{ "Version":"2018-11-08", "Statements": [{"Type":"Approvers","NumberOfApprovalsNeeded":2}] }`
  const made = await make('two', {
    approvalRuleTemplateContent: content,
    approvalRuleTemplateDescription: 'Two of us.',
  })
  expect(made).toEqual({
    approvalRuleTemplateId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    approvalRuleTemplateName: 'two',
    approvalRuleTemplateDescription: 'Two of us.',
    approvalRuleTemplateContent: content.replaceAll(/ /g, ''),
    ruleContentSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    lastModifiedDate: expect.any(Date),
    creationDate: expect.any(Date),
    lastModifiedUser: cloud.olive.caller.arn,
  })
  expect(await cloud.call('GetApprovalRuleTemplate', named('two'))).toEqual({ approvalRuleTemplate: made })
  const renamed = await cloud.call(
    'UpdateApprovalRuleTemplateName',
    { oldApprovalRuleTemplateName: 'two', newApprovalRuleTemplateName: 'three' },
    user('dora'),
  )
  expect(renamed.approvalRuleTemplate).toMatchObject({
    approvalRuleTemplateId: made.approvalRuleTemplateId,
    approvalRuleTemplateName: 'three',
    lastModifiedUser: user('dora').arn,
  })
  expect(await cloud.refusal('GetApprovalRuleTemplate', named('two'))).toBe(
    'ApprovalRuleTemplateDoesNotExist',
  )
  const described = { approvalRuleTemplateDescription: '' }
  await cloud.call('UpdateApprovalRuleTemplateDescription', named('three', described))
  const changed = await cloud.call(
    'UpdateApprovalRuleTemplateContent',
    named('three', {
      newRuleContent: template(3, ['refs/heads/main']),
      existingRuleContentSha256: made.ruleContentSha256,
    }),
  )
  expect(changed.approvalRuleTemplate).toMatchObject({
    approvalRuleTemplateContent: template(3, ['refs/heads/main']),
    ...described,
  })
  const link = named('three', { repositoryName: 'api' })
  await cloud.call('AssociateApprovalRuleTemplateWithRepository', link)
  await cloud.call('AssociateApprovalRuleTemplateWithRepository', link)
  expect(await cloud.refusal('DeleteApprovalRuleTemplate', named('three'))).toBe('ApprovalRuleTemplateInUse')
  await cloud.call('DisassociateApprovalRuleTemplateFromRepository', link)
  await cloud.call('DisassociateApprovalRuleTemplateFromRepository', link)
  const deleted = await cloud.call('DeleteApprovalRuleTemplate', named('three'))
  expect(deleted).toEqual({ approvalRuleTemplateId: made.approvalRuleTemplateId })
  expect(await cloud.call('DeleteApprovalRuleTemplate', named('three'))).toEqual({
    approvalRuleTemplateId: undefined,
  })
  const sha = changed.approvalRuleTemplate.ruleContentSha256
  const one = { resources: [arn('api')], repositories: { api: ids.api } }
  const none = { resources: [], repositories: {} }
  expect(events(from)).toMatchObject([
    { event: 'approvalRuleTemplateCreated', approvalRuleTemplateName: 'two', ...none },
    { event: 'approvalRuleTemplateUpdated', callerUserArn: user('dora').arn, ...none },
    { event: 'approvalRuleTemplateUpdated', approvalRuleTemplateName: 'three', ...none },
    { event: 'approvalRuleTemplateUpdated', approvalRuleTemplateContentSha256: sha, ...none },
    { event: 'approvalRuleTemplateAssociatedWithRepository', ...one },
    { event: 'approvalRuleTemplateDisassociatedFromRepository', ...one },
    { event: 'approvalRuleTemplateDeleted', ...none },
  ])
  const { type, ...first } = events(from)[0] ?? { type: '' }
  expect(type).toBe('CodeCommit Approval Rule Template Change')
  expect(first).toEqual({
    resources: [],
    event: 'approvalRuleTemplateCreated',
    approvalRuleTemplateId: made.approvalRuleTemplateId,
    approvalRuleTemplateName: 'two',
    approvalRuleTemplateContentSha256: made.ruleContentSha256,
    callerUserArn: cloud.olive.caller.arn,
    creationDate: expect.stringMatching(/ UTC \d{4}$/),
    lastModifiedDate: expect.stringMatching(/ UTC \d{4}$/),
    notificationBody: expect.stringMatching(
      /created: two\. .* https:\/\/eu-west-1\.console\.aws\.amazon\.com\//,
    ),
    repositories: {},
  })
})

test('several repositories at once: one event, and each problem by its name', async () => {
  await make('batch')
  const from = cloud.events.length
  const input = named('batch', { repositoryNames: ['api', 'web', 'none', 'a b', 'api'] })
  expect(await cloud.call('BatchAssociateApprovalRuleTemplateWithRepositories', input)).toEqual({
    associatedRepositoryNames: ['api', 'web'],
    errors: [
      {
        repositoryName: 'none',
        errorCode: 'RepositoryDoesNotExistException',
        errorMessage: 'none does not exist',
      },
      {
        repositoryName: 'a b',
        errorCode: 'InvalidRepositoryNameException',
        errorMessage: expect.any(String),
      },
    ],
  })
  const empty = named('batch', { repositoryNames: [] })
  expect(await cloud.call('BatchAssociateApprovalRuleTemplateWithRepositories', empty)).toEqual({
    associatedRepositoryNames: [],
    errors: [],
  })
  const list = await cloud.call('ListRepositoriesForApprovalRuleTemplate', named('batch'))
  expect(list).toEqual({ repositoryNames: ['api', 'web'] })
  expect(await cloud.call('BatchDisassociateApprovalRuleTemplateFromRepositories', input)).toMatchObject({
    disassociatedRepositoryNames: ['api', 'web'],
    errors: [{ repositoryName: 'none' }, { repositoryName: 'a b' }],
  })
  const both = {
    resources: [arn('api'), arn('web')],
    repositories: { api: ids.api, web: ids.web },
  }
  expect(events(from)).toMatchObject([
    { event: 'batchAssociateApprovalRuleTemplateWithRepositories', ...both },
    { event: 'batchDisassociateApprovalRuleTemplateFromRepositories', ...both },
  ])
})

test('lists, page by page, under present names; a deleted repository is not in the way', async () => {
  for (const name of ['b', 'c', 'a']) await make(name)
  const names = async (more: object) => cloud.call('ListApprovalRuleTemplates', more)
  expect((await names({})).approvalRuleTemplateNames).toEqual(['a', 'b', 'batch', 'c'])
  const page = await names({ maxResults: 3 })
  expect(page.approvalRuleTemplateNames).toEqual(['a', 'b', 'batch'])
  expect(await names({ maxResults: 3, nextToken: page.nextToken })).toEqual({
    approvalRuleTemplateNames: ['c'],
  })
  const link = (name: string) =>
    cloud.call('AssociateApprovalRuleTemplateWithRepository', named(name, { repositoryName: 'docs' }))
  await link('a')
  await link('b')
  await expect(link('c')).rejects.toMatchObject({
    code: 'MaximumRuleTemplatesAssociatedWithRepositoryException',
  })
  const third = named('c', { repositoryNames: ['docs'] })
  expect(await cloud.call('BatchAssociateApprovalRuleTemplateWithRepositories', third)).toMatchObject({
    associatedRepositoryNames: [],
    errors: [{ repositoryName: 'docs', errorCode: 'MaximumRuleTemplatesAssociatedWithRepositoryException' }],
  })
  const associated = await cloud.call('ListAssociatedApprovalRuleTemplatesForRepository', {
    repositoryName: 'docs',
  })
  expect(associated).toEqual({ approvalRuleTemplateNames: ['a', 'b'] })
  await cloud.call('UpdateRepositoryName', { oldName: 'docs', newName: 'papers' })
  const renamed = await cloud.call('ListRepositoriesForApprovalRuleTemplate', named('a'))
  expect(renamed.repositoryNames).toEqual(['papers'])
  await cloud.call('DeleteRepository', { repositoryName: 'papers' })
  const gone = await cloud.call('ListRepositoriesForApprovalRuleTemplate', named('a'))
  expect(gone.repositoryNames).toEqual([])
  await cloud.call('DeleteApprovalRuleTemplate', named('a'))
})

test('are apart by region and account; one too many is refused', async () => {
  const input = named('b', { approvalRuleTemplateContent: template(1) })
  await cloud.call('CreateApprovalRuleTemplate', input, cloud.omar.caller)
  await cloud.call('CreateApprovalRuleTemplate', input, cloud.olive.caller, 'us-east-1')
  const elsewhere = await cloud.call('ListApprovalRuleTemplates', {}, cloud.olive.caller, 'us-east-1')
  expect(elsewhere.approvalRuleTemplateNames).toEqual(['b'])
  for (const name of ['d', 'e', 'f']) await make(name)
  await expect(make('g')).rejects.toMatchObject({ code: 'NumberOfRuleTemplatesExceededException' })
})
