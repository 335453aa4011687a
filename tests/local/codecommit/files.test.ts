import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fsck, gitIn, importCommits } from './fast-import.ts'
import { ACCOUNT, type Harness, REGION, startHarness } from './harness.ts'

let cloud: Harness
const bytes = (text: string) => Buffer.from(text)
const directory = (repositoryName: string) => cloud.directory(repositoryName)
const fresh = async (repositoryName: string) => {
  await cloud.call('CreateRepository', { repositoryName })
  return { repositoryName, branchName: 'main' }
}
const tipOf = async (repositoryName: string, branchName = 'main'): Promise<string> =>
  (await cloud.call('GetBranch', { repositoryName, branchName })).branch.commitId
const listing = (repositoryName: string, at = 'main') =>
  gitIn(directory(repositoryName), ['ls-tree', '-r', at]).split('\n').filter(Boolean)
const code = (name: string) => ({ code: `${name}Exception`, status: 400 })

beforeAll(async () => {
  cloud = await startHarness()
})
afterAll(() => cloud.stop())

describe('PutFile', () => {
  test('makes the first branch the default one, then adds, replaces and changes modes; git finds nothing wrong', async () => {
    const where = { ...(await fresh('put')), branchName: 'trunk' }
    cloud.events.length = 0
    const first = await cloud.call('PutFile', {
      ...where,
      filePath: '/docs/a b.md',
      fileContent: bytes('one\n'),
      name: 'Maria <García>\n',
      email: 'maria@example.com',
      commitMessage: 'first',
    })
    expect(first.blobId).toBe(gitIn(directory('put'), ['hash-object', '--stdin'], 'one\n'))
    expect((await cloud.call('GetRepository', where)).repositoryMetadata.defaultBranch).toBe('trunk')
    const { commit } = await cloud.call('GetCommit', { ...where, commitId: first.commitId })
    const who = {
      name: 'Maria  García',
      email: 'maria@example.com',
      date: expect.stringMatching(/^\d{10} \+0000$/),
    }
    expect(commit).toEqual({
      commitId: first.commitId,
      treeId: first.treeId,
      parents: [],
      message: 'first',
      author: who,
      committer: who,
      additionalData: '',
    })
    const second = await cloud.call('PutFile', {
      ...where,
      filePath: 'docs/a b.md',
      fileContent: bytes('one\n'),
      fileMode: 'EXECUTABLE',
      parentCommitId: first.commitId,
    })
    const third = await cloud.call('PutFile', {
      ...where,
      filePath: 'link',
      fileContent: bytes('docs/a b.md'),
      fileMode: 'SYMLINK',
      parentCommitId: second.commitId,
    })
    expect(listing('put', 'trunk')).toEqual([
      `100755 blob ${first.blobId}\tdocs/a b.md`,
      `120000 blob ${third.blobId}\tlink`,
    ])
    const last = (await cloud.call('GetCommit', { ...where, commitId: third.commitId })).commit
    expect(last).toMatchObject({
      parents: [second.commitId],
      message: 'Added link',
      author: { name: cloud.olive.caller.arn, email: '' },
    })
    expect(fsck(directory('put'))).toBe('')
    const events = cloud.events.map(({ detail }) => detail as Record<string, string>)
    expect(
      events.map((detail) => [detail.event, detail.referenceFullName, detail.commitId, detail.oldCommitId]),
    ).toEqual([
      ['referenceCreated', 'refs/heads/trunk', first.commitId, undefined],
      ['referenceUpdated', 'refs/heads/trunk', second.commitId, first.commitId],
      ['referenceUpdated', 'refs/heads/trunk', third.commitId, second.commitId],
    ])
  })

  test('of two at once one wins, the other has an old parent', async () => {
    const where = await fresh('race')
    const put = (filePath: string, parentCommitId?: string) =>
      cloud.call('PutFile', { ...where, filePath, fileContent: bytes(filePath), parentCommitId })
    const firsts = await Promise.allSettled(['a', 'b', 'c'].map((path) => put(path)))
    const won = firsts.filter(({ status }) => status === 'fulfilled')
    expect(won).toHaveLength(1)
    for (const result of firsts) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject(code('ParentCommitIdRequired'))
    }
    const parent = await tipOf('race')
    const seconds = await Promise.allSettled(['d', 'e', 'f'].map((path) => put(path, parent)))
    expect(seconds.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of seconds) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject(code('ParentCommitIdOutdated'))
    }
    expect(fsck(directory('race'))).toBe('')
  })
})

