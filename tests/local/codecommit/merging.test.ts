import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type File, type Files, fsck, gitIn, importCommits } from './fast-import.ts'
import { createClient, type Harness, startHarness } from './harness.ts'

const client = createClient()
let cloud: Harness
let count = 0
beforeAll(async () => {
  cloud = await startHarness()
})
afterAll(async () => {
  await cloud.stop()
  client.remove()
})
const code = (name: string) => ({ code: `${name}Exception`, status: 400 })
const base64 = (text: string) => Buffer.from(text).toString('base64')

/** A repository with a branch for each side of a merge; `base` is the tip of main. */
const split = async (base: Files, source: Files, destination: Files) => {
  count += 1
  const repositoryName = `r${count}`
  await cloud.call('CreateRepository', { repositoryName })
  const directory = cloud.directory(repositoryName)
  const [baseId, sourceId, destinationId] = importCommits(directory, [
    { ref: 'refs/heads/main', files: base },
    { ref: 'refs/heads/source', files: source, parents: [':1'] },
    { ref: 'refs/heads/destination', files: destination, parents: [':1'] },
  ])
  const where = { repositoryName, sourceCommitSpecifier: 'source', destinationCommitSpecifier: 'destination' }
  return { where, directory, base: baseId!, source: sourceId!, destination: destinationId! }
}
const filesAt = (directory: string, at: string): Record<string, string> =>
  Object.fromEntries(
    gitIn(directory, ['ls-tree', '-r', at])
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [mode = '', , id = '', path = ''] = line.split(/[ \t]/)
        return [
          path,
          mode === '160000' ? `${mode} ${id}` : `${mode} ${gitIn(directory, ['cat-file', 'blob', id])}`,
        ]
      }),
  )
const disjoint = () => split({ f: '1\n', g: '1\n' }, { f: '2\n', g: '1\n' }, { f: '1\n', g: '1\n', h: 'x' })

