import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { buildPrograms, newWorld, REPLICA, SOURCE, type World } from './containers/mirror/harness.ts'
import { treeOf } from './support/processes.ts'

// npm run soak:sizes [-- --only NAME] [-- --share PERCENT]: the container's program, once by the relay without any git program and
// once by git, makes the replica of a repository that is too large for the suite. Then both sides must hold the same refs, `git fsck
// --full` must find nothing, and the program's peak of memory is printed. Exit status 1 when one of these is not so.
const { values } = parseArgs({
  options: { only: { type: 'string' }, share: { type: 'string', default: '100' } },
})
const share = Number(values.share) / 100
const MB = 1_000_000

const SHAPES: Readonly<Record<string, (world: World) => Promise<void>>> = {
  '100,000 commits': (world) => importInto(world, commits(100_000 * share)),
  'two files of 200 MB': (world) => importInto(world, files(2, 200 * MB * share)),
  '1 GB in 40 files': (world) => importInto(world, files(40, 25 * MB * share)),
}

function* commits(count: number): Generator<string | Buffer> {
  for (let index = 0; index < count; index += 1) {
    const text = `change ${index}\n`
    yield `commit refs/heads/main\ncommitter Nina <nina@example.com> ${1_700_000_000 + index} +0000\n`
    yield `data ${text.length}\n${text}M 100644 inline folder-${index % 20}/file-${index % 300}.txt\ndata ${text.length}\n${text}\n`
  }
}

/** Random bytes: nothing that a pack could make smaller. */
function* files(count: number, size: number): Generator<string | Buffer> {
  for (let index = 0; index < count; index += 1) {
    yield `blob\nmark :${index + 1}\ndata ${size}\n`
    for (let left = size; left > 0; left -= MB) yield randomBytes(Math.min(MB, left))
    yield '\n'
  }
  yield 'commit refs/heads/main\ncommitter Nina <nina@example.com> 1700000000 +0000\ndata 5\nfiles\n'
  for (let index = 0; index < count; index += 1) yield `M 100644 :${index + 1} file-${index}.bin\n`
}

/** `git fast-import` into the source, in which the first commit of {@link newWorld} is replaced. */
const importInto = async (world: World, stream: Iterable<string | Buffer>): Promise<void> => {
  const folder = world.git(SOURCE, 'rev-parse', '--absolute-git-dir')
  for (const setting of ['core.compression=0', 'core.bigFileThreshold=1m', 'fastimport.unpackLimit=0'])
    world.git(SOURCE, 'config', ...(setting.split('=') as [string, string]))
  const child = spawn('git', ['fast-import', '--quiet', '--force'], {
    env: { PATH: process.env.PATH, GIT_DIR: folder },
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  for (const piece of stream) if (!child.stdin.write(piece)) await once(child.stdin, 'drain')
  child.stdin.end()
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`)
}

/** Peaks in MB: of the program as the kernel counted it, and of all its processes together as they were looked at. */
const watchMemory = (pid: number) => {
  const peaks = { program: 0, all: 0 }
  const timer = setInterval(() => {
    const tree = treeOf(pid)
    peaks.all = Math.max(peaks.all, Math.round(tree.reduce((sum, { resident }) => sum + resident, 0) / 1000))
    try {
      const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
      peaks.program = Math.max(peaks.program, Math.round(Number(kilobytes ?? 0) / 1000))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }, 100)
  return { peaks, stop: () => clearInterval(timer) }
}

const makeReplica = async (world: World, way: 'relay' | 'git') => {
  const begun = performance.now()
  const { child, ended } = world.start(
    way === 'git' ? { RELAY_WAY: 'git' } : { RELAY_WAY: '', PATH: '/nonexistent' },
  )
  const memory = watchMemory(child.pid ?? 0)
  const run = await ended
  memory.stop()
  const seconds = Math.round((performance.now() - begun) / 100) / 10
  const problems = [
    ...(run.code === 0 ? [] : [`ended with ${run.code}: ${run.output.slice(-500)}`]),
    ...(run.code === 0 && world.refs(REPLICA) !== world.refs(SOURCE) ? ['refs differ'] : []),
    ...(run.code === 0 ? [world.git(REPLICA, 'fsck', '--full', '--no-progress')].filter(Boolean) : []),
  ]
  return { way, seconds, programMB: memory.peaks.program, allMB: memory.peaks.all, problems }
}

const programs = await buildPrograms()
for (const [name, make] of Object.entries(SHAPES)) {
  if (values.only !== undefined && !name.includes(values.only)) continue
  for (const way of ['relay', 'git'] as const) {
    const world = await newWorld(programs.folder)
    try {
      await make(world)
      const bytes = /size-pack: (\d+)/.exec(world.git(SOURCE, 'count-objects', '-v'))?.[1]
      const done = await makeReplica(world, way)
      process.stdout.write(`${JSON.stringify({ name, packMB: Math.round(Number(bytes) / 1000), ...done })}\n`)
      if (done.problems.length > 0) process.exitCode = 1
    } finally {
      await world.close()
    }
  }
}
programs.remove()
