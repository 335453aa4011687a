import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type File, type Files, fsck, gitIn, importCommits } from './fast-import.ts'
import { type Harness, startHarness } from './harness.ts'

let cloud: Harness
let directory: string
const repositoryName = 'trees'
beforeAll(async () => {
  cloud = await startHarness()
  await cloud.call('CreateRepository', { repositoryName })
  directory = cloud.directory(repositoryName)
})
afterAll(() => cloud.stop())

const file: fc.Arbitrary<File> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('one\n', 'two\n', 'three\n') },
  fc.record({ mode: fc.constantFrom('100755', '120000'), content: fc.constantFrom('one\n', 'two\n') }),
  fc.record({ mode: fc.constant('160000'), content: fc.constantFrom('1'.repeat(40), '2'.repeat(40)) }),
)
const paths = ['a', 'a/x', 'a/y', 'a/x/deep', 'b', 'b/x', 'c', 'd/e/f', 'd/e']

/** Contents that no other path has: git would find renames, of which CodeCommit knows nothing. */
const unlikeOthers = (content: File, path: string): File => {
  if (typeof content === 'string') return `${path} ${content}`
  if (Buffer.isBuffer(content)) return content
  const id = Buffer.from(`${path}/${String(content.content)[0]}`)
    .toString('hex')
    .padEnd(40, '0')
  if (content.mode === '160000') return { ...content, content: id }
  return { ...content, content: `${path} ${String(content.content)}` }
}

