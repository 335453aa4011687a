import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Developer, developerOf } from '../../support/developer.ts'
import { type LiveCloud, raiseCloud } from '../../support/live-cloud.ts'
import { awsKeyId } from '../../support/planted.ts'
import { median, type Row, row } from '../harness.ts'
import { tell } from '../replication/stage.ts'
import type { Scene } from './scene.ts'

const run = promisify(execFile)
const RELAY = resolve(import.meta.dirname, '../../../cli/relay.mjs')
/** Nothing is replicated beside it. */
const CONFIG =
  "version: 1\nreplicate: [{ repositories: [none], to: [{ region: eu-west-1 }] }]\nscan: [{ repositories: ['*'] }]\n"

/**
 * From `git push` to `Secret Found` on the bus, on the local cloud, beside what people do without: clone the whole repository and
 * search its history. The same history, pushed bit by bit; the clone is told nothing of what was searched before.
 */
export const benchFound = async ({ quick }: Scene): Promise<Row[]> => {
  const live = await raiseCloud({ config: CONFIG })
  try {
    const rows: Row[] = []
    for (const megabytes of quick ? [1] : [1, 100])
      rows.push(...(await pushes(live, megabytes, quick ? 2 : megabytes === 1 ? 5 : 3)))
    return rows
  } finally {
    await live.stop()
  }
}

const pushes = async (live: LiveCloud, megabytes: number, rounds: number): Promise<Row[]> => {
  const name = `found-${megabytes}`
  await live.createRepository(name)
  const nina = await developerOf(live, name)
  try {
    // the function, too, is warm
    await pushSecret(live, nina, name, 0, 1)
    const times = { start: [] as number[], end: [] as number[], whole: [] as number[] }
    for (let round = 1; round <= rounds; round += 1) {
      const { start, end } = await pushSecret(live, nina, name, round, megabytes)
      times.start.push(start)
      times.end.push(end)
      times.whole.push(await wholeClone(live, name))
      tell(`found: ${megabytes} MB, ${round} of ${rounds}`)
    }
    const theirs = median(times.whole)
    const against = `git clone and relay scan of all of it (${rounds} pushes)`
    const work = `push of ${megabytes} MB: Secret Found`
    return [
      row({ work: `${work} after the push began`, against, unit: 'ms', ours: median(times.start), theirs }),
      row({ work: `${work} after the push returned`, against, unit: 'ms', ours: median(times.end), theirs }),
    ]
  } finally {
    nina.leave()
  }
}

/** Lines that compress like source, of which no two pushes have the same. */
const textOf = (round: number, megabytes: number): string[] => {
  const files: string[] = []
  let state = round + 1
  for (let file = 0; file < megabytes * 4; file += 1) {
    const lines: string[] = []
    for (let size = 0; size < 250_000; size += lines.at(-1)?.length ?? 0) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      lines.push(
        `  export const field${state % 9_973} = read(source${state >>> 20}, ${state}, 'name ${file}')\n`,
      )
    }
    files.push(lines.join(''))
  }
  return files
}

const pushSecret = async (
  live: LiveCloud,
  nina: Developer,
  name: string,
  round: number,
  megabytes: number,
): Promise<{ start: number; end: number }> => {
  const files = textOf(round, megabytes)
  files[0] += `key = ${awsKeyId(`${name} ${round}`)}\n`
  for (const [at, text] of files.entries()) writeFileSync(join(nina.folder, `part-${at}.ts`), text)
  const commit = await nina.commit(`round ${round}`)
  const found = (detail: Record<string, unknown>) =>
    (detail.findings as { commit?: string }[]).some((one) => one.commit === commit)
  const began = performance.now()
  const seen = new Promise<number>((done) => {
    const unwatch = live.cloud.watch((envelope) => {
      const detail = envelope.detail as Record<string, unknown>
      if (envelope['detail-type'] !== 'Secret Found' || !found(detail)) return
      unwatch()
      done(performance.now())
    })
  })
  await nina.git('push', '--quiet', 'origin', 'main')
  const returned = performance.now()
  await live.untilEvent('Secret Found', found, 300_000)
  const at = await seen
  return { start: at - began, end: at - returned }
}

const wholeClone = async (live: LiveCloud, name: string): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-bench-clone-'))
  try {
    const began = performance.now()
    await run('git', ['clone', '--quiet', live.url(name), folder], { env: live.gitEnvironment })
    await run(RELAY, ['scan', folder, '--exit-code', '0', '--format', 'json'], {
      env: { ...live.gitEnvironment, RELAY_FINGERPRINT_KEY: `bench:${'0'.repeat(64)}` },
      maxBuffer: 2 ** 26,
    })
    return performance.now() - began
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
