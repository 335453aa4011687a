import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { git } from './git.ts'

/** One thing that a developer does, and how it is told. */
export interface Step {
  readonly title: string
  /** name that the message about it holds */
  readonly mentions: string
  /** does it with real git, and pushes */
  run(): Promise<void>
}

/**
 * The demo: a developer's clone in a temporary folder, and four pushes. In a repository that already has commits (the state
 * of an earlier run) it goes on from there, with new names.
 * @param url clone address
 * @returns the steps in order, and `close` that removes the folder
 */
export const demoSteps = async (
  url: string,
  credentialFile: string,
  signal: AbortSignal,
): Promise<{ steps: readonly Step[]; close(): void }> => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-demo-'))
  const close = () => rmSync(folder, { recursive: true, force: true })
  try {
    await git(['clone', '--quiet', url, folder], { credentialFile, signal })
    const inClone = (...args: string[]) => git(args, { cwd: folder, credentialFile, signal })
    const empty = (await inClone('for-each-ref', '--count=1')).stdout === ''
    if (empty) await inClone('symbolic-ref', 'HEAD', 'refs/heads/main')
    const round = empty
      ? 1
      : 1 + (await inClone('tag', '--list', 'v1.*')).stdout.split('\n').filter(Boolean).length
    const commit = async (file: string, text: string, message: string) => {
      writeFileSync(join(folder, file), text)
      await inClone('add', file)
      await inClone('commit', '--quiet', '-m', message)
    }
    // an interrupted run leaves its commits behind: what stands on them must differ from them
    const base = empty ? 'nothing' : (await inClone('rev-parse', '--short', 'HEAD')).stdout.trim()
    return { close, steps: stepsOf(round, base, inClone, commit) }
  } catch (error) {
    close()
    throw error
  }
}

const stepsOf = (
  round: number,
  base: string,
  inClone: (...args: string[]) => Promise<unknown>,
  commit: (file: string, text: string, message: string) => Promise<void>,
): readonly Step[] => [
  {
    title: 'git push main, three commits',
    mentions: 'main',
    run: async () => {
      await commit(
        'README.md',
        `# Orders\n\nRound ${round}, on top of ${base}.\n`,
        `Describe the service, round ${round}`,
      )
      await commit('orders.ts', `export const round = ${round} // on top of ${base}\n`, 'Accept orders')
      await commit(
        'orders.test.ts',
        `// round ${round}, on top of ${base}\n`,
        'Test that orders are accepted',
      )
      await inClone('push', '--quiet', 'origin', 'HEAD:refs/heads/main')
    },
  },
  {
    title: `git push tag v1.${round}`,
    mentions: `v1.${round}`,
    run: async () => {
      await inClone('tag', '-a', `v1.${round}`, '-m', `Release 1.${round}`)
      await inClone('push', '--quiet', 'origin', `refs/tags/v1.${round}`)
    },
  },
  {
    title: `git push branch feature/discounts-${round}`,
    mentions: `feature/discounts-${round}`,
    run: async () => {
      await inClone('checkout', '--quiet', '-b', `feature/discounts-${round}`)
      await commit('discounts.ts', `export const discount = ${round}\n`, 'Give discounts')
      await inClone('push', '--quiet', 'origin', `refs/heads/feature/discounts-${round}`)
    },
  },
  {
    title: 'git push --force after an amended commit',
    mentions: `feature/discounts-${round}`,
    run: async () => {
      await inClone('commit', '--quiet', '--amend', '-m', 'Give discounts to regular customers')
      await inClone('push', '--quiet', '--force', 'origin', `refs/heads/feature/discounts-${round}`)
    },
  },
]
