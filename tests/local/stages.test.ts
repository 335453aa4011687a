import { expect, test } from '@jest/globals'
import { inStages } from '../../local/stages.ts'

test('stages run one after the other; what hangs or fails is told and keeps nothing else from ending', async () => {
  const ran: string[] = []
  const told: unknown[] = []
  const stage = (name: string, end: () => unknown) => () => {
    ran.push(name)
    return end()
  }
  const left = await inStages(
    (...line) => told.push(line),
    {
      first: stage('first', async () => void ran.push('first ended')),
      hangs: stage('hangs', () => new Promise(() => {})),
      throws: stage('throws', () => {
        throw new Error('no disk')
      }),
      rejects: stage('rejects', () => Promise.reject(new Error('no door'))),
      last: stage('last', () => undefined),
    },
    20,
  )
  expect(ran).toEqual(['first', 'first ended', 'hangs', 'throws', 'rejects', 'last'])
  expect(left).toEqual(['hangs', 'throws', 'rejects'])
  expect(told).toEqual([
    ['cloud', 'PROBLEM: a part does not stop, and is left', { stage: 'hangs', afterMs: 20 }],
    ['cloud', 'PROBLEM: a part could not be stopped', { stage: 'throws', error: 'Error: no disk' }],
    ['cloud', 'PROBLEM: a part could not be stopped', { stage: 'rejects', error: 'Error: no door' }],
  ])
})
