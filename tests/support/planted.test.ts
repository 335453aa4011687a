import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { plantedIn, plantKey } from './planted.ts'

test('a planted secret is found in a state folder and in what else was seen, in any form, and not in a repository', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-planted-'))
  try {
    const key = plantKey('out')
    mkdirSync(join(folder, 'logs'))
    mkdirSync(join(folder, '1/us-east-1/x.git/objects'), { recursive: true })
    writeFileSync(join(folder, '1/us-east-1/x.git/objects/pack'), key)
    writeFileSync(join(folder, 'logs/scan.log'), 'nothing of it')
    expect(plantedIn(folder, { events: '[]' })).toEqual([])
    writeFileSync(join(folder, 'logs/scan.log'), `found ${key.slice(4)} in line 3`)
    const found = plantedIn(folder, { events: Buffer.from(key.slice(4)).toString('hex') })
    expect(found.map((leak) => leak.split(': ')[0]).sort()).toEqual([
      'planted 0 in events',
      'planted 0 in logs/scan.log',
    ])
    expect(found.join()).not.toContain(key.slice(4))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
