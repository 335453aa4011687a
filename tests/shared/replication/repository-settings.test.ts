import * as cc from '@aws-sdk/client-codecommit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { CodeCommitAccess } from '../../../shared/codecommit/access.ts'
import { createGitClient } from '../../../shared/git/client.ts'
import { keepDefaultBranch } from '../../../shared/replication/default-branch.ts'
import type { Emit } from '../../../shared/replication/ports.ts'
import type { Target } from '../../../shared/replication/prove.ts'
import {
  createReplica,
  type SettingsParts,
  syncReplicas,
  syncSettings,
} from '../../../shared/replication/repository-settings.ts'
import { codeOf } from '../../../shared/runtime/errors.ts'
import {
  ACCOUNTS,
  counted,
  EXTERNAL_ID,
  openLog,
  openSettingsWorld,
  type SettingsWorld,
} from '../../support/settings-world.ts'

// Against the real local cloud, under the roles of the template and of docs/deploy.md.

let world: SettingsWorld
let replicate: CodeCommitAccess
let sweep: CodeCommitAccess
let keyArn: string
let home: cc.CodeCommitClient
let away: cc.CodeCommitClient

beforeAll(async () => {
  world = await openSettingsWorld()
  replicate = await world.accessAs('ReplicateRole')
  sweep = await world.accessAs('SweepRole')
  home = world.admin('us-east-1')
  away = world.admin('eu-west-1')
  keyArn = await world.makeKey('eu-west-1', 'alias/replicas')
  for (const [client, names] of [
    [home, ['two-for-main', 'only-here', 'later']],
    [away, ['two-for-main', 'later', 'own']],
    [world.admin('eu-west-1', 1), ['two-for-main']],
  ] as const) {
    for (const approvalRuleTemplateName of names) {
      await client.send(
        new cc.CreateApprovalRuleTemplateCommand({ approvalRuleTemplateName, approvalRuleTemplateContent }),
      )
    }
  }
}, 60_000)
afterAll(() => world?.close())

const approvalRuleTemplateContent = JSON.stringify({
  Version: '2018-11-08',
  Statements: [{ Type: 'Approvers', NumberOfApprovalsNeeded: 2 }],
})

let told: { detailType: string; detail: unknown }[]
let lines: ReturnType<typeof openLog>['lines']
let log: ReturnType<typeof openLog>['log']
beforeEach(() => {
  told = []
  ;({ lines, log } = openLog())
})
const emit: Emit = async (detailType, detail) => void told.push({ detailType, detail })

const partsWith = (access: SettingsParts['access'], ruleTags: string[] = []): SettingsParts => ({
  access,
  settings: world.store,
  emit,
  ruleTags,
  log,
})

const source = (name: string) => ({ account: ACCOUNTS[0], region: 'us-east-1', name })
const target = (name: string, more: Partial<Target> = {}): Target => ({
  repository: source(name),
  replica: { ...source(name), region: 'eu-west-1' },
  deletes: 'mirror',
  ...more,
})

const put = async (client: cc.CodeCommitClient, name: string, branch: string, path: string, text: string) => {
  const { branch: found } = await client
    .send(new cc.GetBranchCommand({ repositoryName: name, branchName: branch }))
    .catch(() => ({ branch: undefined }))
  await client.send(
    new cc.PutFileCommand({
      repositoryName: name,
      branchName: branch,
      filePath: path,
      fileContent: Buffer.from(text),
      ...(found && { parentCommitId: found.commitId }),
    }),
  )
}

const branch = async (
  client: cc.CodeCommitClient,
  repositoryName: string,
  branchName: string,
  from = 'main',
) => {
  const { branch: found } = await client.send(new cc.GetBranchCommand({ repositoryName, branchName: from }))
  await client.send(new cc.CreateBranchCommand({ repositoryName, branchName, commitId: found!.commitId! }))
}

const makeSource = async (name: string, more: Partial<cc.CreateRepositoryInput> = {}) => {
  await home.send(new cc.CreateRepositoryCommand({ repositoryName: name, ...more }))
  await put(home, name, 'main', 'README.md', 'hello')
}

