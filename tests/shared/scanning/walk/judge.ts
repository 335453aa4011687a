import { compileRules } from '../../../../shared/scanning/engine/compile.ts'
import { createEngine } from '../../../../shared/scanning/engine/engine.ts'
import type { RuleSet } from '../../../../shared/scanning/types.ts'
import type { Repository } from './repository.ts'

/**
 * What gitleaks' `git` command finds, by its own way: the added lines of each hunk of `git log -p -U0`, each hunk by itself. As
 * `commit path line secret`, sorted.
 */
export const foundInLog = ({ git }: Repository, rules: RuleSet): string[] => {
  const engine = createEngine(compileRules(rules))
  const log = git([
    '-c',
    'core.quotePath=false',
    'log',
    '-p',
    '-U0',
    '--full-history',
    '--all',
    '--diff-filter=tuxdb',
  ])
  const found: string[] = []
  let commit = ''
  let path = ''
  let line = 0
  let left = 0
  let text: string[] = []
  const end = () => {
    if (text.length === 0) return
    for (const hit of engine.scan(Buffer.from(text.join(''), 'latin1'), { path, commit }).hits)
      found.push(`${commit} ${path} ${hit.startLine + line - 1} ${hit.secret}`)
    text = []
  }
  for (const row of log.toString('latin1').split('\n')) {
    if (left > 0 && row.startsWith('+')) {
      text.push(`${row.slice(1)}\n`)
      left -= 1
      continue
    }
    if (row.startsWith('\\') && text.length > 0) text.push(text.pop()!.slice(0, -1))
    else if (row.startsWith('commit ')) {
      end()
      commit = row.slice(7, 47)
    } else if (row.startsWith('+++ b/')) {
      end()
      path = Buffer.from(row.slice(6).replace(/\t$/, ''), 'latin1').toString()
    } else if (row.startsWith('@@ ')) {
      end()
      const [, from = '0', count = '1'] = /\+(\d+)(?:,(\d+))?/.exec(row) ?? []
      line = Number(from)
      left = Number(count)
    }
  }
  end()
  return found.sort()
}
