import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { kept } from '../../stack/rule-cache.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-rule-cache-'))
})
afterEach(() => {
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true, force: true })
})

const never = (): Buffer => {
  throw new Error('made again')
}
const only = (): string => join(folder, readdirSync(folder)[0] ?? '')

describe('compiled rules that are kept', () => {
  test('are made once, and read from then on', () => {
    expect(kept(folder, () => Buffer.from('a\nb')).toString()).toBe('a\nb')
    expect(kept(folder, never).toString()).toBe('a\nb')
  })

  test.each([
    ['cut short', (file: Buffer) => file.subarray(0, -1)],
    ['changed', (file: Buffer) => Buffer.concat([file.subarray(0, -1), Buffer.from('x')])],
    ['empty', () => Buffer.alloc(0)],
    ['without a line', () => Buffer.from('x')],
  ])('a file that is %s is made again', (_, broken) => {
    kept(folder, () => Buffer.from('first'))
    writeFileSync(only(), broken(readFileSync(only())))
    expect(kept(folder, () => Buffer.from('second')).toString()).toBe('second')
    expect(kept(folder, never).toString()).toBe('second')
  })

  test('what other sources left is removed, other files are not', () => {
    writeFileSync(join(folder, 'rules-older.json'), '')
    writeFileSync(join(folder, 'other.json'), '')
    kept(folder, () => Buffer.from('new'))
    expect(readdirSync(folder).filter((name) => name === 'rules-older.json')).toEqual([])
    expect(readdirSync(folder)).toHaveLength(2)
    expect(readdirSync(folder)).toContain('other.json')
  })

  test('where no folder can be, the rules are there all the same', () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    expect(kept(join(file, 'below'), () => Buffer.from('made')).toString()).toBe('made')
    expect(readdirSync(folder)).toEqual(['file'])
  })
})