describe('CreateCommit', () => {
  test('does everything at once, as one commit', async () => {
    const where = await fresh('commit')
    const first = await cloud.call('CreateCommit', {
      ...where,
      putFiles: [
        { filePath: 'file1.py', fileContent: bytes('1') },
        { filePath: 'old/only.txt', fileContent: bytes('only') },
        { filePath: 'pictures/picture.png', fileContent: bytes('png'), fileMode: 'EXECUTABLE' },
        { filePath: 'ExampleSolution.py', fileContent: bytes('x') },
        { filePath: 'same', fileContent: bytes('same') },
        { filePath: 'empty', fileContent: Buffer.alloc(0) },
      ],
    })
    expect(first.filesAdded).toHaveLength(6)
    expect(first.filesAdded[2]).toEqual({
      absolutePath: 'pictures/picture.png',
      blobId: expect.stringMatching(/^[0-9a-f]{40}$/),
      fileMode: 'EXECUTABLE',
    })
    const second = await cloud.call('CreateCommit', {
      ...where,
      parentCommitId: first.commitId,
      authorName: 'Saanvi Sarkar',
      email: 'saanvi@example.com',
      commitMessage: 'several',
      keepEmptyFolders: true,
      putFiles: [
        { filePath: 'file1.py', fileContent: bytes('2') },
        { filePath: 'images/image1.png', sourceFile: { filePath: 'pictures/picture.png', isMove: true } },
        { filePath: 'copy', fileMode: 'NORMAL', sourceFile: { filePath: 'pictures/picture.png' } },
        { filePath: 'same', fileContent: bytes('same') },
        // in the place of a file that goes in the same commit
        { filePath: 'ExampleSolution.py/now/a/folder', fileContent: bytes('f') },
      ],
      deleteFiles: [{ filePath: 'ExampleSolution.py' }, { filePath: 'old/only.txt' }],
      setFileModes: [{ filePath: 'empty', fileMode: 'EXECUTABLE' }],
    })
    const paths = (files: { absolutePath: string; fileMode: string }[]) =>
      files.map(({ absolutePath, fileMode }) => `${absolutePath} ${fileMode}`)
    expect(paths(second.filesAdded)).toEqual([
      'images/image1.png EXECUTABLE',
      'copy NORMAL',
      'ExampleSolution.py/now/a/folder NORMAL',
      'old/.gitkeep NORMAL',
      'pictures/.gitkeep NORMAL',
    ])
    expect(paths(second.filesUpdated)).toEqual(['file1.py NORMAL', 'empty EXECUTABLE'])
    expect(paths(second.filesDeleted)).toEqual([
      'ExampleSolution.py NORMAL',
      'old/only.txt NORMAL',
      'pictures/picture.png EXECUTABLE',
    ])
    expect(listing('commit').map((line) => line.replace(/ blob [0-9a-f]{40}\t/, ' '))).toEqual([
      '100644 ExampleSolution.py/now/a/folder',
      '100644 copy',
      '100755 empty',
      '100644 file1.py',
      '100755 images/image1.png',
      '100644 old/.gitkeep',
      '100644 pictures/.gitkeep',
      '100644 same',
    ])
    expect(gitIn(directory('commit'), ['log', '-1', '--format=%an %ae %s %P'])).toBe(
      `Saanvi Sarkar saanvi@example.com several ${first.commitId}`,
    )
    expect(fsck(directory('commit'))).toBe('')
  })
})

describe('DeleteFile', () => {
  test('takes empty folders along, or keeps the innermost', async () => {
    const where = await fresh('delete')
    const { commitId } = await cloud.call('CreateCommit', {
      ...where,
      putFiles: [
        { filePath: 'a/b/c/one', fileContent: bytes('1') },
        { filePath: 'd/e/two', fileContent: bytes('2') },
        { filePath: 'stays', fileContent: bytes('3') },
      ],
    })
    const one = await cloud.call('DeleteFile', { ...where, filePath: '/a/b/c/one', parentCommitId: commitId })
    expect(one).toMatchObject({
      filePath: 'a/b/c/one',
      blobId: gitIn(directory('delete'), ['rev-parse', `${commitId}:a/b/c/one`]),
      treeId: gitIn(directory('delete'), ['rev-parse', `${one.commitId}^{tree}`]),
    })
    const two = { ...where, filePath: 'd/e/two', keepEmptyFolders: true, parentCommitId: one.commitId }
    await cloud.call('DeleteFile', two)
    expect(gitIn(directory('delete'), ['ls-tree', '-r', '--name-only', 'main']).split('\n')).toEqual([
      'd/e/.gitkeep',
      'stays',
    ])
    expect(fsck(directory('delete'))).toBe('')
  })
})