describe('merges that nothing stands against', () => {
  test('by three ways: a commit of two parents, whose event tells of the merge', async () => {
    const { where, directory, base, source, destination } = await disjoint()
    cloud.events.length = 0
    const { commitId, treeId } = await cloud.call('MergeBranchesByThreeWay', {
      ...where,
      authorName: 'Jorge Souza',
      email: 'jorge@example.com',
      commitMessage: 'together',
    })
    expect(gitIn(directory, ['log', '-1', '--format=%H %T %P %an %ae %cn %ce %s', 'destination'])).toBe(
      `${commitId} ${treeId} ${destination} ${source} Jorge Souza jorge@example.com Jorge Souza jorge@example.com together`,
    )
    expect(filesAt(directory, 'destination')).toEqual({ f: '100644 2', g: '100644 1', h: '100644 x' })
    expect(cloud.events.map(({ detail }) => detail)).toMatchObject([
      {
        event: 'referenceUpdated',
        referenceFullName: 'refs/heads/destination',
        commitId,
        oldCommitId: destination,
        baseCommitId: base,
        sourceCommitId: source,
        destinationCommitId: destination,
        mergeOption: 'THREE_WAY_MERGE',
        conflictDetailsLevel: 'FILE_LEVEL',
        conflictResolutionStrategy: 'NONE',
      },
    ])
    expect(fsck(directory)).toBe('')
  })

  test('by squash: a commit of one parent, under the caller’s name', async () => {
    const { where, directory, destination } = await disjoint()
    const { commitId } = await cloud.call('MergeBranchesBySquash', where)
    expect(gitIn(directory, ['log', '-1', '--format=%H %P %an <%ae> %s', 'destination'])).toBe(
      `${commitId} ${destination} ${cloud.olive.caller.arn} <> Merge source into destination`,
    )
  })

  test('by fast-forward, to a branch that stands there under another name', async () => {
    const { where, directory, base, source } = await disjoint()
    await expect(cloud.call('MergeBranchesByFastForward', where)).rejects.toMatchObject(
      code('ManualMergeRequired'),
    )
    cloud.events.length = 0
    const input = { ...where, destinationCommitSpecifier: base, targetBranch: 'main' }
    const merged = await cloud.call('MergeBranchesByFastForward', input)
    expect(merged).toEqual({ commitId: source, treeId: gitIn(directory, ['rev-parse', `${source}^{tree}`]) })
    expect(gitIn(directory, ['rev-parse', 'main'])).toBe(source)
    expect(cloud.events.map(({ detail }) => detail)).toMatchObject([
      { event: 'referenceUpdated', commitId: source, oldCommitId: base, mergeOption: 'FAST_FORWARD_MERGE' },
    ])
    // again: nothing moves, nothing is told
    await cloud.call('MergeBranchesByFastForward', { ...where, destinationCommitSpecifier: 'main' })
    expect(cloud.events).toHaveLength(1)
  })

  test('without a ref: to be fetched by its id, kept from housekeeping, told by an event of its own', async () => {
    const { where, directory, base, source, destination } = await disjoint()
    cloud.events.length = 0
    const input = { ...where, mergeOption: 'SQUASH_MERGE', conflictDetailLevel: 'LINE_LEVEL' }
    const { commitId } = await cloud.call('CreateUnreferencedMergeCommit', input)
    await cloud.call('CreateUnreferencedMergeCommit', input)
    expect(cloud.events[0]?.detail).toEqual({
      event: 'unreferencedMergeCommitCreated',
      repositoryName: where.repositoryName,
      repositoryId: expect.any(String),
      callerUserArn: cloud.olive.caller.arn,
      commitId,
      baseCommitId: base,
      sourceCommitId: source,
      destinationCommitId: destination,
      mergeOption: 'SQUASH_MERGE',
      conflictDetailsLevel: 'LINE_LEVEL',
      conflictResolutionStrategy: 'NONE',
    })
    gitIn(directory, ['gc', '--quiet', '--prune=now'])
    const work = await client.work(where.repositoryName)
    await client.must(work, 'fetch', '-q', cloud.url(where.repositoryName), commitId)
    expect(await client.must(work, 'rev-parse', 'FETCH_HEAD^')).toBe(destination)
    const listed = await client.must(work, 'ls-remote', cloud.url(where.repositoryName))
    expect(listed).not.toContain(commitId)
    expect(await cloud.call('GetCommit', { ...where, commitId })).toMatchObject({ commit: { commitId } })
  })

  test('of two at once one wins, the other is told to try again', async () => {
    const { where } = await disjoint()
    const results = await Promise.allSettled(
      [1, 2, 3].map((index) => cloud.call('MergeBranchesBySquash', { ...where, commitMessage: `${index}` })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject(code('ConcurrentReferenceUpdate'))
    }
  })

  test('folders that a merge leaves empty go, or are kept', async () => {
    const sides = [
      { 'a/b/f': 'x', 'c/g': 'x', top: 'x' },
      { top: 'x' },
      { 'a/b/f': 'x', 'c/g': 'x', top: 'y' },
    ] as const
    const { where, directory } = await split(...sides)
    await cloud.call('MergeBranchesBySquash', where)
    expect(Object.keys(filesAt(directory, 'destination'))).toEqual(['top'])
    const other = await split(...sides)
    await cloud.call('MergeBranchesBySquash', { ...other.where, keepEmptyFolders: true })
    expect(Object.keys(filesAt(other.directory, 'destination'))).toEqual(['a/.gitkeep', 'c/.gitkeep', 'top'])
  })
})

describe('conflicts', () => {
  const lines = (...changed: [number, string][]): string => {
    const all = ['one', 'two', 'three', 'four', 'five', 'six', 'seven']
    for (const [at, line] of changed) all[at] = line
    return `${all.join('\n')}\n`
  }

  test('of a file that both changed on different lines: at the level of files, not of lines', async () => {
    const { where, directory, base, source, destination } = await split(
      { f: lines() },
      { f: lines([0, 'ONE']) },
      { f: lines([6, 'SEVEN']) },
    )
    const ids = { baseCommitId: base, sourceCommitId: source, destinationCommitId: destination }
    const conflictMetadata = {
      filePath: 'f',
      fileSizes: { base: lines().length, source: lines().length, destination: lines().length },
      fileModes: { base: 'NORMAL', source: 'NORMAL', destination: 'NORMAL' },
      objectTypes: { base: 'FILE', source: 'FILE', destination: 'FILE' },
      numberOfConflicts: 1,
      isBinaryFile: { base: false, source: false, destination: false },
      contentConflict: true,
      fileModeConflict: false,
      objectTypeConflict: false,
      mergeOperations: { source: 'M', destination: 'M' },
    }
    const asked = { ...where, mergeOption: 'THREE_WAY_MERGE' }
    expect(await cloud.call('GetMergeConflicts', asked)).toEqual({
      mergeable: false,
      conflictMetadataList: [conflictMetadata],
      ...ids,
    })
    const whole = (text: string) => ({ startLine: 0, endLine: 7, hunkContent: base64(text) })
    const mergeHunks = [
      {
        isConflict: true,
        base: whole(lines()),
        source: whole(lines([0, 'ONE'])),
        destination: whole(lines([6, 'SEVEN'])),
      },
    ]
    expect(await cloud.call('DescribeMergeConflicts', { ...asked, filePath: '/f' })).toEqual({
      conflictMetadata,
      mergeHunks,
      ...ids,
    })
    expect(await cloud.call('BatchDescribeMergeConflicts', asked)).toEqual({
      conflicts: [{ conflictMetadata, mergeHunks }],
      errors: [],
      ...ids,
    })
    expect(await cloud.call('GetMergeOptions', where)).toEqual({ mergeOptions: [], ...ids })
    for (const operation of ['MergeBranchesBySquash', 'MergeBranchesByThreeWay']) {
      await expect(cloud.call(operation, where)).rejects.toMatchObject(code('ManualMergeRequired'))
    }
    const byLine = { conflictDetailLevel: 'LINE_LEVEL' }
    expect(await cloud.call('GetMergeConflicts', { ...asked, ...byLine })).toMatchObject({ mergeable: true })
    const open = { mergeOptions: ['SQUASH_MERGE', 'THREE_WAY_MERGE'] }
    expect(await cloud.call('GetMergeOptions', { ...where, ...byLine })).toMatchObject(open)
    const automatic = { conflictResolutionStrategy: 'AUTOMERGE' }
    expect(await cloud.call('GetMergeOptions', { ...where, ...automatic })).toMatchObject(open)
    await cloud.call('MergeBranchesByThreeWay', { ...where, ...byLine })
    expect(filesAt(directory, 'destination').f).toBe(`100644 ${lines([0, 'ONE'], [6, 'SEVEN'])}`.trimEnd())
  })

  test('of lines, hunk by hunk, page by page', async () => {
    const { where } = await split(
      { f: lines() },
      { f: lines([0, 'ONE'], [3, 'source\nmore']) },
      { f: lines([3, 'destination'], [6, 'SEVEN']) },
    )
    const asked = {
      ...where,
      mergeOption: 'SQUASH_MERGE',
      conflictDetailLevel: 'LINE_LEVEL',
      filePath: 'f',
      maxMergeHunks: 2,
    }
    const first = await cloud.call('DescribeMergeConflicts', asked)
    const part = (startLine: number, endLine: number, text: string) => ({
      startLine,
      endLine,
      hunkContent: base64(text),
    })
    expect(first.conflictMetadata).toMatchObject({ numberOfConflicts: 1, contentConflict: true })
    expect(first.mergeHunks).toEqual([
      {
        isConflict: false,
        base: part(0, 1, 'one\n'),
        source: part(0, 1, 'ONE\n'),
        destination: part(0, 1, 'one\n'),
      },
      {
        isConflict: true,
        base: part(3, 4, 'four\n'),
        source: part(3, 5, 'source\nmore\n'),
        destination: part(3, 4, 'destination\n'),
      },
    ])
    const second = await cloud.call('DescribeMergeConflicts', { ...asked, nextToken: first.nextToken })
    expect(second.mergeHunks).toEqual([
      {
        isConflict: false,
        base: part(6, 7, 'seven\n'),
        source: part(7, 8, 'seven\n'),
        destination: part(6, 7, 'SEVEN\n'),
      },
    ])
    expect(second).not.toHaveProperty('nextToken')
    const batch = await cloud.call('BatchDescribeMergeConflicts', {
      ...asked,
      filePaths: ['f', 'none', 'a//b'],
    })
    expect(batch.conflicts[0].mergeHunks).toEqual(first.mergeHunks)
    expect(batch.errors).toEqual([
      { filePath: 'a//b', exceptionName: 'InvalidPathException', message: expect.any(String) },
      { filePath: 'none', exceptionName: 'FileDoesNotExistException', message: 'Could not find path none' },
    ])
  })

  const executable = (content: string): File => ({ mode: '100755', content })
  const link = (content: string): File => ({ mode: '120000', content })
  const submodule = (digit: string): File => ({ mode: '160000', content: digit.repeat(40) })
  test.each<[string, Files, Files, Files, object | undefined]>([
    [
      'changed and deleted',
      { f: '1' },
      {},
      { f: '2' },
      { contentConflict: true, mergeOperations: { source: 'D', destination: 'M' } },
    ],
    [
      'added on both sides',
      {},
      { f: '1' },
      { f: '2' },
      { contentConflict: true, mergeOperations: { source: 'A', destination: 'A' } },
    ],
    ['added alike', {}, { f: '1' }, { f: '1' }, undefined],
    [
      'modes of a new file',
      {},
      { f: '1' },
      { f: executable('1') },
      { contentConflict: false, fileModeConflict: true },
    ],
    ['a mode here, contents there', { f: '1' }, { f: executable('1') }, { f: '2' }, undefined],
    [
      'binary',
      { f: '\0' },
      { f: '\x001' },
      { f: '\x002' },
      { contentConflict: true, isBinaryFile: { base: true, source: true, destination: true } },
    ],
    [
      'links',
      { f: link('1') },
      { f: link('2') },
      { f: link('3') },
      {
        contentConflict: true,
        objectTypes: { base: 'SYMBOLIC_LINK', source: 'SYMBOLIC_LINK', destination: 'SYMBOLIC_LINK' },
      },
    ],
    [
      'a link and a file',
      { f: '1' },
      { f: link('2') },
      { f: '3' },
      { objectTypeConflict: true, contentConflict: false },
    ],
    [
      'submodules',
      { f: submodule('1') },
      { f: submodule('2') },
      { f: submodule('3') },
      {
        contentConflict: true,
        objectTypes: { base: 'GIT_LINK', source: 'GIT_LINK', destination: 'GIT_LINK' },
        fileModes: {},
        fileSizes: {},
      },
    ],
    [
      'a file and a folder',
      {},
      { f: '1' },
      { 'f/below': '1' },
      { objectTypeConflict: true, objectTypes: { source: 'FILE', destination: 'DIRECTORY' } },
    ],
    [
      'a file that became a folder, and nobody minds',
      { f: '1' },
      { 'f/below': '1' },
      { f: '1', g: '1' },
      undefined,
    ],
  ])('%s', async (_, base, source, destination, expected) => {
    const { where } = await split({ x: 'x', ...base }, { x: 'x', ...source }, { x: 'x', ...destination })
    for (const conflictDetailLevel of ['FILE_LEVEL', 'LINE_LEVEL']) {
      const asked = { ...where, mergeOption: 'THREE_WAY_MERGE', conflictDetailLevel }
      const { mergeable, conflictMetadataList } = await cloud.call('GetMergeConflicts', asked)
      expect(mergeable).toBe(expected === undefined)
      if (expected === undefined) expect(conflictMetadataList).toEqual([])
      else expect(conflictMetadataList).toMatchObject([{ filePath: 'f', numberOfConflicts: 1, ...expected }])
    }
  })

  test('are shown page by page; a token of another question is refused', async () => {
    const names = ['a', 'b', 'c/d', 'c/e', 'f']
    const all = (content: string) => Object.fromEntries(names.map((name) => [name, content]))
    const { where } = await split(all('1'), all('2'), all('3'))
    const asked = { ...where, mergeOption: 'SQUASH_MERGE', maxConflictFiles: 2 }
    for (const operation of ['GetMergeConflicts', 'BatchDescribeMergeConflicts']) {
      const found: string[] = []
      for (let nextToken: string | undefined; ; ) {
        const answer = await cloud.call(operation, { ...asked, nextToken })
        const page =
          answer.conflictMetadataList ??
          answer.conflicts.map((one: { conflictMetadata: object }) => one.conflictMetadata)
        expect(page.length).toBeLessThanOrEqual(2)
        found.push(...page.map((one: { filePath: string }) => one.filePath))
        nextToken = answer.nextToken
        if (nextToken === undefined) break
        await expect(
          cloud.call(operation, { ...asked, nextToken, mergeOption: 'THREE_WAY_MERGE' }),
        ).rejects.toMatchObject(code('InvalidContinuationToken'))
      }
      expect(found).toEqual(names)
    }
  })

  test.each([
    [
      'ACCEPT_SOURCE',
      'FILE_LEVEL',
      { f: lines([0, 'ONE'], [3, 's']).trimEnd(), both: 'gone', folder: 'file' },
    ],
    [
      'ACCEPT_SOURCE',
      'LINE_LEVEL',
      { f: lines([0, 'ONE'], [3, 's'], [6, 'SEVEN']).trimEnd(), both: 'gone', folder: 'file' },
    ],
    [
      'ACCEPT_DESTINATION',
      'FILE_LEVEL',
      { f: lines([3, 'd'], [6, 'SEVEN']).trimEnd(), both: 'kept', folder: 'folder' },
    ],
    [
      'ACCEPT_DESTINATION',
      'LINE_LEVEL',
      { f: lines([0, 'ONE'], [3, 'd'], [6, 'SEVEN']).trimEnd(), both: 'kept', folder: 'folder' },
    ],
  ])('settled by %s at %s', async (conflictResolutionStrategy, conflictDetailLevel, expected) => {
    const { where, directory } = await split(
      { f: lines(), both: '1', bin: '\0' },
      { f: lines([0, 'ONE'], [3, 's']), bin: '\0s', folder: 'x' },
      { f: lines([3, 'd'], [6, 'SEVEN']), both: '2', bin: '\0d', 'folder/below': 'x' },
    )
    const how = { conflictResolutionStrategy, conflictDetailLevel }
    expect(
      await cloud.call('GetMergeConflicts', { ...where, ...how, mergeOption: 'SQUASH_MERGE' }),
    ).toMatchObject({
      mergeable: true,
      conflictMetadataList: [],
    })
    await cloud.call('MergeBranchesBySquash', { ...where, ...how })
    const files = filesAt(directory, 'destination')
    expect(files.f).toBe(`100644 ${expected.f}`)
    expect(files.both === undefined ? 'gone' : 'kept').toBe(expected.both)
    expect(files.folder === undefined ? 'folder' : 'file').toBe(expected.folder)
    expect(files.bin).toBe(`100644 \0${conflictResolutionStrategy === 'ACCEPT_SOURCE' ? 's' : 'd'}`)
    expect(fsck(directory)).toBe('')
  })
})

describe('conflicts resolved one by one', () => {
  const sides = [
    { base: '1', source: '1', destination: '1', gone: '1', content: '1', folder: '1', mode: '1' },
    {
      base: '2',
      source: '2',
      destination: '2',
      gone: '2',
      content: '2',
      folder: '2',
      mode: { mode: '100755', content: '2' },
    },
    {
      base: '3',
      source: '3',
      destination: '3',
      gone: '3',
      content: '3',
      'folder/x': '3',
      mode: { mode: '120000', content: '3' },
    },
  ] as const
  const replace = (filePath: string, replacementType: string, more: object = {}) => ({
    filePath,
    replacementType,
    ...more,
  })
  const all = [
    replace('base', 'KEEP_BASE'),
    replace('source', 'KEEP_SOURCE', { fileMode: 'EXECUTABLE' }),
    replace('destination', 'KEEP_DESTINATION'),
    replace('content', 'USE_NEW_CONTENT', { content: Buffer.from('new') }),
    replace('folder', 'KEEP_DESTINATION'),
    replace('mode', 'KEEP_SOURCE'),
  ]
  let shared: Awaited<ReturnType<typeof split>> | undefined
  const ask = (where: object, conflictResolution: object, more: object = {}) =>
    cloud.call('MergeBranchesByThreeWay', {
      ...where,
      conflictResolutionStrategy: 'AUTOMERGE',
      conflictResolution,
      ...more,
    })

  test('with contents, sides, modes and deletions', async () => {
    const { where, directory } = await split(...sides)
    await ask(where, {
      replaceContents: all,
      deleteFiles: [{ filePath: 'gone' }],
      setFileModes: [{ filePath: '/content', fileMode: 'EXECUTABLE' }],
    })
    expect(filesAt(directory, 'destination')).toEqual({
      base: '100644 1',
      source: '100755 2',
      destination: '100644 3',
      content: '100755 new',
      'folder/x': '100644 3',
      mode: '100755 2',
    })
    expect(fsck(directory)).toBe('')
  })

  test('a mode alone settles a conflict of modes, with the lines of both', async () => {
    const text = (first: string, last: string) => `${first}\n2\n3\n4\n${last}\n`
    const { where, directory } = await split(
      { a: 'x', m: 'x' },
      { a: 'x', new: { mode: '100755', content: 'same' }, m: text('s', '5') },
      { a: 'x', new: 'same', m: text('s', '5') },
    )
    await expect(ask(where, {})).rejects.toMatchObject(code('ManualMergeRequired'))
    await ask(where, { setFileModes: [{ filePath: 'new', fileMode: 'EXECUTABLE' }] })
    expect(filesAt(directory, 'destination').new).toBe('100755 same')
  })

  test.each<[string, object, object?]>([
    ['ManualMergeRequired', { replaceContents: all }],
    [
      'ManualMergeRequired',
      { replaceContents: all, setFileModes: [{ filePath: 'gone', fileMode: 'NORMAL' }] },
    ],
    [
      'InvalidConflictResolution',
      { deleteFiles: [{ filePath: 'gone' }] },
      { conflictResolutionStrategy: 'NONE' },
    ],
    ['InvalidConflictResolution', { deleteFiles: [{ filePath: 'none' }] }],
    ['MultipleConflictResolutionEntries', { deleteFiles: [{ filePath: 'gone' }, { filePath: '/gone' }] }],
    ['MultipleConflictResolutionEntries', { replaceContents: all, deleteFiles: [{ filePath: 'base' }] }],
    [
      'MultipleConflictResolutionEntries',
      { replaceContents: all, setFileModes: [{ filePath: 'source', fileMode: 'NORMAL' }] },
    ],
    ['MaximumConflictResolutionEntriesExceeded', { deleteFiles: Array(101).fill({ filePath: 'gone' }) }],
    ['ReplacementTypeRequired', { replaceContents: [{ filePath: 'base' }] }],
    ['InvalidReplacementType', { replaceContents: [replace('base', 'KEEP_ALL')] }],
    ['ReplacementContentRequired', { replaceContents: [replace('base', 'USE_NEW_CONTENT')] }],
    [
      'InvalidReplacementContent',
      { replaceContents: [replace('base', 'KEEP_BASE', { content: Buffer.from('x') })] },
    ],
    ['PathRequired', { replaceContents: [{ replacementType: 'KEEP_BASE' }] }],
    ['InvalidPath', { deleteFiles: [{ filePath: 'a//b' }] }],
    ['FileModeRequired', { setFileModes: [{ filePath: 'mode' }] }],
    ['InvalidFileMode', { setFileModes: [{ filePath: 'mode', fileMode: '755' }] }],
    ['InvalidFileMode', { replaceContents: [replace('base', 'KEEP_BASE', { fileMode: '755' })] }],
    [
      'FileContentSizeLimitExceeded',
      {
        replaceContents: [replace('base', 'USE_NEW_CONTENT', { content: Buffer.alloc(6 * 1024 * 1024 + 1) })],
      },
    ],
  ])('%s', async (...[name, resolution, more]) => {
    shared ??= await split(...sides)
    await expect(ask(shared.where, resolution, more)).rejects.toMatchObject(code(name))
  })
})

describe('refusals, by CodeCommit’s own names', () => {
  let where: Awaited<ReturnType<typeof disjoint>>['where']
  beforeAll(async () => {
    const made = await disjoint()
    where = made.where
    gitIn(made.directory, ['tag', 'tagged', made.destination])
  })
  const option = { mergeOption: 'THREE_WAY_MERGE' }
  test.each<[string, string, object]>([
    ['MergeBranchesByThreeWay', 'RepositoryDoesNotExist', { repositoryName: 'none' }],
    ['MergeBranchesByThreeWay', 'CommitRequired', { sourceCommitSpecifier: undefined }],
    ['MergeBranchesByThreeWay', 'CommitRequired', { destinationCommitSpecifier: undefined }],
    ['MergeBranchesByThreeWay', 'InvalidCommit', { sourceCommitSpecifier: 'a b' }],
    ['MergeBranchesByThreeWay', 'CommitDoesNotExist', { sourceCommitSpecifier: 'none' }],
    ['MergeBranchesByThreeWay', 'InvalidTargetBranch', { destinationCommitSpecifier: 'HEAD' }],
    ['MergeBranchesByThreeWay', 'InvalidTargetBranch', { targetBranch: 'main' }],
    ['MergeBranchesByThreeWay', 'InvalidBranchName', { targetBranch: 'a b' }],
    ['MergeBranchesByThreeWay', 'BranchNameIsTagName', { destinationCommitSpecifier: 'tagged' }],
    ['MergeBranchesByThreeWay', 'BranchNameIsTagName', { targetBranch: 'tagged' }],
    ['MergeBranchesByThreeWay', 'BranchDoesNotExist', { targetBranch: 'none' }],
    ['MergeBranchesByThreeWay', 'InvalidConflictDetailLevel', { conflictDetailLevel: 'WORD_LEVEL' }],
    ['MergeBranchesByThreeWay', 'InvalidConflictResolutionStrategy', { conflictResolutionStrategy: 'OURS' }],
    ['MergeBranchesBySquash', 'NameLengthExceeded', { authorName: 'x'.repeat(1_025) }],
    ['MergeBranchesBySquash', 'InvalidEmail', { email: 'x'.repeat(257) }],
    ['MergeBranchesBySquash', 'CommitMessageLengthExceeded', { commitMessage: 'x'.repeat(256 * 1024 + 1) }],
    ['CreateUnreferencedMergeCommit', 'MergeOptionRequired', {}],
    ['CreateUnreferencedMergeCommit', 'InvalidMergeOption', { mergeOption: 'FAST_FORWARD_MERGE' }],
    ['GetMergeConflicts', 'MergeOptionRequired', {}],
    ['GetMergeConflicts', 'InvalidMergeOption', { mergeOption: 'OCTOPUS' }],
    ['GetMergeConflicts', 'InvalidMaxConflictFiles', { ...option, maxConflictFiles: 0 }],
    ['DescribeMergeConflicts', 'InvalidMergeOption', { mergeOption: 'FAST_FORWARD_MERGE', filePath: 'f' }],
    ['DescribeMergeConflicts', 'PathRequired', option],
    ['DescribeMergeConflicts', 'FileDoesNotExist', { ...option, filePath: 'none' }],
    ['DescribeMergeConflicts', 'InvalidMaxMergeHunks', { ...option, filePath: 'f', maxMergeHunks: -1 }],
    ['BatchDescribeMergeConflicts', 'InvalidMergeOption', { mergeOption: 'FAST_FORWARD_MERGE' }],
    ['BatchDescribeMergeConflicts', 'InvalidMaxMergeHunks', { ...option, maxMergeHunks: 0 }],
    ['BatchDescribeMergeConflicts', 'InvalidMaxConflictFiles', { ...option, maxConflictFiles: 0 }],
    ['GetMergeCommit', 'CommitDoesNotExist', { destinationCommitSpecifier: 'none' }],
    ['GetMergeCommit', 'InvalidConflictDetailLevel', { conflictDetailLevel: 'x' }],
    ['GetMergeOptions', 'CommitRequired', { sourceCommitSpecifier: undefined }],
  ])('%s: %s', async (operation, name, change) => {
    await expect(cloud.call(operation, { ...where, ...change })).rejects.toMatchObject(code(name))
  })

  test('a file that is not in conflict is described as such', async () => {
    const described = await cloud.call('DescribeMergeConflicts', { ...where, ...option, filePath: 'f' })
    expect(described).toMatchObject({
      conflictMetadata: {
        filePath: 'f',
        numberOfConflicts: 0,
        contentConflict: false,
        fileSizes: { base: 2, source: 2, destination: 2 },
      },
      mergeHunks: [],
    })
  })

  test('past its limits a merge is not even tried', async () => {
    const limited = await startHarness({
      limits: { mergeItems: 2, mergeContentBytes: 40, tipsDivergence: 2 },
    })
    try {
      const repositoryName = 'limited'
      await limited.call('CreateRepository', { repositoryName })
      importCommits(limited.directory(repositoryName), [
        { ref: 'refs/heads/main', files: { f: '1' } },
        { ref: 'refs/heads/two', files: { f: '1', a: 'a', b: 'b' }, parents: [':1'] },
        { ref: 'refs/heads/three', files: { f: '1', a: 'a', b: 'b', c: 'c' }, parents: [':1'] },
        { ref: 'refs/heads/large', files: { f: 'x'.repeat(40) }, parents: [':1'] },
        { ref: 'refs/heads/small', files: { f: 'x' }, parents: [':1'] },
        { ref: 'refs/heads/far', files: { f: '1', a: 'a' }, parents: [':2'] },
        { ref: 'refs/heads/far', files: { f: '1', a: 'b' }, parents: [':6'] },
      ])
      const ask = (sourceCommitSpecifier: string, destinationCommitSpecifier = 'main') =>
        limited.call('GetMergeConflicts', {
          repositoryName,
          sourceCommitSpecifier,
          destinationCommitSpecifier,
          mergeOption: 'SQUASH_MERGE',
          conflictDetailLevel: 'LINE_LEVEL',
        })
      expect(await ask('two')).toMatchObject({ mergeable: true })
      await expect(ask('three')).rejects.toMatchObject(code('MaximumItemsToCompareExceeded'))
      await expect(ask('large', 'small')).rejects.toMatchObject(code('MaximumFileContentToLoadExceeded'))
      await expect(ask('far')).rejects.toMatchObject(code('TipsDivergenceExceeded'))
    } finally {
      await limited.stop()
    }
  })
})

test('the commit of a merge is found: by its two ends, by the branch that holds it, and where a push made it', async () => {
  const { where, directory, base, source, destination } = await disjoint()
  const none = { sourceCommitId: source, destinationCommitId: destination, baseCommitId: base }
  expect(await cloud.call('GetMergeCommit', where)).toEqual(none)
  const { commitId } = await cloud.call('MergeBranchesBySquash', where)
  expect(await cloud.call('GetMergeCommit', { ...where, destinationCommitSpecifier: destination })).toEqual({
    ...none,
    mergedCommitId: commitId,
  })
  expect(await cloud.call('GetMergeCommit', where)).toMatchObject({
    destinationCommitId: commitId,
    mergedCommitId: commitId,
  })
  const [pushed] = importCommits(directory, [
    { ref: 'refs/heads/pushed', files: { f: 'x' }, parents: [destination, source] },
    { ref: 'refs/heads/pushed', files: { f: 'y' }, parents: [':1'] },
  ])
  expect(
    await cloud.call('GetMergeCommit', { ...where, destinationCommitSpecifier: 'pushed' }),
  ).toMatchObject({
    mergedCommitId: pushed,
  })
  await cloud.call('DeleteRepository', where)
})

test('a fast-forward is offered where the destination lies behind', async () => {
  const { where, base } = await disjoint()
  expect(await cloud.call('GetMergeOptions', { ...where, destinationCommitSpecifier: 'main' })).toMatchObject(
    {
      mergeOptions: ['FAST_FORWARD_MERGE', 'SQUASH_MERGE', 'THREE_WAY_MERGE'],
      baseCommitId: base,
      destinationCommitId: base,
    },
  )
  for (const [destinationCommitSpecifier, mergeable] of [
    ['main', true],
    ['destination', false],
  ]) {
    const asked = { ...where, destinationCommitSpecifier, mergeOption: 'FAST_FORWARD_MERGE' }
    const answer = await cloud.call('GetMergeConflicts', asked)
    expect(answer).toMatchObject({ mergeable, conflictMetadataList: [] })
  }
})
