import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseHunks } from '../../../local/codecommit/merging/hunks.ts'
import { linesOf } from '../../../local/codecommit/merging/lines.ts'
import { type Files, gitIn, importCommits } from './fast-import.ts'
import { type Harness, startHarness } from './harness.ts'

let cloud: Harness
let directory: string
const repositoryName = 'lines'
beforeAll(async () => {
  cloud = await startHarness()
  await cloud.call('CreateRepository', { repositoryName })
  directory = cloud.directory(repositoryName)
})
afterAll(() => cloud.stop())

/** Few different lines, so that the same one stands in many places, and a last line with or without its end. */
const text = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 9 }), fc.boolean())
  .map(([lines, end]) => lines.join('\n') + (end && lines.length > 0 ? '\n' : ''))

/** A text, and two that came out of it by a few replacements. */
const triple = fc
  .tuple(
    text,
    fc.array(
      fc.tuple(fc.nat(9), fc.nat(3), fc.array(fc.constantFrom('a', 'b', 'x', 'y'), { maxLength: 3 })),
      {
        maxLength: 2,
      },
    ),
    fc.array(
      fc.tuple(fc.nat(9), fc.nat(3), fc.array(fc.constantFrom('a', 'b', 'x', 'z'), { maxLength: 3 })),
      {
        maxLength: 2,
      },
    ),
  )
  .map(([base, ...edits]) => {
    const edited = edits.map((changes) => {
      const lines = linesOf(Buffer.from(base))
      for (const [at, gone, added] of changes) lines.splice(at, gone, ...added.map((line) => `${line}\n`))
      return lines.join('')
    })
    return { base, source: edited[0]!, destination: edited[1]! }
  })

/** git's own merge of two commits: the tree, and the paths in conflict. */
const mergeTree = (ours: string, theirs: string) => {
  const args = ['--git-dir', directory, 'merge-tree', '--write-tree', '-z', '--name-only', '--no-messages']
  const { status, stdout } = spawnSync('git', [...args, ours, theirs])
  const [tree = '', ...paths] = stdout.toString().split('\0').filter(Boolean)
  return { clean: status === 0, tree, conflicts: paths }
}

test('lines are merged where git merges them, to the same text, and nowhere else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(triple, { minLength: 120, maxLength: 120 }), async (triples) => {
      const side = (name: 'base' | 'source' | 'destination'): Files =>
        Object.fromEntries(triples.map((one, index) => [`f${index}`, one[name]]))
      const [, source, destination] = importCommits(directory, [
        { ref: 'refs/heads/base', files: side('base') },
        { ref: 'refs/heads/source', files: side('source'), parents: [':1'] },
        { ref: 'refs/heads/destination', files: side('destination'), parents: [':1'] },
      ])
      const expected = mergeTree(destination!, source!)
      const input = {
        repositoryName,
        sourceCommitSpecifier: source,
        destinationCommitSpecifier: destination,
        mergeOption: 'THREE_WAY_MERGE',
        conflictDetailLevel: 'LINE_LEVEL',
      }
      const { conflictMetadataList } = await cloud.call('GetMergeConflicts', input)
      const found = conflictMetadataList.map(({ filePath }: { filePath: string }) => filePath)
      expect([...found].sort()).toEqual([...expected.conflicts].sort())
      // what is in conflict is taken from the source: the rest must be the same
      const { treeId } = await cloud.call('CreateUnreferencedMergeCommit', {
        ...input,
        conflictResolutionStrategy: 'ACCEPT_SOURCE',
      })
      const differing = gitIn(directory, ['diff-tree', '-r', '--name-only', treeId, expected.tree])
      expect(
        differing.split('\n').filter((path) => path !== '' && !expected.conflicts.includes(path)),
      ).toEqual([])
    }),
    { numRuns: 4 },
  )
})

test('hunks of a patch, by blob; names that look like changes, files without lines and ends without a newline', () => {
  const one = '1'.repeat(40)
  const two = '2'.repeat(40)
  const patch = [
    'diff --git a/f b/f',
    `index ${one}..${two} 100644`,
    '--- a/f',
    '+++ b/f',
    '@@ -1,3 +1,4 @@',
    '-gone',
    '+new',
    '+--- newer',
    ' kept',
    '@@ -8,0 +9 @@ index',
    '+last',
    '\\ No newline at end of file',
    'diff --git a/empty b/empty',
    `index ${two}..${'0'.repeat(40)}`,
    'diff --git a/g b/g',
    `index ${two}..${one} 100644`,
    '--- a/g',
    '+++ /dev/null',
    '@@ -1,2 +0,0 @@',
    '-a',
    '-b',
    '',
  ].join('\n')
  const range = (start: number, end: number) => ({ start, end })
  expect(Object.fromEntries(parseHunks(patch))).toEqual({
    [`${one}..${two}`]: [
      { base: range(0, 1), side: range(0, 2) },
      { base: range(8, 8), side: range(8, 9) },
    ],
    [`${two}..${'0'.repeat(40)}`]: [],
    [`${two}..${one}`]: [{ base: range(0, 2), side: range(0, 0) }],
  })
})