describe('reading', () => {
  test('a file by every kind of specifier, loose and packed', async () => {
    const where = await fresh('read')
    const old = await cloud.call('PutFile', { ...where, filePath: 'd/f', fileContent: bytes('old') })
    gitIn(directory('read'), ['tag', 'light', old.commitId])
    gitIn(directory('read'), [
      '-c',
      'user.name=x',
      '-c',
      'user.email=x',
      'tag',
      '-a',
      '-m',
      'x',
      'v1',
      'light',
    ])
    const put = { ...where, filePath: 'd/f', fileContent: bytes('new'), parentCommitId: old.commitId }
    const { commitId } = await cloud.call('PutFile', put)
    for (const packed of [false, true]) {
      if (packed) gitIn(directory('read'), ['gc', '--quiet', '--prune=now'])
      for (const commitSpecifier of ['main', 'HEAD', 'refs/heads/main', commitId, undefined]) {
        expect(await cloud.call('GetFile', { ...where, commitSpecifier, filePath: '/d/f' })).toEqual({
          commitId,
          blobId: gitIn(directory('read'), ['rev-parse', 'main:d/f']),
          filePath: 'd/f',
          fileMode: 'NORMAL',
          fileSize: 3,
          fileContent: bytes('new'),
        })
      }
      for (const commitSpecifier of ['v1', 'light', 'refs/tags/v1', old.commitId]) {
        const file = await cloud.call('GetFile', { ...where, commitSpecifier, filePath: 'd/f' })
        expect([file.commitId, file.fileContent.toString()]).toEqual([old.commitId, 'old'])
      }
      expect((await cloud.call('GetRepository', where)).repositoryMetadata.defaultBranch).toBe('main')
      const blobId = gitIn(directory('read'), ['rev-parse', 'v1:d/f'])
      expect((await cloud.call('GetBlob', { ...where, blobId })).content.toString()).toBe('old')
    }
  })

  test('of what is not packed needs no process, nor do refs and the default branch', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'relay-files-'))
    const where = { repositoryName: 'quiet', branchName: 'main' }
    const writer = await startHarness({ folder })
    await writer.call('CreateRepository', where)
    const made = await writer.call('PutFile', { ...where, filePath: 'd/f', fileContent: bytes('x') })
    gitIn(writer.directory('quiet'), ['pack-refs', '--all'])
    await writer.stop()
    const reader = await startHarness({ folder, searchPath: folder })
    try {
      const { repositoryMetadata } = await reader.call('GetRepository', where)
      expect(repositoryMetadata.defaultBranch).toBe('main')
      expect((await reader.call('GetBranch', where)).branch.commitId).toBe(made.commitId)
      expect((await reader.call('GetFile', { ...where, filePath: 'd/f' })).fileSize).toBe(1)
      expect((await reader.call('GetFolder', { ...where, folderPath: 'd' })).files).toHaveLength(1)
      expect((await reader.call('GetCommit', { ...where, commitId: made.commitId })).commit.parents).toEqual(
        [],
      )
      const compared = await reader.call('GetDifferences', { ...where, afterCommitSpecifier: 'main' })
      expect(compared.differences).toHaveLength(1)
      await expect(reader.call('ListBranches', where)).rejects.toThrow('git could not be started')
    } finally {
      await reader.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('of a damaged object fails, and only that', async () => {
    const where = await fresh('damaged')
    await cloud.call('CreateCommit', {
      ...where,
      putFiles: [
        { filePath: 'bad', fileContent: bytes('bad') },
        { filePath: 'good', fileContent: bytes('good') },
      ],
    })
    const id = gitIn(directory('damaged'), ['rev-parse', 'main:bad'])
    const path = join(directory('damaged'), 'objects', id.slice(0, 2), id.slice(2))
    chmodSync(path, 0o600)
    writeFileSync(path, 'no zlib')
    await expect(cloud.call('GetFile', { ...where, filePath: 'bad' })).rejects.toThrow()
    expect((await cloud.call('GetFile', { ...where, filePath: 'good' })).fileSize).toBe(4)
  })

  test('a folder, one level, with links and submodules', async () => {
    const where = await fresh('folder')
    const submodule = '1'.repeat(40)
    importCommits(directory('folder'), [
      {
        ref: 'refs/heads/main',
        files: {
          'a/b/deep': 'x',
          'a/exec': { mode: '100755', content: 'x' },
          'a/link': { mode: '120000', content: 'b' },
          'a/sub': { mode: '160000', content: submodule },
          top: 'x',
        },
      },
    ])
    const id = (path: string) => gitIn(directory('folder'), ['rev-parse', `main:${path}`])
    const expected = {
      commitId: await tipOf('folder'),
      folderPath: 'a',
      treeId: id('a'),
      subFolders: [{ treeId: id('a/b'), absolutePath: 'a/b', relativePath: 'b' }],
      files: [{ blobId: id('a/exec'), absolutePath: 'a/exec', relativePath: 'exec', fileMode: 'EXECUTABLE' }],
      symbolicLinks: [
        { blobId: id('a/link'), absolutePath: 'a/link', relativePath: 'link', fileMode: 'SYMLINK' },
      ],
      subModules: [{ commitId: submodule, absolutePath: 'a/sub', relativePath: 'sub' }],
    }
    for (const folderPath of ['a', '/a', 'a/']) {
      expect(await cloud.call('GetFolder', { ...where, folderPath })).toEqual(expected)
    }
    for (const folderPath of ['', '/']) {
      const root = await cloud.call('GetFolder', { ...where, folderPath, commitSpecifier: 'main' })
      expect(root).toMatchObject({ folderPath, treeId: id(''), subModules: [], symbolicLinks: [] })
      expect(root.files.map((file: { absolutePath: string }) => file.absolutePath)).toEqual(['top'])
    }
  })

  test('differences of a path, of a renamed folder, of everything', async () => {
    const where = await fresh('differences')
    const [before, after] = importCommits(directory('differences'), [
      { ref: 'refs/heads/before', files: { 'old/f': '1', 'old/same': 's', top: 't' } },
      { ref: 'refs/heads/main', files: { 'new/f': '2', 'new/same': 's', top: 'u' }, parents: [':1'] },
    ])
    const ask = async (input: object) =>
      (
        await cloud.call('GetDifferences', { ...where, afterCommitSpecifier: 'main', ...input })
      ).differences.map(
        (one: { changeType: string; beforeBlob?: { path: string }; afterBlob?: { path: string } }) =>
          `${one.changeType} ${one.beforeBlob?.path ?? '-'} ${one.afterBlob?.path ?? '-'}`,
      )
    expect(await ask({})).toEqual(['A - new/f', 'A - new/same', 'A - top'])
    expect(await ask({ beforeCommitSpecifier: before })).toEqual([
      'A - new/f',
      'A - new/same',
      'D old/f -',
      'D old/same -',
      'M top top',
    ])
    expect(await ask({ beforeCommitSpecifier: 'before', beforePath: '/old', afterPath: 'new' })).toEqual([
      'M old/f new/f',
    ])
    expect(await ask({ beforeCommitSpecifier: 'before', afterPath: 'top' })).toEqual(['M top top'])
    expect(await ask({ beforeCommitSpecifier: after })).toEqual([])
    const answer = await cloud.call('GetDifferences', {
      ...where,
      beforeCommitSpecifier: before,
      afterCommitSpecifier: 'main',
      MaxResults: 2,
    })
    for (const [NextToken, MaxResults, name] of [
      ['x', 1, 'InvalidContinuationToken'],
      [answer.NextToken, 1, 'InvalidContinuationToken'],
      [undefined, 0, 'InvalidMaxResults'],
      [undefined, -1, 'InvalidMaxResults'],
    ]) {
      const input = { ...where, afterCommitSpecifier: 'main', NextToken, MaxResults }
      await expect(cloud.call('GetDifferences', input)).rejects.toMatchObject(code(String(name)))
    }
  })

  test('the history of a file, through merges and renames, page by page', async () => {
    const where = await fresh('history')
    const text = (line: string) => `${'common line of text\n'.repeat(6)}${line}\n`
    const [, second, left, right, merge, moved, last] = importCommits(directory('history'), [
      { ref: 'refs/heads/main', files: { old: text('1'), other: 'x' } },
      { ref: 'refs/heads/main', files: { old: text('2'), other: 'x' }, parents: [':1'] },
      { ref: 'refs/heads/left', files: { old: text('left'), other: 'x' }, parents: [':2'] },
      { ref: 'refs/heads/right', files: { old: text('right'), other: 'y' }, parents: [':2'] },
      { ref: 'refs/heads/main', files: { old: text('both'), other: 'y' }, parents: [':3', ':4'] },
      { ref: 'refs/heads/main', files: { new: text('both'), other: 'y' }, parents: [':5'] },
      { ref: 'refs/heads/main', files: { new: text('last'), other: 'y' }, parents: [':6'] },
      { ref: 'refs/heads/main', files: { new: text('last'), other: 'z' }, parents: [':7'] },
    ])
    const dag: { commit: { commitId: string }; path: string; blobId: string; revisionChildren: string[] }[] =
      []
    for (let nextToken: string | undefined; ; ) {
      const answer = await cloud.call('ListFileCommitHistory', {
        ...where,
        filePath: 'new',
        maxResults: 2,
        nextToken,
      })
      dag.push(...answer.revisionDag)
      nextToken = answer.nextToken
      if (nextToken === undefined) break
      expect(answer.revisionDag).toHaveLength(2)
    }
    const shown = new Map(
      dag.map(({ commit, path, revisionChildren }) => [commit.commitId, [path, revisionChildren]]),
    )
    expect(dag.map(({ commit }) => commit.commitId)[0]).toBe(last)
    expect(shown.get(last!)).toEqual(['new', []])
    expect(shown.get(moved!)).toEqual(['new', [last]])
    expect(shown.get(merge!)).toEqual(['old', [moved]])
    expect(shown.get(left!)).toEqual(['old', [merge]])
    expect(shown.get(right!)).toEqual(['old', [merge]])
    expect((shown.get(second!)![1] as string[]).sort()).toEqual([left, right].sort())
    expect(dag).toHaveLength(7)
    expect(dag[0]!.blobId).toBe(gitIn(directory('history'), ['rev-parse', 'main:new']))
    expect(await cloud.call('ListFileCommitHistory', { ...where, filePath: 'none' })).toEqual({
      revisionDag: [],
    })
  })
})

