import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { openStore } from '../../local/state/store.ts'
import { signGitPassword } from '../../shared/codecommit/git-password.ts'
import { handedOutIn } from './handed-out.ts'

test('what a cloud handed out is found in logs, tables, events and what it remembers, and not where it keeps it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-handed-out-'))
  const [secret, token] = ['secret', 'token'].map((word) => `${word}/`.repeat(8)) as [string, string]
  const keys = { accessKeyId: 'ASIAORCHARD01', secretAccessKey: secret, sessionToken: token }
  const remember = (collection: string, value: unknown) => {
    const store = openStore(join(folder, 'state.db'))
    store.collection(collection).put('1', value)
    store.close()
  }
  const where = (found: readonly string[]) => found.map((leak) => leak.split(': ')[0]).sort()
  try {
    remember('logs.streams', {})
    expect(() => handedOutIn(folder, {})).toThrow('none had a session')
    for (const name of ['iam.sessions', 'ecs.tokens']) remember(name, { id: 'ASIAORCHARD01', secret, token })
    mkdirSync(join(folder, 'logs'))
    writeFileSync(join(folder, 'logs/replicate'), 'nothing of it')
    expect(handedOutIn(folder, { events: '[]' })).toEqual([])
    writeFileSync(join(folder, 'logs/replicate'), `signed by ${secret}`)
    const { password } = signGitPassword(keys, { region: 'eu-west-1', host: 'h', path: '/p', now: 0 })
    remember('sqs.messages', { body: `https://x:${password}@h/p` })
    const found = handedOutIn(folder, { events: encodeURIComponent(token) })
    expect(where(found)).toEqual([
      'a signed Git password in sqs.messages 1',
      'the secret key of a session in logs/replicate',
      'the token of a session in events',
    ])
    for (const one of [secret, token, password]) expect(found.join()).not.toContain(one)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
