import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { makeRepository } from '../../shared/scanning/walk/repository.ts'
import { token } from '../../shared/scanning/walk/walked.ts'
import { type GitServer, startGitServer } from '../../support/git-server.ts'
import { RULES, scanned } from './scanned.ts'

const root = mkdtempSync(join(tmpdir(), 'relay-scan-codecommit-'))
const before = { ...process.env }
const repository = makeRepository()
let server: GitServer
let branch: string | undefined

beforeAll(async () => {
  server = await startGitServer({
    root,
    secretOf: () => 'secret',
    // GetRepository, the only call of the API
    otherwise: (_, response) => {
      if (branch === undefined)
        response.writeHead(400).end(JSON.stringify({ __type: 'AccessDeniedException' }))
      else response.end(JSON.stringify({ repositoryMetadata: { defaultBranch: branch } }))
    },
  })
  Object.assign(process.env, {
    XDG_CONFIG_HOME: root,
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${server.port}`,
    RELAY_GIT_ENDPOINT: server.endpoint,
  })
})
afterAll(async () => {
  await server.close()
  process.env = before
  repository.dispose()
  rmSync(root, { recursive: true })
})

test('all branches and tags, by the rules of the default branch', async () => {
  repository.write('.gitleaks.toml', RULES)
  repository.write('a', 'a\n')
  repository.commit()
  repository.git(['checkout', '--quiet', '-b', 'topic'])
  repository.write('.gitleaks.toml', '# nothing here\n')
  repository.write('a', `a\nkey = "${token('topic')}"\n`)
  const topic = repository.commit()
  repository.git(['tag', '-a', 'v1', '-m', `${token('tagged')}`, 'main'])
  repository.git(['clone', '--quiet', '--mirror', repository.folder, join(root, 'eu-west-1', 'orders')])
  branch = 'main'
  const { status, rows, said } = await scanned('codecommit:orders', { region: 'eu-west-1' })
  expect(status).toBe(1)
  expect(rows().map(({ File, Commit }) => [File, Commit])).toEqual(
    expect.arrayContaining([
      ['a', topic],
      ['', repository.id('v1')],
    ]),
  )
  expect(said).toContain('Rules: .gitleaks.toml of branch main (1)')

  branch = undefined
  const withoutApi = await scanned('.', { repository: 'orders', region: 'eu-west-1', format: 'text' })
  expect(withoutApi.said).toContain('Rules: Relay’s own rules')
})

test('one that is not there', async () => {
  await expect(scanned('codecommit:nothing', { region: 'eu-west-1' })).rejects.toThrow(
    'There is no repository nothing in eu-west-1.',
  )
})