const link = (client: cc.CodeCommitClient, repositoryName: string, approvalRuleTemplateName: string) =>
  client.send(
    new cc.AssociateApprovalRuleTemplateWithRepositoryCommand({ repositoryName, approvalRuleTemplateName }),
  )

/** What an administrator finds. */
const found = async (client: cc.CodeCommitClient, name: string) => {
  const { repositoryMetadata: about = {} } = await client.send(
    new cc.GetRepositoryCommand({ repositoryName: name }),
  )
  const { tags } = await client.send(new cc.ListTagsForResourceCommand({ resourceArn: about.Arn }))
  const { approvalRuleTemplateNames: templates } = await client.send(
    new cc.ListAssociatedApprovalRuleTemplatesForRepositoryCommand({ repositoryName: name }),
  )
  return {
    description: about.repositoryDescription,
    defaultBranch: about.defaultBranch,
    key: about.kmsKeyId,
    tags,
    templates,
  }
}

const warnings = () => lines.filter(({ level }) => level === 'warn').map(({ facts }) => facts)

describe('a missing replica', () => {
  test('is made with description, tags, key and the templates that there are', async () => {
    await makeSource('orders', {
      repositoryDescription: 'apples & pears',
      tags: { team: 'fruit', frozen: '', 'relay:replicate-to': 'eu-west-1', mirror: 'eu-west-1' },
    })
    await link(home, 'orders', 'two-for-main')
    await link(home, 'orders', 'only-here')
    const parts = partsWith(replicate, ['mirror'])
    expect(await createReplica(parts, target('orders', { kmsKey: 'alias/replicas' }))).toBe('created')
    expect(await found(away, 'orders')).toEqual({
      description: 'apples & pears',
      defaultBranch: undefined,
      key: keyArn,
      tags: { team: 'fruit', frozen: '' },
      templates: ['two-for-main'],
    })
    expect(warnings()).toEqual([expect.objectContaining({ part: 'templates', template: 'only-here' })])
    // once more: nothing to do, and said already
    expect(await createReplica(parts, target('orders'))).toBe('present')
    expect(warnings()).toHaveLength(1)
  })

  test('is not made under a key that the role may not use; the failure names the key and what it takes', async () => {
    await makeSource('secret')
    await world.makeKey('eu-west-1', 'alias/not-ours')
    const failure = await createReplica(
      partsWith(replicate),
      target('secret', { kmsKey: 'alias/not-ours' }),
    ).catch((error: unknown) => error)
    expect(codeOf(failure)).toBe('KEY_REFUSED')
    expect(failure).toMatchObject({
      data: {
        key: 'alias/not-ours',
        aws: 'EncryptionKeyAccessDeniedException',
        needs: expect.stringContaining('kms:GenerateDataKey*'),
      },
    })
    const none = createReplica(partsWith(replicate), target('secret', { kmsKey: 'alias/none' }))
    expect(codeOf(await none.catch((error: unknown) => error))).toBe('KEY_REFUSED')
    await expect(found(away, 'secret')).rejects.toThrow(/does not exist/)
  })

  test('without a source is not made', async () => {
    const failure = await createReplica(partsWith(replicate), target('none')).catch((error: unknown) => error)
    expect(codeOf(failure)).toBe('SOURCE_MISSING')
  })
})

