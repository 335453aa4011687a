import { SCAN_EXIT, type ScanOptions } from '../commands/scan.ts'
import { stopSignal, tellFailure } from '../ending.ts'
import { createTerminal } from '../terminal.ts'
import { BadRules } from './rules.ts'
import { scan } from './scan.ts'

/** `relay scan` as a process: its report on standard output, all else on standard error, its exit status. */
export const runScan = async (target: string, options: ScanOptions): Promise<void> => {
  const terminal = createTerminal(process.stderr)
  const signal = stopSignal('Stopped.', 'Nothing was reported.')
  try {
    process.exitCode = await scan(target, options, { terminal, signal, write: writeOut })
  } catch (error) {
    const { explain } = await import('../explain.ts')
    tellFailure(signal.aborted ? signal.reason : explain(error, undefined), terminal)
    process.exitCode = signal.aborted
      ? 130
      : error instanceof BadRules
        ? SCAN_EXIT.badRules
        : SCAN_EXIT.failed
  }
}

/** resolves when it is written: a process that ends before would cut a report that goes into a pipe */
const writeOut = (text: string): Promise<void> =>
  new Promise((resolve) => {
    process.stdout.write(text, () => resolve())
  })
