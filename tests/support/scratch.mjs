import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
const NAME = 'relay-tests-'
/** What must be free, both there and in the machine: several times what a whole run has in use at once. */
const FREE_BYTES = 4 * 2 ** 30

/** tmpfs from which programs may be started: tests write small ones. */
const isUsable = () => {
  try {
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
    const options = mounts.map((line) => line.split(' ')).findLast(([, place]) => place === MEMORY)?.[3]
    if (options === undefined || /\b(ro|noexec)\b/.test(options)) return false
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize >= FREE_BYTES && process.availableMemory() >= FREE_BYTES
  } catch {
    return false
  }
}

/** A run that was killed could not clear its folder: named by its process, it goes with the next run. */
const isLeft = (name) => {
  const pid = name.startsWith(NAME) ? Number.parseInt(name.slice(NAME.length), 10) : Number.NaN
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

const remove = (folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })

let scratch
/** What all suites of this run share. */
let shared

/**
 * Jest global setup. Thousands of small repositories come and go in a run, and a disk is what they wait for: with room in memory
 * the folder for temporary files lies there. Who sets TMPDIR has it as it is.
 */
export default () => {
  if (!process.env.TMPDIR && isUsable()) {
    for (const name of readdirSync(MEMORY)) if (isLeft(name)) remove(join(MEMORY, name))
    scratch = mkdtempSync(join(MEMORY, `${NAME}${process.pid}-`))
    process.env.TMPDIR = scratch
  }
  shared = mkdtempSync(join(tmpdir(), 'relay-run-'))
  // tests start thousands of Node processes, and most parse the same files
  process.env.NODE_COMPILE_CACHE ??= join(shared, 'compiled')
  process.env.RELAY_TESTS_SHARE = shared
}

/** Jest global teardown: what tests left behind does not stay in memory. */
export const clear = () => {
  for (const folder of [shared, scratch]) if (folder !== undefined) remove(folder)
}
