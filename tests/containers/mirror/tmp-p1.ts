import { spawnSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeRepository } from '../../support/codecommit-api.ts'
import { startGitServer } from '../../support/git-server.ts'
import { signGitPassword } from '../../../shared/codecommit/git-password.ts'
const root = mkdtempSync('/tmp/p1bench-')
const keys = { accessKeyId: 'AKID', secretAccessKey: 'x' }
const server = await startGitServer({ root, secretOf: () => 'x' })
const N = Number(process.argv[2])
const src = makeRepository(root, 'us-east-1', 's')
const git = (...a: string[]) => spawnSync('git', ['--git-dir=' + src, ...a], { encoding: 'utf8' }).stdout.trim()
const tree = git('hash-object', '-t', 'tree', '-w', '/dev/null')
const c = git('-c', 'user.name=n', '-c', 'user.email=e', 'commit-tree', '-m', 'x', tree)
spawnSync('git', ['--git-dir=' + src, 'update-ref', '--stdin'], { input: Array.from({ length: N }, (_, n) => `create refs/heads/b/${n} ${c}\n`).join('') })
git('pack-refs', '--all')
const push = async (name: string, batches: string[][]) => {
  makeRepository(root, 'eu-west-1', name)
  const url = new URL(server.endpoint.replace('{region}', 'eu-west-1') + '/v1/repos/' + name)
  const p = signGitPassword(keys, { region: 'eu-west-1', host: url.host, path: url.pathname, now: Date.now() })
  const t = performance.now()
  for (const args of batches) {
    const child = spawn('git', ['--git-dir=' + src, '-c', `http.extraHeader=Authorization: Basic ${Buffer.from(p.username + ':' + p.password).toString('base64')}`, 'push', '-q', url.href, ...args], { stdio: 'inherit' })
    await new Promise((d) => child.once('close', d))
  }
  console.log(name, Math.round(performance.now() - t))
}
const chunk = <T>(a: T[], n: number) => Array.from({ length: Math.ceil(a.length / n) }, (_, i) => a.slice(i * n, i * n + n))
const refs = Array.from({ length: N }, (_, n) => `refs/heads/b/${n}`)
await push('mirror', [['refs/heads/*:refs/heads/*']])
await push('plain-oid', chunk(refs, 4000).map((b) => b.map((r) => `${c}:${r}`)))
await push('plain-ref', chunk(refs, 4000).map((b) => b.map((r) => `${r}:${r}`)))
await push('plain-ref-1000', chunk(refs, 1000).map((b) => b.map((r) => `${r}:${r}`)))
await push('lease-oid', chunk(refs, 4000).map((b) => b.flatMap((r) => [`${c}:${r}`, `--force-with-lease=${r}:`])))
await push('lease-oid-1000', chunk(refs, 1000).map((b) => b.flatMap((r) => [`${c}:${r}`, `--force-with-lease=${r}:`])))
await server.close(); rmSync(root, { recursive: true })
