import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createGitClient } from '../../../shared/git/client.ts'
import { openPack } from '../../../shared/git/pack/open.ts'
import { unpackRules } from '../../../shared/scanning/engine/packed.ts'
import { enginesOf } from '../../../shared/scanning/walk/engines.ts'
import { walk } from '../../../shared/scanning/walk/walk.ts'

// node memory-child.ts URL RULES: a first push fetched and searched, as the function does it; tells memory and CPU time.
const [, , url = '', rules = ''] = process.argv
const engines = enginesOf(unpackRules(readFileSync(rules, 'utf8')))
const git = createGitClient()
const remote = { url, authorization: async () => 'Basic Og==' }
const began = process.cpuUsage()
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1_000
}
const source = await git.advertise(remote, 'git-upload-pack')
if (!source) throw new Error('there is no repository')
const wants = [...source.refs].map(([ref, oid]) => ({ ref, oid }))
const answer = await git.fetch(remote, {
  wants: [...new Set(wants.map(({ oid }) => oid))],
  haves: [],
  offered: source.capabilities,
  thin: false,
  offsetDeltas: true,
})
const pack = await openPack(answer.pack, { spill: { folder: tmpdir() } })
const openedMs = cpuMs()
const { counts, found, unscanned } = await walk({
  pack,
  wants,
  older: { read: async () => undefined },
  engines,
  now: () => performance.now(),
})
await pack.close()
process.stdout.write(
  JSON.stringify({
    packMB: pack.bytes / 1e6,
    textMB: counts.bytes / 1e6,
    commits: counts.commits,
    found: found.length,
    unscanned: unscanned.length,
    openedMs,
    cpuMs: cpuMs(),
    peakMB: (process.resourceUsage().maxRSS * 1_024) / 1e6,
  }),
)