/** A tree without a file in the place of a folder. */
const tree: fc.Arbitrary<Files> = fc
  .array(fc.tuple(fc.constantFrom(...paths), file), { maxLength: 7 })
  .map((entries) => {
    const files: Record<string, File> = {}
    for (const [path, content] of entries) {
      const clash = Object.keys(files).some(
        (other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
      )
      if (!clash) files[path] = unlikeOthers(content, path)
    }
    return files
  })

/** Sides that leave most of the base alone. */
const sides = fc
  .tuple(tree, tree, tree, fc.array(fc.boolean(), { minLength: 18, maxLength: 18 }))
  .map(([base, source, destination, keep]) => {
    const near = (side: Files, offset: number): Files => {
      const mixed: Record<string, File> = {}
      for (const [index, path] of paths.entries()) {
        const content = (keep[index + offset] ? base : side)[path]
        const clash = Object.keys(mixed).some(
          (other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
        )
        if (content !== undefined && !clash) mixed[path] = content
      }
      return mixed
    }
    return { base, source: near(source, 0), destination: near(destination, 9) }
  })

const gitMerge = (ours: string, theirs: string) => {
  const args = ['--git-dir', directory, 'merge-tree', '--write-tree', '-z']
  const { status, stdout, stderr } = spawnSync('git', [...args, '--name-only', '--no-messages', ours, theirs])
  if (status !== 0 && status !== 1) throw new Error(stderr.toString())
  return { clean: status === 0, tree: stdout.toString().split('\0')[0] }
}

const merged = async (ours: string, theirs: string, options: object = {}) => {
  const input = {
    repositoryName,
    sourceCommitSpecifier: theirs,
    destinationCommitSpecifier: ours,
    mergeOption: 'THREE_WAY_MERGE',
    ...options,
  }
  const { mergeable, conflictMetadataList } = await cloud.call('GetMergeConflicts', input)
  expect(mergeable).toBe(conflictMetadataList.length === 0)
  if (!mergeable) return { clean: false, conflicts: conflictMetadataList }
  return { clean: true, tree: (await cloud.call('CreateUnreferencedMergeCommit', input)).treeId }
}

test('trees are merged where git merges them, to the same tree, and nowhere else', async () => {
  let clean = 0
  await fc.assert(
    fc.asyncProperty(sides, async ({ base, source, destination }) => {
      const [, theirs, ours] = importCommits(directory, [
        { ref: 'refs/heads/base', files: base },
        { ref: 'refs/heads/source', files: source, parents: [':1'] },
        { ref: 'refs/heads/destination', files: destination, parents: [':1'] },
      ])
      const expected = gitMerge(ours!, theirs!)
      const found = await merged(ours!, theirs!)
      expect(found.clean).toBe(expected.clean)
      if (!found.clean) return
      clean += 1
      expect(found.tree).toBe(expected.tree)
    }),
    {
      numRuns: 40,
      examples: [
        // one side makes a file of a link and keeps its content, the other makes another file of it
        [
          {
            base: { 'a/x': { mode: '120000', content: 'a/x one\n' } },
            source: { 'a/x': 'a/x one\n' },
            destination: { 'a/x': 'a/x three\n' },
          },
        ],
      ],
    },
  )
  expect(clean).toBeGreaterThan(5)
  expect(fsck(directory)).toBe('')
})

const edit = (at: fc.Arbitrary<number>) =>
  fc.array(fc.tuple(at, fc.constantFrom('a', 'b', 'c')), { maxLength: 3 })
const crossing = fc.record({
  one: edit(fc.nat(2)),
  other: edit(fc.integer({ min: 5, max: 8 })),
  ours: edit(fc.nat(8)),
  theirs: edit(fc.nat(8)),
})

test('histories that cross over', async () => {
  await fc.assert(
    fc.asyncProperty(crossing, async ({ one, other, ours, theirs }) => {
      const text = (...edits: (typeof one)[]): Files => {
        const lines = ['1', '2', '3', '4', '5', '6', '7', '8', '9']
        for (const [at, line] of edits.flat()) lines[at] = line
        return { f: `${lines.join('\n')}\n` }
      }
      const [, , , destination, source] = importCommits(directory, [
        { ref: 'refs/heads/base', files: text() },
        { ref: 'refs/heads/one', files: text(one), parents: [':1'] },
        { ref: 'refs/heads/other', files: text(other), parents: [':1'] },
        { ref: 'refs/heads/ours', files: text(one, other, ours), parents: [':2', ':3'] },
        { ref: 'refs/heads/theirs', files: text(one, other, theirs), parents: [':3', ':2'] },
      ])
      const expected = gitMerge(destination!, source!)
      const found = await merged(destination!, source!, { conflictDetailLevel: 'LINE_LEVEL' })
      expect(found.clean).toBe(expected.clean)
      if (found.clean) expect(found.tree).toBe(expected.tree)
    }),
    { numRuns: 15 },
  )
})

test('histories that cross over, and whose ancestors are in conflict with one another', async () => {
  const lines = (...all: string[]): Files => ({
    f: `${all.join('\n')}\n`,
    ...(all.length > 4 && { g: 'new\n' }),
  })
  const [, , , ours, theirs, alike] = importCommits(directory, [
    { ref: 'refs/heads/base', files: lines('1', '2', '3', '4') },
    { ref: 'refs/heads/one', files: lines('one', '2', '3', '4'), parents: [':1'] },
    { ref: 'refs/heads/other', files: lines('other', '2', '3', '4'), parents: [':1'] },
    { ref: 'refs/heads/ours', files: lines('one', '2', '3', '4'), parents: [':2', ':3'] },
    { ref: 'refs/heads/theirs', files: lines('other', '2', '3', '4'), parents: [':3', ':2'] },
    { ref: 'refs/heads/alike', files: lines('one', '2', '3', '4', '5'), parents: [':3', ':2'] },
  ])
  const options = { conflictDetailLevel: 'LINE_LEVEL' }
  const { conflicts } = await merged(ours!, theirs!, options)
  expect(conflicts).toMatchObject([{ filePath: 'f', contentConflict: true, numberOfConflicts: 1 }])
  expect(gitMerge(ours!, theirs!).clean).toBe(false)
  expect((await merged(ours!, alike!, options)).tree).toBe(gitMerge(ours!, alike!).tree)
})

test('histories that have nothing in common are merged as if they had begun empty', async () => {
  const [source, destination] = importCommits(directory, [
    { ref: 'refs/heads/left', files: { same: 'x\n', left: 'l\n' } },
    { ref: 'refs/heads/right', files: { same: 'x\n', right: 'r\n' } },
  ])
  const input = { repositoryName, sourceCommitSpecifier: source, destinationCommitSpecifier: destination }
  const conflicts = await cloud.call('GetMergeConflicts', { ...input, mergeOption: 'SQUASH_MERGE' })
  expect(conflicts).toEqual({
    mergeable: true,
    sourceCommitId: source,
    destinationCommitId: destination,
    conflictMetadataList: [],
  })
  const { treeId } = await cloud.call('CreateUnreferencedMergeCommit', {
    ...input,
    mergeOption: 'SQUASH_MERGE',
  })
  expect(gitIn(directory, ['ls-tree', '-r', '--name-only', treeId]).split('\n')).toEqual([
    'left',
    'right',
    'same',
  ])
})

test('differences turn one tree into the other, as git’s do', async () => {
  await fc.assert(
    fc.asyncProperty(tree, tree, fc.integer({ min: 1, max: 4 }), async (before, after, MaxResults) => {
      const [old, now] = importCommits(directory, [
        { ref: 'refs/heads/before', files: before },
        { ref: 'refs/heads/after', files: after },
      ])
      const found: Record<string, string> = {}
      for (let NextToken: string | undefined; ; ) {
        const answer = await cloud.call('GetDifferences', {
          repositoryName,
          beforeCommitSpecifier: old,
          afterCommitSpecifier: now,
          MaxResults,
          ...(NextToken !== undefined && { NextToken }),
        })
        expect(answer.differences.length).toBeLessThanOrEqual(MaxResults)
        for (const { beforeBlob, afterBlob, changeType } of answer.differences) {
          const path = (beforeBlob ?? afterBlob).path
          const shown = [beforeBlob?.mode, afterBlob?.mode, beforeBlob?.blobId, afterBlob?.blobId, changeType]
          found[path] = shown.map((part) => part ?? '-').join(' ')
        }
        NextToken = answer.NextToken
        if (NextToken === undefined) break
      }
      expect(found).toEqual(rawDiff(old!, now!))
    }),
    { numRuns: 40 },
  )
})

/** git's raw difference; a change of type, T, is a modification to the API. */
const rawDiff = (before: string, after: string): Record<string, string> => {
  const fields = gitIn(directory, ['diff-tree', '-r', '--raw', '-z', '--no-renames', before, after]).split(
    '\0',
  )
  const found: Record<string, string> = {}
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode, mode, oldId, id, letter] = fields[at]!.slice(1).split(' ')
    const shown = [oldMode, mode, oldId, id].map((part) => (/^0+$/.test(part!) ? '-' : part))
    found[fields[at + 1]!] = [...shown, letter === 'T' ? 'M' : letter].join(' ')
  }
  return found
}
