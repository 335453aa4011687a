import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from '@jest/globals'

/** Whether a tool was found is remembered for the whole run: some take half a second to say that they are there. */
const noteOf = (name: string, args: readonly string[]): string | undefined => {
  const { RELAY_TESTS_SHARE: folder } = process.env
  return folder && join(folder, `found ${encodeURIComponent([name, ...args].join(' '))}`)
}

/**
 * Is a program of the machine there that a test needs and the project does not bring along? Says why when it is not, so that
 * nothing is left out in silence; with RELAY_REQUIRE_TOOLS=1 (where every tool must be there) a missing one is a failure.
 * @param args with which the program ends at once with status 0
 */
export const needTool = (name: string, args: readonly string[] = ['--version']): boolean => {
  const note = noteOf(name, args)
  if (note !== undefined && existsSync(note)) return true
  const { status, error } = spawnSync(name, args, { stdio: 'ignore' })
  if (status === 0) {
    if (note !== undefined) writeFileSync(note, '')
    return true
  }
  const reason = `${name} is not usable here (${error ? error.message : `exit status ${status}`})`
  if (process.env.RELAY_REQUIRE_TOOLS === '1')
    throw new Error(`${reason}, and RELAY_REQUIRE_TOOLS=1 asks for it`)
  process.stderr.write(`skipped: ${reason}: tests that need it do not run\n`)
  return false
}

/** `test` where the tool is there, else a test that shows as skipped. */
export const testWith = (name: string, args?: readonly string[]): typeof test | typeof test.skip =>
  needTool(name, args) ? test : test.skip
