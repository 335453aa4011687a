import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { lockFolder } from '../../../local/state/lock.ts'
import { openStore } from '../../../local/state/store.ts'
import { writeGitCredentials, writeProfiles } from '../../../local/state/write-profile.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

describe('lock', () => {
  const lock = JSON.stringify(pathToFileURL(resolve('local/state/lock.ts')).href)
  const child = (code: string) =>
    spawn(process.execPath, ['--input-type=module', '-e', `import { lockFolder } from ${lock}\n${code}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  const firstWords = (running: ReturnType<typeof child>) =>
    new Promise<string>((done) => running.stdout?.once('data', (data) => done(String(data).trim())))
  const ended = (running: ReturnType<typeof child>) => new Promise((done) => running.once('exit', done))
  const hold = () =>
    child(`lockFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000)`)

  test('is taken, refused to a second, and given back', () => {
    const release = lockFolder(folder)
    expect(mode(join(folder, 'lock'))).toBe('600')
    expect(() => lockFolder(folder)).toThrow(`in use by process ${process.pid}`)
    release()
    expect(readdirSync(folder)).toEqual([])
    release()
    lockFolder(folder)()
  })

  test('makes the folder, for its owner alone', () => {
    const made = join(folder, 'a', 'b')
    lockFolder(made)()
    expect(mode(made)).toBe('700')
  })

  test('of another process is refused by its number; killed, it is taken over', async () => {
    const holder = hold()
    expect(await firstWords(holder)).toBe('held')
    expect(() => lockFolder(folder)).toThrow(`in use by process ${holder.pid}`)
    const gone = ended(holder)
    holder.kill('SIGKILL')
    await gone
    expect(existsSync(join(folder, 'lock'))).toBe(true)
    lockFolder(folder)()
    expect(readdirSync(folder)).toEqual([])
  })

  test('goes when its process exits', async () => {
    const holder = child(`lockFolder(${JSON.stringify(folder)}); console.log('held'); process.exit(3)`)
    await ended(holder)
    expect(readdirSync(folder)).toEqual([])
  })

  test.each([
    ['a number used again by a younger process', { pid: process.pid, started: 'long ago' }],
    ['a process that is gone', { pid: 2 ** 22 + 1, started: 'x' }],
  ])('of %s is stale', (_, holder) => {
    writeFileSync(join(folder, 'lock'), JSON.stringify(holder))
    lockFolder(folder)()
  })

  test.each(['', '{', 'null', '{"pid":"x"}'])('with %j in it is nobody’s', (text) => {
    writeFileSync(join(folder, 'lock'), text)
    lockFolder(folder)()
  })

  test('of two that start at once over a stale one, one wins', async () => {
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, started: 'x' }))
    const code = `try { lockFolder(${JSON.stringify(folder)}); console.log('held') } catch { console.log('refused') } setInterval(() => {}, 1000)`
    const both = Array.from({ length: 4 }, () => child(code))
    const words = await Promise.all(both.map(firstWords))
    const gone = both.map(ended)
    for (const one of both) one.kill('SIGKILL')
    await Promise.all(gone)
    expect(words.sort()).toEqual(['held', 'refused', 'refused', 'refused'])
  })
})

describe('store', () => {
  test('is for its owner alone, with its log files; somebody’s own folder keeps its mode', () => {
    const file = join(folder, 'new', 'store.db')
    const store = openStore(file)
    store.collection('c').put('k', 1)
    for (const name of readdirSync(join(folder, 'new'))) expect(mode(join(folder, 'new', name))).toBe('600')
    expect(mode(join(folder, 'new'))).toBe('700')
    store.close()
    const own = join(folder, 'own')
    mkdirSync(own, { mode: 0o755 })
    writeFileSync(join(own, 'thesis.txt'), '')
    openStore(join(own, 'store.db')).close()
    expect([mode(own), mode(join(own, 'store.db'))]).toEqual(['755', '600'])
  })

  test('walks a prefix, whatever characters follow it', () => {
    const store = openStore(':memory:')
    const keys = store.collection<number>('c')
    for (const key of ['a', 'a/', 'a/b', 'a/\uffffz', 'a/😀', 'b']) keys.put(key, 1)
    expect(keys.entries('a/').map(([key]) => key)).toEqual(['a/', 'a/b', 'a/\uffffz', 'a/😀'])
    expect(keys.entries().length).toBe(6)
    store.close()
  })

  test('a transaction is all or nothing, joins an outer one, and cannot wait', () => {
    const store = openStore(':memory:')
    const c = store.collection<number>('c')
    expect(() =>
      store.transaction(() => {
        c.put('a', 1)
        store.transaction(() => c.put('b', 1))
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(c.entries()).toEqual([])
    expect(() => store.transaction(async () => c.put('a', 1))).toThrow('synchronous')
    expect(c.entries()).toEqual([])
    store.transaction(() => c.put('a', 2))
    expect(c.get('a')).toBe(2)
    store.close()
  })
})

describe('files for tools', () => {
  const secret = 'a/b+c=d'.padEnd(40, '%')

  test('profiles: both files, for the owner alone, replaced whole', () => {
    const profile = (name: string, token?: string) => ({
      name,
      region: 'eu-west-1',
      endpointUrl: 'http://127.0.0.1:4566',
      credentials: { accessKeyId: 'AKIA', secretAccessKey: secret, ...(token && { sessionToken: token }) },
    })
    const target = join(folder, 'aws')
    writeProfiles(target, [profile('old')])
    const { credentialsFile, configFile } = writeProfiles(target, [
      profile('default'),
      profile('relay-2', 'tok'),
    ])
    expect(readFileSync(credentialsFile, 'utf8')).toBe(
      `[default]\naws_access_key_id = AKIA\naws_secret_access_key = ${secret}\n\n[relay-2]\naws_access_key_id = AKIA\naws_secret_access_key = ${secret}\naws_session_token = tok\n\n`,
    )
    expect(readFileSync(configFile, 'utf8')).toContain(
      '[profile relay-2]\nregion = eu-west-1\noutput = json\nendpoint_url = http://127.0.0.1:4566\n',
    )
    expect([mode(credentialsFile), mode(configFile), mode(target)]).toEqual(['600', '600', '700'])
    expect(readdirSync(target).sort()).toEqual(['config', 'credentials'])
    expect(() => writeProfiles(target, [profile('a]\n[b')])).toThrow('cannot be called')
  })

  test('git finds the password in the file, whatever characters are in it', () => {
    const file = join(folder, 'git-credentials')
    const host = 'git-codecommit.eu-west-1.amazonaws.com.localhost:4566'
    const userName = 'admin+1-at-111111111111'
    writeGitCredentials(file, [{ url: `http://${host}`, userName, password: secret }])
    expect(mode(file)).toBe('600')
    const filled = spawnSync('git', ['credential', 'fill'], {
      input: `protocol=http\nhost=${host}\npath=v1/repos/x\n\n`,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        GIT_TERMINAL_PROMPT: '0',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'credential.helper',
        GIT_CONFIG_VALUE_0: `store --file=${file}`,
      },
    })
    expect(filled.stdout).toContain(`username=${userName}\npassword=${secret}\n`)
  })
})
