import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CodeCommitClient,
  CreateRepositoryCommand,
  ListRepositoriesCommand,
  TagResourceCommand,
} from '@aws-sdk/client-codecommit'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { lsRemote } from '../../cli/git.ts'
import { type Cloud, startCloud } from '../../local/cloud.ts'
import { pushOne } from '../support/developer.ts'

let folder: string
let cloud: Cloud
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'relay-damaged-'))
  cloud = await startCloud({ folder })
})
afterEach(async () => {
  await cloud.stop()
  rmSync(folder, { recursive: true, force: true })
})

const client = () =>
  new CodeCommitClient({
    region: 'us-east-1',
    endpoint: cloud.url,
    credentials: cloud.access[0]!.credentials,
  })
const refs = (name: string) =>
  lsRemote(cloud.gitUrl('us-east-1', name), { credentialFile: join(folder, 'git-credentials') })
const fill = async (name: string) => {
  const { repositoryMetadata } = await client().send(new CreateRepositoryCommand({ repositoryName: name }))
  await client().send(new TagResourceCommand({ resourceArn: repositoryMetadata!.Arn, tags: { team: name } }))
  await pushOne(cloud.gitUrl('us-east-1', name), join(folder, 'git-credentials'))
  return refs(name)
}
const again = async () => {
  cloud = await startCloud({ folder })
}
/** folders of the bare repositories of the first account's first region */
const bare = () => {
  const place = join(folder, 'repositories', '111111111111', 'us-east-1')
  return readdirSync(place).map((name) => join(place, name))
}

describe('a database that is lost', () => {
  test('is said; repositories are found again by what lies beside their data, and work', async () => {
    const before = [await fill('apples'), await fill('pears')]
    await cloud.stop()
    writeFileSync(join(folder, 'state.db'), 'nothing like a database\n'.repeat(500))
    await again()
    expect(cloud.damage).toEqual([
      expect.stringMatching(/state\.db is damaged .* nothing of it could be read/),
    ])
    const { repositories } = await client().send(new ListRepositoriesCommand({}))
    expect(repositories?.map(({ repositoryName }) => repositoryName)).toEqual(['apples', 'pears'])
    expect([await refs('apples'), await refs('pears')]).toEqual(before)
    // and it is over with that
    await cloud.stop()
    await again()
    expect(cloud.damage).toEqual([])
    expect(await refs('pears')).toEqual(before[1])
  })

  test('a repository without a name is kept aside, start after start', async () => {
    await fill('apples')
    await cloud.stop()
    writeFileSync(join(folder, 'state.db'), 'nothing like a database\n'.repeat(500))
    rmSync(join(bare()[0]!, 'codecommit.json'))
    await again()
    expect(cloud.damage).toEqual([expect.any(String), expect.stringMatching(/kept as .*\.git\.lost\.$/)])
    await cloud.stop()
    await again()
    expect(bare()).toEqual([expect.stringMatching(/\.git\.lost$/)])
  })
})

test('one repository with a ref to nothing is named; the others work', async () => {
  const before = await fill('apples')
  await fill('pears')
  await cloud.stop()
  const broken = bare().find((path) =>
    readFileSync(join(path, 'codecommit.json'), 'utf8').includes('"pears"'),
  )
  writeFileSync(join(broken!, 'refs', 'heads', 'main'), `${'1'.repeat(40)}\n`)
  await again()
  expect(cloud.damage).toEqual([
    expect.stringMatching(/:pears is damaged: refs\/heads\/main points at 1{40}/),
  ])
  expect(await refs('apples')).toEqual(before)
})