describe('refusals, by CodeCommit’s own names', () => {
  const where = { repositoryName: 'refuse', branchName: 'main' }
  const text = bytes('x')
  let parentCommitId: string
  let elsewhere: string
  let stale: string
  beforeAll(async () => {
    await fresh('refuse')
    const [, , base, tip, other] = importCommits(directory('refuse'), [
      { ref: 'refs/heads/x', files: {} },
      { ref: 'refs/heads/y', files: {} },
      { ref: 'refs/heads/main', files: { f: '1' } },
      {
        ref: 'refs/heads/main',
        files: {
          f: 'x',
          'dir/f': 'x',
          'dir/.gitkeep': '',
          'keep/.gitkeep': '',
          sub: { mode: '160000', content: '1'.repeat(40) },
        },
        parents: [':3'],
      },
      { ref: 'refs/heads/other', files: { f: 'other' } },
    ])
    stale = base!
    parentCommitId = tip!
    elsewhere = other!
    gitIn(directory('refuse'), ['tag', 'tagged', tip!])
    cloud.events.length = 0
  })
  const put = { ...where, fileContent: text, filePath: 'new' }
  const commit = (change: object) => ({ ...where, ...change })
  const one = { filePath: 'new', fileContent: text }
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ filePath: `f${index}`, fileContent: text }))
  const deep = (folders: number) => `${'d/'.repeat(folders)}f`
  const MB = 1024 * 1024

  test.each<[string, string, object]>([
    ['PutFile', 'RepositoryNameRequired', { ...put, repositoryName: undefined }],
    ['PutFile', 'RepositoryDoesNotExist', { ...put, repositoryName: 'none' }],
    ['PutFile', 'InvalidParentCommitId', { ...put, parentCommitId: 'main' }],
    ['PutFile', 'FileContentRequired', { ...put, fileContent: undefined }],
    ['PutFile', 'FileContentRequired', { ...put, fileContent: Buffer.alloc(0) }],
    ['PutFile', 'FileContentSizeLimitExceeded', { ...put, fileContent: Buffer.alloc(6 * MB + 1) }],
    ['PutFile', 'PathRequired', { ...put, filePath: undefined }],
    ['PutFile', 'PathRequired', { ...put, filePath: '' }],
    ['PutFile', 'InvalidPath', { ...put, filePath: '/' }],
    ['PutFile', 'InvalidPath', { ...put, filePath: 'a//b' }],
    ['PutFile', 'InvalidPath', { ...put, filePath: 'a/' }],
    ['PutFile', 'InvalidPath', { ...put, filePath: './a' }],
    ['PutFile', 'InvalidPath', { ...put, filePath: 'a/../b' }],
    ['PutFile', 'InvalidPath', { ...put, filePath: 'a/.git/config' }],
    ['PutFile', 'InvalidPath', { ...put, filePath: '.GIT' }],
    ['PutFile', 'InvalidPath', { ...put, filePath: 'git~1/x' }],
    ['PutFile', 'InvalidPath', { ...put, filePath: '.g\u200cit' }],
    ['PutFile', 'InvalidPath', { ...put, filePath: 'a\0b' }],
    ['PutFile', 'InvalidPath', { ...put, filePath: deep(21) }],
    ['PutFile', 'InvalidPath', { ...put, filePath: 'x'.repeat(4_097) }],
    ['PutFile', 'BranchNameRequired', { ...put, branchName: undefined }],
    ['PutFile', 'InvalidBranchName', { ...put, branchName: 'a b' }],
    ['PutFile', 'BranchDoesNotExist', { ...put, branchName: 'none' }],
    ['PutFile', 'BranchNameIsTagName', { ...put, branchName: 'tagged' }],
    ['PutFile', 'ParentCommitIdRequired', put],
    ['PutFile', 'InvalidFileMode', { ...put, fileMode: '100644' }],
    ['PutFile', 'NameLengthExceeded', { ...put, name: 'x'.repeat(1_025) }],
    ['PutFile', 'InvalidEmail', { ...put, email: 'x'.repeat(257) }],
    ['PutFile', 'InvalidEmail', { ...put, email: 'a<b>' }],
    ['PutFile', 'CommitMessageLengthExceeded', { ...put, commitMessage: 'x'.repeat(256 * 1024 + 1) }],
    ['DeleteFile', 'ParentCommitIdRequired', { ...where, filePath: 'f' }],
    ['DeleteFile', 'PathRequired', { ...where, parentCommitId: '1'.repeat(40) }],
    ['CreateCommit', 'FileEntryRequired', commit({})],
    ['CreateCommit', 'MaximumFileEntriesExceeded', commit({ putFiles: many(101) })],
    ['CreateCommit', 'SourceFileOrContentRequired', commit({ putFiles: [{ filePath: 'n' }] })],
    [
      'CreateCommit',
      'FileContentAndSourceFileSpecified',
      commit({ putFiles: [{ ...one, sourceFile: { filePath: 'f' } }] }),
    ],
    ['CreateCommit', 'PathRequired', commit({ putFiles: [{ fileContent: text }] })],
    ['CreateCommit', 'PathRequired', commit({ putFiles: [{ filePath: 'n', sourceFile: {} }] })],
    ['CreateCommit', 'InvalidPath', commit({ deleteFiles: [{ filePath: '../f' }] })],
    ['CreateCommit', 'PutFileEntryConflict', commit({ putFiles: [one, { ...one, filePath: 'new/below' }] })],
    ['CreateCommit', 'SamePathRequest', commit({ putFiles: [one, { ...one, filePath: '/new' }] })],
    ['CreateCommit', 'SamePathRequest', commit({ deleteFiles: [{ filePath: 'f' }, { filePath: 'f' }] })],
    [
      'CreateCommit',
      'SamePathRequest',
      commit({
        putFiles: [{ filePath: 'g', sourceFile: { filePath: 'f', isMove: true } }],
        deleteFiles: [{ filePath: 'f' }],
      }),
    ],
    [
      'CreateCommit',
      'SamePathRequest',
      commit({ putFiles: [one], setFileModes: [{ filePath: 'new', fileMode: 'NORMAL' }] }),
    ],
    [
      'CreateCommit',
      'FileContentSizeLimitExceeded',
      commit({ putFiles: [{ ...one, fileContent: Buffer.alloc(6 * MB + 1) }] }),
    ],
    [
      'CreateCommit',
      'FileContentSizeLimitExceeded',
      commit({
        putFiles: [
          { ...one, fileContent: Buffer.alloc(6 * MB) },
          { filePath: 'more', fileContent: Buffer.alloc(MB + 1) },
        ],
      }),
    ],
    [
      'CreateCommit',
      'RestrictedSourceFile',
      commit({ putFiles: [{ filePath: 'n', sourceFile: { filePath: 'keep/.gitkeep' } }] }),
    ],
    ['CreateCommit', 'FileModeRequired', commit({ setFileModes: [{ filePath: 'f' }] })],
    ['CreateCommit', 'InvalidFileMode', commit({ setFileModes: [{ filePath: 'f', fileMode: 'x' }] })],
    ['GetFile', 'PathRequired', where],
    ['GetFile', 'FileDoesNotExist', { ...where, filePath: 'none' }],
    ['GetFile', 'FileDoesNotExist', { ...where, filePath: 'dir' }],
    ['GetFile', 'FileDoesNotExist', { ...where, filePath: 'f/below' }],
    ['GetFile', 'CommitDoesNotExist', { ...where, filePath: 'f', commitSpecifier: 'none' }],
    ['GetFile', 'CommitDoesNotExist', { ...where, filePath: 'f', commitSpecifier: '1'.repeat(40) }],
    ['GetFile', 'CommitDoesNotExist', { ...where, filePath: 'f', commitSpecifier: 'abcdef1' }],
    ['GetFile', 'InvalidCommit', { ...where, filePath: 'f', commitSpecifier: 'a b' }],
    ['GetFile', 'InvalidCommit', { ...where, filePath: 'f', commitSpecifier: '' }],
    ['GetFolder', 'PathRequired', where],
    ['GetFolder', 'FolderDoesNotExist', { ...where, folderPath: 'f' }],
    ['GetFolder', 'FolderDoesNotExist', { ...where, folderPath: 'none/at/all' }],
    ['GetFolder', 'InvalidPath', { ...where, folderPath: 'a//b' }],
    ['GetBlob', 'BlobIdRequired', where],
    ['GetBlob', 'InvalidBlobId', { ...where, blobId: 'main' }],
    ['GetBlob', 'BlobIdDoesNotExist', { ...where, blobId: '1'.repeat(40) }],
    ['GetDifferences', 'CommitRequired', where],
    ['GetDifferences', 'CommitDoesNotExist', { ...where, afterCommitSpecifier: 'none' }],
    ['GetDifferences', 'PathDoesNotExist', { ...where, afterCommitSpecifier: 'main', afterPath: 'none' }],
    ['GetDifferences', 'InvalidPath', { ...where, afterCommitSpecifier: 'main', afterPath: '..' }],
    ['ListFileCommitHistory', 'CommitDoesNotExist', { ...where, filePath: 'f', commitSpecifier: 'none' }],
    ['ListFileCommitHistory', 'InvalidMaxResults', { ...where, filePath: 'f', maxResults: 0 }],
  ])('%s: %s', async (operation, name, input) => {
    await expect(cloud.call(operation, input)).rejects.toMatchObject(code(name))
  })

  test.each<[string, string, () => object]>([
    ['PutFile', 'ParentCommitIdOutdated', () => ({ ...put, parentCommitId: stale })],
    ['PutFile', 'ParentCommitDoesNotExist', () => ({ ...put, parentCommitId: elsewhere })],
    ['PutFile', 'ParentCommitDoesNotExist', () => ({ ...put, parentCommitId: '1'.repeat(40) })],
    ['PutFile', 'SameFileContent', () => ({ ...put, filePath: 'f', parentCommitId })],
    ['PutFile', 'FileNameConflictsWithDirectoryName', () => ({ ...put, filePath: 'dir', parentCommitId })],
    ['PutFile', 'DirectoryNameConflictsWithFileName', () => ({ ...put, filePath: 'f/x', parentCommitId })],
    ['PutFile', 'FilePathConflictsWithSubmodulePath', () => ({ ...put, filePath: 'sub', parentCommitId })],
    ['PutFile', 'FilePathConflictsWithSubmodulePath', () => ({ ...put, filePath: 'sub/x', parentCommitId })],
    ['DeleteFile', 'FileDoesNotExist', () => ({ ...where, filePath: 'none', parentCommitId })],
    ['DeleteFile', 'FileDoesNotExist', () => ({ ...where, filePath: 'dir', parentCommitId })],
    ['DeleteFile', 'FileDoesNotExist', () => ({ ...where, filePath: 'f/x', parentCommitId })],
    [
      'CreateCommit',
      'FileDoesNotExist',
      () => commit({ deleteFiles: [{ filePath: 'none' }], parentCommitId }),
    ],
    [
      'CreateCommit',
      'FileDoesNotExist',
      () => commit({ putFiles: [{ filePath: 'n', sourceFile: { filePath: 'none' } }], parentCommitId }),
    ],
    [
      'CreateCommit',
      'FileDoesNotExist',
      () => commit({ setFileModes: [{ filePath: 'none', fileMode: 'NORMAL' }], parentCommitId }),
    ],
    [
      'CreateCommit',
      'FilePathConflictsWithSubmodulePath',
      () => commit({ deleteFiles: [{ filePath: 'sub' }], parentCommitId }),
    ],
    [
      'CreateCommit',
      'NoChange',
      () => commit({ putFiles: [{ filePath: 'f', fileContent: text }], parentCommitId }),
    ],
    ['CreateCommit', 'BranchDoesNotExist', () => commit({ putFiles: [one], branchName: 'none' })],
    ['CreateCommit', 'ParentCommitIdRequired', () => commit({ putFiles: [one] })],
  ])('%s: %s, as the repository is', async (operation, name, input) => {
    await expect(cloud.call(operation, input())).rejects.toMatchObject(code(name))
  })

  test('nothing of it left a trace', async () => {
    expect(await tipOf('refuse')).toBe(parentCommitId)
    expect(cloud.events).toEqual([])
  })

  test('in an empty repository', async () => {
    const empty = { ...(await fresh('empty')), filePath: 'f' }
    await expect(
      cloud.call('PutFile', { ...empty, fileContent: text, parentCommitId: '1'.repeat(40) }),
    ).rejects.toMatchObject(code('ParentCommitDoesNotExist'))
    await expect(cloud.call('GetFile', empty)).rejects.toMatchObject(code('CommitDoesNotExist'))
    await expect(cloud.call('GetFolder', { ...empty, folderPath: '/' })).rejects.toMatchObject(
      code('CommitDoesNotExist'),
    )
  })
})

