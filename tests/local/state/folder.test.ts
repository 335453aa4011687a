import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { DATABASE, takeStateFolder } from '../../../local/state/folder.ts'
import { openStore } from '../../../local/state/store.ts'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'relay-folder-')), 'state')
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const used = (): void => {
  takeStateFolder(folder, false)()
  openStore(join(folder, DATABASE)).close()
  writeFileSync(join(folder, 'credentials'), '')
}

test('is made when missing, for its owner alone, and taken by one at a time', () => {
  const release = takeStateFolder(folder, false)
  expect(statSync(folder).mode & 0o077).toBe(0)
  expect(() => takeStateFolder(folder, false)).toThrow(expect.objectContaining({ code: 'FOLDER_IN_USE' }))
  expect(() => takeStateFolder(folder, true)).toThrow(expect.objectContaining({ code: 'FOLDER_IN_USE' }))
  release()
  takeStateFolder(folder, false)()
})

test('fresh forgets what an earlier cloud left, and nothing else does', () => {
  used()
  takeStateFolder(folder, false)()
  expect(existsSync(join(folder, 'credentials'))).toBe(true)
  takeStateFolder(folder, true)()
  expect(readdirSync(folder)).toEqual([])
})

test('fresh does not touch the state of a cloud that runs', () => {
  used()
  const release = takeStateFolder(folder, false)
  expect(() => takeStateFolder(folder, true)).toThrow()
  expect(existsSync(join(folder, 'credentials'))).toBe(true)
  release()
})

test.each([false, true])('a folder with other files is refused and left alone (fresh: %s)', (fresh) => {
  const foreign = join(folder, '..', 'home')
  takeStateFolder(foreign, false)()
  writeFileSync(join(foreign, 'thesis.txt'), 'ten years of work')
  expect(() => takeStateFolder(foreign, fresh)).toThrow(expect.objectContaining({ code: 'FOLDER_NOT_OURS' }))
  expect(readdirSync(foreign)).toEqual(['thesis.txt'])
})