describe('in step', () => {
  test('description, tags, default branch and links follow; what is the replica’s own stays; seven calls when nothing differs', async () => {
    await makeSource('web', { repositoryDescription: 'shop', tags: { team: 'fruit', tier: '1' } })
    await link(home, 'web', 'two-for-main')
    const web = target('web')
    await createReplica(partsWith(replicate), web)
    await put(away, 'web', 'main', 'README.md', 'hello')
    await branch(away, 'web', 'next')
    const resourceArn = (await away.send(new cc.GetRepositoryCommand({ repositoryName: 'web' })))
      .repositoryMetadata!.Arn!
    await away.send(new cc.TagResourceCommand({ resourceArn, tags: { backup: 'daily', team: 'nuts' } }))
    await link(away, 'web', 'own')

    const homeArn = resourceArn.replace('eu-west-1', 'us-east-1')
    await home.send(new cc.UntagResourceCommand({ resourceArn: homeArn, tagKeys: ['tier'] }))
    await home.send(
      new cc.UpdateRepositoryDescriptionCommand({ repositoryName: 'web', repositoryDescription: 'store' }),
    )
    await home.send(
      new cc.DisassociateApprovalRuleTemplateFromRepositoryCommand({
        repositoryName: 'web',
        approvalRuleTemplateName: 'two-for-main',
      }),
    )
    await link(home, 'web', 'later')
    await branch(home, 'web', 'next')
    // no ref moves by this
    await home.send(new cc.UpdateDefaultBranchCommand({ repositoryName: 'web', defaultBranchName: 'next' }))

    const { done, problems } = await syncSettings(partsWith(sweep), web)
    expect(problems).toEqual([])
    expect(done.map(({ kind }) => kind)).toEqual([
      'description',
      'default-branch',
      'untag',
      'tag',
      'unlink',
      'link',
    ])
    expect(await found(away, 'web')).toMatchObject({
      description: 'store',
      defaultBranch: 'next',
      tags: { team: 'fruit', backup: 'daily' },
      templates: ['later', 'own'],
    })

    const { access, calls } = counted(sweep)
    const { access: settings, calls: remembered } = counted(world.store)
    const parts = { ...partsWith(access), settings }
    expect(await syncSettings(parts, web)).toEqual({ kind: 'synced', done: [], problems: [] })
    expect(calls).toHaveLength(7)
    expect(remembered).toEqual(['get'])
    // further replicas of the source cost three
    calls.length = 0
    await syncReplicas(partsWith(access), web.repository, [web, web])
    expect(calls).toHaveLength(10)
  })

  test('a side that is not there is said so', async () => {
    await makeSource('alone')
    expect(await syncSettings(partsWith(sweep), target('alone'))).toMatchObject({ kind: 'replica-missing' })
    expect(await syncSettings(partsWith(sweep), target('none'))).toMatchObject({ kind: 'source-missing' })
  })
})

describe('another account', () => {
  const shared: Target = target('shared', {
    replica: {
      account: ACCOUNTS[1],
      region: 'eu-west-1',
      name: 'shared',
      role: `arn:aws:iam::${ACCOUNTS[1]}:role/relay-replica`,
      externalId: EXTERNAL_ID,
    },
  })
  const theirs = () => world.admin('eu-west-1', 1)

  test('a role that may do less gives a replica with less, and one line for each thing it lacks', async () => {
    await world.allowOther([
      'codecommit:CreateRepository',
      'codecommit:GetRepository',
      'codecommit:GitPush',
      'codecommit:UpdateDefaultBranch',
    ])
    await makeSource('shared', { repositoryDescription: 'ours', tags: { team: 'fruit', tier: '1' } })
    await link(home, 'shared', 'two-for-main')
    expect(await createReplica(partsWith(replicate), shared)).toBe('created')
    await home.send(
      new cc.UpdateRepositoryDescriptionCommand({ repositoryName: 'shared', repositoryDescription: 'all' }),
    )
    const lacks = [
      'codecommit:ListTagsForResource',
      'codecommit:ListAssociatedApprovalRuleTemplatesForRepository',
      'codecommit:UpdateRepositoryDescription',
    ]
    const { problems } = await syncSettings(partsWith(sweep), shared)
    expect(problems).toHaveLength(3)
    expect(warnings().map(({ allow }) => allow)).toEqual(lacks)
    await syncSettings(partsWith(sweep), shared)
    expect(warnings()).toHaveLength(3)
  })

  test('through the role that docs/deploy.md describes everything follows', async () => {
    await world.allowOther()
    expect((await syncSettings(partsWith(sweep), shared)).problems).toEqual([])
    expect(await found(theirs(), 'shared')).toMatchObject({
      description: 'all',
      tags: { team: 'fruit', tier: '1' },
      templates: ['two-for-main'],
    })
    const resourceArn = `arn:aws:codecommit:us-east-1:${ACCOUNTS[0]}:shared`
    await home.send(new cc.UntagResourceCommand({ resourceArn, tagKeys: ['tier'] }))
    await home.send(
      new cc.DisassociateApprovalRuleTemplateFromRepositoryCommand({
        repositoryName: 'shared',
        approvalRuleTemplateName: 'two-for-main',
      }),
    )
    expect((await syncSettings(partsWith(sweep), shared)).problems).toEqual([])
    expect(await found(theirs(), 'shared')).toMatchObject({ tags: { team: 'fruit' }, templates: [] })
    expect(warnings()).toEqual([])
  })
})