describe('just within and just past the limits', () => {
  test('6 MB of a file, 7 MB and 100 files of a commit, 20 folders, 256 KB of a message', async () => {
    const where = await fresh('limits')
    const MB = 1024 * 1024
    const big = Buffer.alloc(6 * MB, 'x')
    const putFiles = [
      { filePath: 'big', fileContent: big },
      { filePath: `${'d/'.repeat(20)}more`, fileContent: Buffer.alloc(MB - 98, 'y') },
      ...Array.from({ length: 98 }, (_, index) => ({ filePath: `f${index}`, fileContent: bytes('z') })),
    ]
    const commitMessage = 'm'.repeat(256 * 1024)
    const { commitId } = await cloud.call('CreateCommit', {
      ...where,
      putFiles,
      commitMessage,
      authorName: 'n'.repeat(1_024),
      email: 'e'.repeat(256),
    })
    const { commit } = await cloud.call('GetCommit', { ...where, commitId })
    expect([commit.message.length, commit.author.name.length, commit.author.email.length]).toEqual([
      256 * 1024,
      1_024,
      256,
    ])
    const file = await cloud.call('GetFile', { ...where, filePath: 'big' })
    expect(file.fileSize).toBe(6 * MB)
    expect(big.equals(file.fileContent)).toBe(true)
    // larger files come by Git only, and are too large for an answer, whether git has packed them or not
    const [tooBig] = importCommits(directory('limits'), [
      { ref: 'refs/heads/large', files: { f: Buffer.alloc(6 * MB + 1, 'x'), small: 's' } },
    ])
    const blobId = gitIn(directory('limits'), ['rev-parse', 'large:f'])
    const refused = async () => {
      const asked = { ...where, commitSpecifier: tooBig, filePath: 'f' }
      await expect(cloud.call('GetFile', asked)).rejects.toMatchObject(code('FileTooLarge'))
      await expect(cloud.call('GetBlob', { ...where, blobId })).rejects.toMatchObject(code('FileTooLarge'))
      expect((await cloud.call('GetFile', { ...asked, filePath: 'small' })).fileSize).toBe(1)
    }
    await refused()
    gitIn(directory('limits'), ['repack', '-adq'])
    await refused()
  })

  test('6 MB of folder contents', async () => {
    const where = await fresh('wide')
    const blob = gitIn(directory('wide'), ['hash-object', '-w', '--stdin'], 'x')
    const name = (index: number) => `${String(index).padStart(6, '0')}${'n'.repeat(240)}`
    // mode, space, name, NUL and 20 bytes of id
    const each = 6 + 1 + 246 + 1 + 20
    const count = Math.floor((6 * 1024 * 1024) / each)
    const entries = Array.from({ length: count }, (_, index) => `100644 blob ${blob}\t${name(index)}\n`)
    const tree = gitIn(directory('wide'), ['mktree'], entries.join(''))
    const identity = ['-c', 'user.name=x', '-c', 'user.email=x']
    const commitId = gitIn(directory('wide'), [...identity, 'commit-tree', '-m', 'x', tree])
    gitIn(directory('wide'), ['update-ref', 'refs/heads/main', commitId])
    const input = { ...where, parentCommitId: commitId, fileContent: bytes('x') }
    await expect(cloud.call('PutFile', { ...input, filePath: name(count) })).rejects.toMatchObject(
      code('FolderContentSizeLimitExceeded'),
    )
    const first = { ...input, filePath: name(0), fileContent: bytes('y') }
    expect(await cloud.call('PutFile', first)).toMatchObject({ blobId: expect.any(String) })
  })
})

