import { PYTHON_BOOTSTRAP } from './plain-bootstrap.ts'
import type { VersionRecord } from './records.ts'
import { familyOf } from './runtimes.ts'

export interface Programs {
  readonly nodePath: string
  /** local/lambda/bootstrap.ts, stripped of its types */
  readonly bootstrap: string
  readonly pythonPath: string | undefined
}

/** A Node process has more than a heap; the rest of the limit is for buffers, code and the binary itself. */
const HEAP_SHARE = 0.75

/** The program that loads a function's handler. @throws Error for a runtime that this machine cannot run (any more) */
export const programOf = (
  { runtime, memorySize }: VersionRecord,
  { nodePath, bootstrap, pythonPath }: Programs,
): { command: string; args: string[] } => {
  if (familyOf(runtime) === 'python') {
    if (pythonPath === undefined) throw new Error(`there is no python3 for the runtime ${runtime}`)
    return { command: pythonPath, args: ['-u', '-B', PYTHON_BOOTSTRAP] }
  }
  const heap = Math.floor(memorySize * HEAP_SHARE)
  return {
    command: nodePath,
    args: ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${heap}`, bootstrap],
  }
}
