import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { digestOf } from '../../../shared/replication/digest.ts'
import { type LiveCloud, raiseCloud } from '../../support/live-cloud.ts'
import { type Row, row } from '../harness.ts'

const run = promisify(execFile)

/** 200 a minute. */
const EVERY_MS = 300
const PATIENCE_MS = 120_000

/**
 * Pushes at a steady pace over many repositories of a local cloud, through events, queues and functions; how long after each the
 * event came that proves that very state.
 */
export const benchPushes = async (sizes: { pushes: number; repositories: number }): Promise<Row[]> => {
  const live = await raiseCloud()
  try {
    const names = Array.from({ length: sizes.repositories }, (_, index) => `bench-${index}`)
    const folders = new Map<string, string>()
    for (const name of names) folders.set(name, await begin(live, name))
    for (const name of names) await live.untilEqual(name)
    const calls = countTableCalls(live)
    const waits: Promise<number>[] = []
    const began = performance.now()
    for (let index = 0; index < sizes.pushes; index += 1) {
      await sleep(Math.max(0, began + index * EVERY_MS - performance.now()))
      const name = names[index % names.length] ?? ''
      waits.push(pushAndWait(live, name, folders.get(name) ?? '', `change ${index}`))
      waits.at(-1)?.catch(() => undefined)
    }
    const times = (await Promise.all(waits)).sort((a, b) => a - b)
    const at = (share: number) => times[Math.ceil(times.length * share) - 1] ?? Number.NaN
    const work = `${sizes.pushes} pushes, 200 a minute over ${sizes.repositories} repositories, local cloud: push to proof`
    const shown = { against: 'stated only', unit: 'ms' as const, theirs: Number.NaN }
    const counted = { ...shown, unit: 'calls' as const }
    return [
      row({ work: `${work}, p50`, ours: at(0.5), ...shown }),
      row({ work: `${work}, p99`, ours: at(0.99), ...shown }),
      row({ work: 'the same: writes to the table per push', ours: calls.writes / sizes.pushes, ...counted }),
      row({ work: 'the same: reads of the table per push', ours: calls.reads / sizes.pushes, ...counted }),
    ]
  } finally {
    await live.stop()
  }
}

/** What all functions ask of DynamoDB from now on. */
const countTableCalls = ({ cloud }: LiveCloud) => {
  const calls = { reads: 0, writes: 0 }
  cloud.watchDecisions(({ action, allowed }) => {
    if (!allowed || !action.startsWith('dynamodb:')) return
    calls[/:(Get|Query|Scan|Describe)/.test(action) ? 'reads' : 'writes'] += 1
  })
  return calls
}

const git = (live: LiveCloud, folder: string, ...args: string[]) =>
  run('git', ['-C', folder, ...args], { env: live.gitEnvironment })

const begin = async (live: LiveCloud, name: string): Promise<string> => {
  const folder = join(live.folder, `work-${name}`)
  mkdirSync(folder)
  await live.createRepository(name)
  await git(live, folder, 'init', '--quiet', '--initial-branch=main')
  await git(live, folder, 'commit', '--quiet', '--allow-empty', '-m', 'first')
  await git(live, folder, 'push', '--quiet', live.url(name), 'main')
  return folder
}

/** Digests of what was pushed to each repository, oldest first: a later proof proves what was pushed before it, too. */
const pushedTo = new Map<string, string[]>()

const turns = new Map<string, Promise<unknown>>()

/** From the push's return until the proof of what it pushed. */
const pushAndWait = async (
  live: LiveCloud,
  name: string,
  folder: string,
  message: string,
): Promise<number> => {
  const digests = pushedTo.get(name) ?? []
  pushedTo.set(name, digests)
  // the developer of a repository pushes one thing after the other
  const turn = (turns.get(folder) ?? Promise.resolve()).then(async () => {
    await git(live, folder, 'commit', '--quiet', '--allow-empty', '-m', message)
    const { stdout } = await git(live, folder, 'rev-parse', 'HEAD')
    digests.push(digestOf(new Map([['refs/heads/main', stdout.trim()]])))
    await git(live, folder, 'push', '--quiet', live.url(name), 'main')
    return { place: digests.length - 1, pushed: Date.now() }
  })
  turns.set(folder, turn)
  const { place, pushed } = await turn
  const proof = await live.untilEvent(
    'Replica Updated',
    ({ repository, digest }) =>
      (repository as { name: string }).name === name && digests.indexOf(String(digest)) >= place,
    PATIENCE_MS,
  )
  return Math.max(0, Date.parse(String((proof.detail as { provenAt: string }).provenAt)) - pushed)
}
