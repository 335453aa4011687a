import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Bare, bareAt, makeBare } from './bare.ts'
import { initBare, readRefs, setRef, writeCommit, writeFiles, writeObject } from './loose.ts'

let ours: Bare
let gits: Bare
beforeAll(() => {
  gits = makeBare()
  ours = bareAt(join(gits.folder, 'ours.git'))
  initBare(ours.folder)
})
afterAll(() => gits.remove())

const FILES = {
  'a.txt': 'apples\n',
  'a/b': 'pears',
  'a-b': '',
  'a/ä/c': 'plums',
  raw: Buffer.from([0, 255, 10, 195]),
}

test('objects have the ids that git gives them, and git finds nothing wrong', async () => {
  const folder = ours.folder
  const blob = async (text: string | Buffer) => gits.git(['hash-object', '-w', '--stdin'], text)
  const entry = async (name: string, text: string | Buffer) => `100644 blob ${await blob(text)}\t${name}\n`
  const inner = await gits.git(['mktree'], await entry('c', FILES['a/ä/c']))
  const middle = await gits.git(['mktree'], `${await entry('b', FILES['a/b'])}040000 tree ${inner}\tä\n`)
  const lines = [
    `040000 tree ${middle}\ta\n`,
    await entry('raw', FILES.raw),
    await entry('a.txt', FILES['a.txt']),
    await entry('a-b', FILES['a-b']),
  ]
  const tree = await gits.git(['mktree'], lines.join(''))
  expect(writeFiles(folder, FILES)).toBe(tree)
  const first = await gits.git(['commit-tree', tree, '-m', 'größer'])
  expect(writeCommit(folder, tree, 'größer')).toBe(first)
  const other = await gits.git(['commit-tree', tree, '-m', 'other'])
  const merge = await gits.git(['commit-tree', tree, '-p', first, '-p', other, '-m', 'merge'])
  expect(writeCommit(folder, tree, 'other')).toBe(other)
  expect(writeCommit(folder, tree, 'merge', [first, other])).toBe(merge)
  const tag = `object ${first}\ntype commit\ntag v1\ntagger Nina <nina@example.com> 1767225600 +0000\n\none\n`
  expect(writeObject(folder, 'tag', tag)).toBe(
    await gits.git(['hash-object', '-t', 'tag', '-w', '--stdin'], tag),
  )
  setRef(folder, 'refs/heads/main', merge)
  setRef(folder, 'refs/tags/v1', writeObject(folder, 'tag', tag))
  expect(await ours.git(['fsck', '--full', '--strict', '--no-dangling', '--no-progress'])).toBe('')
})

test('refs are what git lists, loose and packed, moved and taken away', async () => {
  const folder = ours.folder
  const tree = writeFiles(folder, { one: '1' })
  const [one = '', two = ''] = ['one', 'two'].map((words) => writeCommit(folder, tree, words))
  const listed = async (...under: string[]) => {
    const text = await ours.git(['for-each-ref', '--format=%(refname) %(objectname)', ...under])
    return text.split('\n').map((line) => line.split(' '))
  }
  const both = async () => {
    expect([...readRefs(folder)]).toEqual(await listed('refs/heads', 'refs/tags'))
    expect([...readRefs(folder, ['refs'])]).toEqual(await listed())
  }
  for (const name of ['heads/a', 'heads/b/c', 'heads/b-c', 'heads/größe/日本', 'tags/a', 'notes/n'])
    setRef(folder, `refs/${name}`, one)
  await both()
  await ours.git(['pack-refs', '--all'])
  expect(existsSync(join(folder, 'refs/heads/a'))).toBe(false)
  setRef(folder, 'refs/heads/a', two)
  await ours.git(['update-ref', '-d', 'refs/heads/b-c'])
  await both()
  expect(readRefs(folder).get('refs/heads/a')).toBe(two)
})

test('an empty repository is one to git, and a ref that would be a folder is an error', async () => {
  const empty = bareAt(join(gits.folder, 'empty.git'))
  initBare(empty.folder)
  expect(await empty.git(['rev-parse', '--is-bare-repository'])).toBe('true')
  expect(await empty.git(['symbolic-ref', 'HEAD'])).toBe('refs/heads/main')
  expect(readRefs(empty.folder)).toEqual(new Map())
  const commit = writeCommit(empty.folder, writeFiles(empty.folder, {}), 'nothing')
  setRef(empty.folder, 'refs/heads/a/b', commit)
  expect(() => setRef(empty.folder, 'refs/heads/a', commit)).toThrow(/EISDIR|ENOTEMPTY/)
  expect(() => setRef(empty.folder, 'refs/heads/a/b/c', commit)).toThrow(/ENOTDIR|EEXIST/)
  setRef(empty.folder, 'refs/heads/bad', 'no id')
  expect(() => readRefs(empty.folder)).toThrow(/refs\/heads\/bad holds no object id/)
})
