import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createGit, type Git } from '../../../containers/mirror/git.ts'
import { codeOf } from '../../../shared/runtime/errors.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'git-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A program in git's place: what it does is what git could do. */
const gitThat = (script: string, redact = (text: string) => text): Git => {
  writeFileSync(join(folder, 'git'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return createGit({ path: `${folder}:${process.env.PATH}`, home: folder, credentialHelper: '!true', redact })
}
const codeThrown = (promise: Promise<unknown>) => promise.then(() => undefined, codeOf)

test('only known subcommands are run', async () => {
  const git = gitThat('echo ran')
  expect(await codeThrown(git.run('config' as 'push', []))).toBe('GIT_FAILED')
  expect(await codeThrown(git.run('-c' as 'push', []))).toBe('GIT_FAILED')
  expect((await git.run('push', [])).stdout).toBe('ran\n')
})

test('the environment is fixed, whatever ours is', async () => {
  const before = { ...process.env }
  Object.assign(process.env, { GIT_TRACE_CURL: '1', GIT_ASKPASS: '/bin/echo', AWS_PROFILE: 'x' })
  try {
    const { stdout } = await gitThat('env').run('push', [])
    const names = stdout
      .split('\n')
      .map((line) => line.split('=')[0] ?? '')
      .filter((name) => name && !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name))
    expect(names.sort()).toEqual([
      'GIT_ALLOW_PROTOCOL',
      'GIT_CONFIG_GLOBAL',
      'GIT_CONFIG_NOSYSTEM',
      'GIT_TERMINAL_PROMPT',
      'HOME',
      'LC_ALL',
      'PATH',
      'TMPDIR',
    ])
  } finally {
    for (const name of ['GIT_TRACE_CURL', 'GIT_ASKPASS', 'AWS_PROFILE']) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  }
})

test('other protocols are refused by the real git', async () => {
  const git = createGit({
    path: process.env.PATH,
    home: folder,
    credentialHelper: '!true',
    redact: (text) => text,
  })
  for (const url of ['ext::sh -c true', 'file:///', 'ssh://h/x', 'git://h/x']) {
    const { status, stderr } = await git.run('clone', ['--bare', '--', url, join(folder, 'x')])
    expect([url, status, /not allowed/.test(stderr)]).toEqual([url, 128, true])
  }
})

test('of a flood on standard error the end is kept, redacted', async () => {
  const secret = ['hid', 'den'].join('')
  const git = gitThat(
    `i=0; while [ $i -lt 2000 ]; do echo "progress $i ${secret}" >&2; i=$((i+1)); done; echo "fatal: the end" >&2; exit 3`,
    (text) => text.replaceAll(secret, '***'),
  )
  const { status, stderr } = await git.run('push', [])
  expect(status).toBe(3)
  expect(stderr.length).toBeLessThanOrEqual(8 * 1024)
  expect(stderr).not.toContain(secret)
  expect(stderr.endsWith('fatal: the end\n')).toBe(true)
})

test('stop ends what runs, even what will not go, and lets nothing start', async () => {
  const git = gitThat("trap '' TERM; echo up >&2; while :; do sleep 0.05; done")
  const running = git.run('clone', [])
  await new Promise((done) => setTimeout(done, 200))
  await git.stop()
  expect((await running).status).toBeUndefined()
  expect(await codeThrown(git.run('push', []))).toBe('GIT_FAILED')
}, 15_000)