describe('Git LFS', () => {
  const LFS = '*.psd filter=lfs diff=lfs merge=lfs -text\n'

  test('is told once for each replica, and again after it stopped and began again', async () => {
    await makeSource('art')
    const art = target('art')
    await createReplica(partsWith(replicate), art)
    await put(home, 'art', 'main', '.gitattributes', LFS)
    const { access, calls } = counted(sweep)
    for (let look = 0; look < 3; look += 1) await syncSettings(partsWith(access), art)
    expect(told).toEqual([
      {
        detailType: 'Replica Incomplete',
        detail: {
          repository: art.repository,
          replica: art.replica,
          cause: 'git-lfs',
          seenIn: '.gitattributes of main',
          nextStep: expect.stringContaining('git lfs fetch --all'),
        },
      },
    ])
    // the file is read once; then the tree's id says that nothing changed
    expect(calls.filter((name) => name === 'file')).toHaveLength(1)
    expect(calls.filter((name) => name === 'folder')).toHaveLength(3)

    await put(home, 'art', 'main', 'other', 'x')
    await syncSettings(partsWith(sweep), art)
    expect(told).toHaveLength(1)
    await put(home, 'art', 'main', '.gitattributes', `${LFS}*.psd -filter\n`)
    await syncSettings(partsWith(sweep), art)
    expect(told).toHaveLength(1)
    await put(home, 'art', 'main', '.gitattributes', `# again\n${LFS}`)
    await syncSettings(partsWith(sweep), art)
    expect(told).toHaveLength(2)
  })

  test('is seen in folders too, by macros of the root, when a replica is made; a failing bus is tried again', async () => {
    await makeSource('deep')
    await put(home, 'deep', 'main', '.gitattributes', '[attr]large filter=lfs -text\n*.c text\n')
    await put(home, 'deep', 'main', 'game/assets/.gitattributes', '*.bin large\n')
    const failing: SettingsParts = {
      ...partsWith(replicate),
      emit: async () => {
        throw new Error('no bus')
      },
    }
    expect(await createReplica(failing, target('deep'))).toBe('created')
    expect(told).toEqual([])
    await syncSettings(partsWith(sweep), target('deep'))
    expect(told.map(({ detail }) => (detail as { seenIn: string }).seenIn)).toEqual([
      'game/assets/.gitattributes of main',
    ])
  })
})

