import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Developer, developerOf } from '../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../support/live-cloud.ts'
import { awsKeyId, letters, plantKey } from '../support/planted.ts'

const CONFIG = `
version: 1
replicate: [{ repositories: ['elsewhere'], to: [{ region: eu-west-1 }] }]
scan: [{ repositories: ['*'] }]
topics: { security: {} }
notify: [{ topic: security, events: [secret] }]
`

/** What a team writes runs on re2js, whose file lies beside the function and is loaded by the first of its expressions. */
const TEAM = `
[extend]
useDefault = true

[[rules]]
id = "acme-token"
regex = '''\\b(acme_[0-9a-f]{32})\\b'''
keywords = ["acme_"]

[[rules]]
id = "bomb"
regex = '''(x+x+)+y'''

[[rules]]
id = "another-bomb"
regex = '''(a|aa|a?)*c[0-9]{1000}'''
keywords = ["aaaa"]
`

const MEBIBYTE = 2 ** 20
const acme = (seed: string): string => ['acme', letters(seed, '0123456789abcdef', 32)].join('_')

let live: LiveCloud
let eve: Developer
beforeAll(async () => {
  live = await raiseCloud({ config: CONFIG })
  await live.createRepository('orders')
  eve = await developerOf(live, 'orders')
}, 60_000)
afterAll(async () => {
  eve?.leave()
  await live?.stop()
})

const push = async (files: Readonly<Record<string, string>>): Promise<string> => {
  for (const [path, text] of Object.entries(files)) writeFileSync(join(eve.folder, path), text)
  const commit = await eve.commit('work')
  await eve.git('push', '--quiet', 'origin', 'main')
  return commit
}

interface Found {
  readonly found: number
  readonly findings: readonly { readonly rule: string; readonly path: string; readonly commit: string }[]
}
const foundIn = async (commit: string): Promise<Found> => {
  const isOf = ({ findings }: Record<string, unknown>) =>
    (findings as Found['findings']).some((finding) => finding.commit === commit)
  return (await live.untilEvent('Secret Found', isOf)).detail as unknown as Found
}

test('the team’s own rule finds in the function as it is deployed', async () => {
  await push({ '.gitleaks.toml': TEAM })
  const commit = await push({ 'a.env': `KEY=${acme('one')}\n` })
  const { findings } = await foundIn(commit)
  expect(findings).toMatchObject([{ rule: 'acme-token', path: 'a.env', commit }])
})

test('many findings, long lines, bombs of expressions and of packs in one push: told what was not looked at, and no task', async () => {
  const many = Array.from({ length: 100_000 }, (_, at) => `key ${awsKeyId(`many ${at}`)}`)
  const commit = await push({
    'many.txt': many.join('\n'),
    'line.txt': `${'word '.repeat(MEBIBYTE / 5)}${plantKey('line')}`,
    'bomb-of-expression.txt': `${'x'.repeat(MEBIBYTE)}\n${'a'.repeat(MEBIBYTE)}`,
    // some 40 KiB in the pack
    'bomb-of-pack.txt': `${'0'.repeat(40 * MEBIBYTE)} ${plantKey('pack')}`,
  })
  const { found, findings } = await foundIn(commit)
  expect(found).toBeLessThan(3_000)
  expect(findings.length).toBeLessThanOrEqual(50)
  const { detail } = await live.untilEvent('Scan Incomplete')
  const gap = expect.objectContaining({ reason: 'findings', path: 'many.txt' })
  expect(detail).toMatchObject({ gaps: expect.arrayContaining([gap]) })
  const ecs = new ECSClient(live.aws)
  const cluster = 'codecommit-relay-local-cluster'
  for (const desiredStatus of ['RUNNING', 'STOPPED'] as const)
    expect((await ecs.send(new ListTasksCommand({ cluster, desiredStatus }))).taskArns).toEqual([])
})

test('the push after it is searched as any other', async () => {
  const commit = await push({ 'b.env': `KEY=${acme('after')}\n` })
  const { found, findings } = await foundIn(commit)
  expect([found, findings]).toMatchObject([1, [{ rule: 'acme-token', path: 'b.env', commit }]])
})
