import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const PRINT_ITSELF = 'import sys; print(sys.executable if sys.version_info >= (3, 8) else "")'

/**
 * The machine's python3 itself, not a shim that would start a shell for each process.
 * @param searchPath folders in which `python3` is looked for
 * @returns undefined where there is none, or an older one than 3.8
 */
export const findPython = async (searchPath: string): Promise<string | undefined> => {
  try {
    const { stdout } = await promisify(execFile)('python3', ['-I', '-c', PRINT_ITSELF], {
      env: { PATH: searchPath },
      timeout: 10_000,
    })
    return stdout.trim() || undefined
  } catch {
    // none, or none that works
    return undefined
  }
}