describe('the default branch', () => {
  const keeperOf = (name: string) => {
    const { access, calls } = counted(replicate)
    return { keeper: keepDefaultBranch({ git: createGitClient(), access, log }, target(name)), calls }
  }
  const defaultOf = async (name: string) => (await found(away, name)).defaultBranch

  test('moves before it is deleted: to the source’s, else to one that stays; back to the source’s once that is there', async () => {
    await makeSource('moves')
    await createReplica(partsWith(replicate), target('moves'))
    await put(away, 'moves', 'main', 'README.md', 'hello')
    for (const name of ['apples', 'pears']) await branch(away, 'moves', name)
    await branch(home, 'moves', 'trunk')
    await home.send(
      new cc.UpdateDefaultBranchCommand({ repositoryName: 'moves', defaultBranchName: 'trunk' }),
    )

    const { keeper, calls } = keeperOf('moves')
    await keeper.beforeDeletion(['refs/tags/v1'])
    expect(calls).toEqual([])
    await keeper.beforeDeletion(['refs/heads/pears', 'refs/tags/main'])
    expect(calls).toEqual(['describe'])
    expect(await defaultOf('moves')).toBe('main')
    await keeper.beforeDeletion(['refs/heads/main', 'refs/heads/apples'])
    expect(await defaultOf('moves')).toBe('pears')
    await keeper.afterCreation()
    expect(await defaultOf('moves')).toBe('pears')
    await branch(away, 'moves', 'trunk')
    await keeper.afterCreation()
    expect(await defaultOf('moves')).toBe('trunk')
    calls.length = 0
    await keeper.afterCreation()
    expect(calls).toEqual([])
    await keeper.beforeDeletion(['refs/heads/main'])
    expect(await defaultOf('moves')).toBe('trunk')
  })

  test('with none that stays, and in an empty replica, nothing is set', async () => {
    await makeSource('last')
    await createReplica(partsWith(replicate), target('last'))
    const { keeper, calls } = keeperOf('last')
    await keeper.beforeDeletion(['refs/heads/main'])
    await put(away, 'last', 'main', 'README.md', 'hello')
    expect(calls).not.toContain('setDefaultBranch')
  })

  test('where none stays a temporary one holds the place until the source’s is there, by rights that the role has', async () => {
    await makeSource('folder')
    await createReplica(partsWith(replicate), target('folder'))
    await put(away, 'folder', 'main', 'README.md', 'hello')
    await branch(home, 'folder', 'between')
    const become = (defaultBranchName: string) =>
      home.send(new cc.UpdateDefaultBranchCommand({ repositoryName: 'folder', defaultBranchName }))
    await become('between')
    await home.send(new cc.DeleteBranchCommand({ repositoryName: 'folder', branchName: 'main' }))
    await branch(home, 'folder', 'main/x', 'between')
    await become('main/x')
    const { keeper } = keeperOf('folder')
    const branches = async () =>
      (await away.send(new cc.ListBranchesCommand({ repositoryName: 'folder' }))).branches
    const tip = (await away.send(new cc.GetBranchCommand({ repositoryName: 'folder', branchName: 'main' })))
      .branch?.commitId
    await keeper.beforeDeletion(['refs/heads/main'])
    const temporary = `relay-temporary-default-${tip}`
    expect(await defaultOf('folder')).toBe(temporary)
    await away.send(new cc.DeleteBranchCommand({ repositoryName: 'folder', branchName: 'main' }))
    // the creation was refused, and the next plan would take the place away: another one would not help
    await keeper.beforeDeletion([`refs/heads/${temporary}`])
    expect(await branches()).toEqual([temporary])
    await keeper.afterCreation()
    expect(await defaultOf('folder')).toBe(temporary)
    await branch(away, 'folder', 'main/x', temporary)
    await keeper.afterCreation()
    expect(await defaultOf('folder')).toBe('main/x')
    expect(await branches()).toEqual(['main/x'])
  })

  test('who may not set it hears of it in the log, and the push goes on', async () => {
    await makeSource('theirs')
    const denied: CodeCommitAccess = {
      ...replicate,
      // a role that reads both sides and may do no more
      setDefaultBranch: (await world.accessAs('MirrorStoppedRole')).setDefaultBranch,
    }
    await createReplica(partsWith(replicate), target('theirs'))
    await put(away, 'theirs', 'next', 'README.md', 'hello')
    const keeper = keepDefaultBranch({ git: createGitClient(), access: denied, log }, target('theirs'))
    await keeper.afterCreation()
    expect(warnings()).toEqual([
      expect.objectContaining({ branch: 'main', allow: 'codecommit:UpdateDefaultBranch' }),
    ])
  })
})