describe('permissions', () => {
  const asked = (operation: string, input: object) =>
    cloud.codecommit.service.permissions!(
      operation,
      { repositoryName: 'x', ...input },
      {
        service: 'codecommit',
        operation,
        region: REGION,
        account: ACCOUNT,
        caller: cloud.olive.caller,
        requestId: 'r',
      },
    ).map(({ action, resource, context }) => [action, resource, context?.['codecommit:References']])
  const arn = `arn:aws:codecommit:${REGION}:${ACCOUNT}:x`
  test.each<[string, object, string | undefined]>([
    ['PutFile', { branchName: 'b' }, 'refs/heads/b'],
    ['DeleteFile', { branchName: 'b' }, 'refs/heads/b'],
    ['CreateCommit', { branchName: 'a/b' }, 'refs/heads/a/b'],
    ['MergeBranchesBySquash', { destinationCommitSpecifier: 'b' }, 'refs/heads/b'],
    ['MergeBranchesByThreeWay', { destinationCommitSpecifier: 'refs/heads/b' }, 'refs/heads/b'],
    ['MergeBranchesByFastForward', { destinationCommitSpecifier: 'b', targetBranch: 't' }, 'refs/heads/t'],
    ['CreateUnreferencedMergeCommit', { destinationCommitSpecifier: 'b' }, 'refs/heads/b'],
    ['GetMergeCommit', { destinationCommitSpecifier: 'b' }, 'refs/heads/b'],
    ['GetMergeCommit', { destinationCommitSpecifier: '1'.repeat(40) }, undefined],
    ['GetMergeConflicts', { destinationCommitSpecifier: 'b' }, undefined],
    ['GetFile', { commitSpecifier: 'b' }, undefined],
    ['UpdateDefaultBranch', { defaultBranchName: 'b' }, undefined],
  ])('%s %j', (operation, input, reference) => {
    expect(asked(operation, input)).toEqual([[`codecommit:${operation}`, arn, reference]])
  })
})
