import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { machine, paired, type Row, row, rowAtMost, table } from '../harness.ts'
import { makeHistory } from './history.ts'

const run = promisify(execFile)

export const meaning =
  'Every object of a pack read once, as CPU time (user and system: other work on the machine does not count). Git indexes the pack on one thread, then cat-file gives every object; a process of Node is started for ours and for isomorphic-git, whose start is not counted.'

/** @param quick a small pack, one round */
export const benchPack = async (quick: boolean): Promise<Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-bench-pack-'))
  try {
    if (quick)
      return await benchSize(folder, { megabytes: 1, rounds: 1, goal: 1.2, judged: false, isomorphic: true })
    return [
      ...(await benchSize(folder, { megabytes: 12, rounds: 5, goal: 1.2, judged: true, isomorphic: true })),
      ...(await benchSize(folder, { megabytes: 100, rounds: 3, goal: 2, judged: true, isomorphic: false })),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Size {
  readonly megabytes: number
  readonly rounds: number
  readonly goal: number
  /** false: too small, what is measured is how Node warms up */
  readonly judged: boolean
  /** minutes for a large pack */
  readonly isomorphic: boolean
}

const benchSize = async (
  folder: string,
  { megabytes, rounds, goal, judged, isomorphic }: Size,
): Promise<Row[]> => {
  const pack = await makeHistory(join(folder, `${megabytes}.git`), megabytes * 1e6)
  const once = await child('ours', pack)
  const size = `${(statSync(pack).size / 1e6).toFixed(0)} MB pack, ${once.objects} objects, ${(once.bytes / 1e6).toFixed(0)} MB inflated`
  const ours = async () => (await child('ours', pack)).cpuMs
  const rows = [
    rowAtMost({
      work: size,
      against: 'git index-pack, git cat-file --batch',
      unit: 'ms',
      goal,
      judged,
      ...(await paired(rounds, ours, () => gitCpuMs(folder, pack))),
    }),
    row({
      work: `${size}: peak memory`,
      against: 'nothing',
      unit: 'MB',
      ours: once.peakMB,
      theirs: Number.NaN,
    }),
  ]
  if (!isomorphic) return rows
  const theirs = async () => (await child('isomorphic-git', pack)).cpuMs
  const against = 'isomorphic-git indexPack, readObject'
  return [
    ...rows,
    row({ work: size, against, unit: 'ms', goal: 6, judged, ...(await paired(1, ours, theirs)) }),
  ]
}

const child = async (reader: string, pack: string) => {
  const script = join(import.meta.dirname, 'pack-child.ts')
  const { stdout } = await run(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    script,
    reader,
    pack,
  ])
  return JSON.parse(stdout) as { objects: number; bytes: number; cpuMs: number; peakMB: number }
}

/** In a repository that has only the pack. The shell's `times` tells what its children took. */
const gitCpuMs = async (folder: string, pack: string): Promise<number> => {
  const repository = join(folder, 'judge.git')
  await run('git', ['init', '--quiet', '--bare', repository])
  mkdirSync(join(repository, 'objects/pack'), { recursive: true })
  copyFileSync(pack, join(repository, 'objects/pack/pack-1.pack'))
  const script =
    'git index-pack --threads=1 objects/pack/pack-1.pack >/dev/null && git cat-file --batch --batch-all-objects >/dev/null && times'
  const { stdout } = await run('sh', ['-c', script], { cwd: repository })
  rmSync(repository, { recursive: true, force: true })
  const [, children = ''] = stdout.trim().split('\n')
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1_000,
    0,
  )
}

// node tests/bench/scanning/pack.ts [--quick]
if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
  process.stdout.write(`${machine()}\n${meaning}\n\n${table(await benchPack(values.quick))}\n`)
}
