import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get as httpGet } from 'node:http'
import { Agent, get as httpsGet } from 'node:https'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { promisify } from 'node:util'
import { CodeCommitClient, CreateRepositoryCommand, GetRepositoryCommand } from '@aws-sdk/client-codecommit'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Credentials } from '../../../local/contracts.ts'
import { createFaults } from '../../../local/faults/faults.ts'
import {
  type Certificate,
  certificateNames,
  loadOrMakeCertificate,
} from '../../../local/gateway/certificate.ts'
import { createGateway, type Gateway } from '../../../local/gateway/gateway.ts'
import { type Life, openLife } from '../../../local/life.ts'
import { testWith } from '../../support/tools.ts'
import { ACCOUNT, type Keys, startWorld } from './world.ts'

const run = promisify(execFile)
const REGION = 'eu-west-1'

let folder: string
let certificate: Certificate
let life: Life
let gateway: Gateway
let port = 0
let admin: Keys
let git: { name: string; password: string }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tls-'))
  certificate = await loadOrMakeCertificate(folder, certificateNames([REGION]), Date.now())
  life = await openLife({
    folder: join(folder, 'state'),
    accounts: [ACCOUNT],
    regions: [REGION],
    faults: createFaults(),
    port: () => port,
    gitHost: (region) => `https://git-codecommit.${region}.amazonaws.com.localhost:${port}`,
    onEvent: () => {},
    onDecision: () => {},
  })
  gateway = createGateway(life.services.behindGateway, { tls: certificate })
  port = await gateway.listen(0)
  const access = life.services.iam.bootstrapAccount(ACCOUNT, 'admin')
  admin = access.credentials as Credentials & Keys
  git = { name: access.gitUserName, password: access.gitPassword }
})
afterAll(async () => {
  await life.end(() => gateway.stop())
  rmSync(folder, { recursive: true, force: true })
})

const client = (url: string, credentials: Keys = admin) =>
  new CodeCommitClient({
    region: REGION,
    endpoint: url,
    credentials,
    requestHandler: { httpsAgent: new Agent({ ca: certificate.cert }) },
  })

describe('one port', () => {
  const text = (get: typeof httpsGet | typeof httpGet, url: string) =>
    new Promise<string>((resolve, reject) => {
      get(url, { ca: certificate.cert, agent: false }, (response) => {
        let seen = ''
        response.setEncoding('utf8').on('data', (data) => {
          seen += data
        })
        response.on('end', () => resolve(seen))
      }).on('error', reject)
    })

  test('speaks HTTP and TLS', async () => {
    expect(await text(httpGet, `http://127.0.0.1:${port}/_relay/health`)).toContain('"ready":true')
    expect(await text(httpsGet, `https://127.0.0.1:${port}/_relay/health`)).toContain('"ready":true')
  })

  test('to a client that says its first words one byte at a time, too', async () => {
    const seen = await new Promise<string>((resolve, reject) => {
      let answer = ''
      const socket: Socket = connect(port, '127.0.0.1', async () => {
        for (const byte of 'GET /_relay/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n') {
          socket.write(byte)
          await new Promise(setImmediate)
        }
      })
      socket.on('data', (data) => {
        answer += data
      })
      socket.on('close', () => resolve(answer))
      socket.on('error', reject)
    })
    expect(seen).toContain('"ready":true')
  })

  test.each([
    ['says nothing', ''],
    ['begins a handshake and leaves', '\x16\x03\x01'],
    ['sends nonsense after a handshake’s first byte', `\x16${'nonsense'.repeat(50)}`],
    ['sends nonsense', 'nonsense\r\n\r\n'],
  ])('a client that %s takes nobody with it', async (_, bytes) => {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.end(bytes, 'latin1', () => socket.destroySoon()))
      socket.on('close', () => resolve())
      socket.on('error', () => resolve())
      socket.resume()
    })
    expect(await text(httpsGet, `https://127.0.0.1:${port}/_relay/health`)).toContain('"ready":true')
  })

  test('a client that does not trust the certificate is told by TLS itself', async () => {
    const refused = new Promise((resolve) => {
      tlsConnect({ port, host: '127.0.0.1' }).on('error', (error: NodeJS.ErrnoException) =>
        resolve(error.code),
      )
    })
    expect(await refused).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  })

  test('stops at once, whatever connections say or do not say', async () => {
    const world = await startWorld({ tls: certificate })
    const silent = connect(world.port, '127.0.0.1')
    const half = connect(world.port, '127.0.0.1', () => half.write('\x16\x03\x01', 'latin1'))
    const secure = tlsConnect({ port: world.port, host: '127.0.0.1', ca: certificate.cert })
    await new Promise((resolve) => secure.once('secureConnect', resolve))
    const closed = Promise.all(
      [silent, half, secure].map(
        (socket) => new Promise((done) => socket.on('close', done).on('error', () => {})),
      ),
    )
    await world.stop()
    await closed
  })
})

test('IAM is told that a call came over TLS', async () => {
  const world = await startWorld({ tls: certificate })
  for (const scheme of ['https', 'http']) {
    const sdk = client(`${scheme}://127.0.0.1:${world.port}`, world.admin)
    await sdk.send(new GetRepositoryCommand({ repositoryName: 'x' }))
    sdk.destroy()
  }
  expect(world.asked.map(({ context }) => context?.['aws:SecureTransport'])).toEqual(['true', 'false'])
  await world.stop()
})

describe('over TLS, with nothing but the certificate’s file to trust', () => {
  let env: NodeJS.ProcessEnv
  const host = () => `git-codecommit.${REGION}.amazonaws.com.localhost:${port}`
  beforeAll(async () => {
    const sdk = client(`https://127.0.0.1:${port}`)
    await sdk.send(new CreateRepositoryCommand({ repositoryName: 'orchard' }))
    sdk.destroy()
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'git-remote-codecommit'), REMOTE_HELPER, { mode: 0o755 })
    env = {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_SSL_CAINFO: certificate.certFile,
      AWS_CA_BUNDLE: certificate.certFile,
      AWS_ACCESS_KEY_ID: admin.accessKeyId,
      AWS_SECRET_ACCESS_KEY: admin.secretAccessKey,
      AWS_DEFAULT_REGION: REGION,
      AWS_PAGER: '',
      AWS_MAX_ATTEMPTS: '1',
      CODE_COMMIT_ENDPOINT: host(),
    }
  })
  const sh = (command: string) => run('sh', ['-ec', command], { cwd: folder, env })
  const commit = (file: string) =>
    `echo ${file} > ${file} && git add . && git -c user.name=a -c user.email=a@example.com commit -qm ${file}`

  testWith('git')('git clones and pushes', async () => {
    const login = `${encodeURIComponent(git.name)}:${encodeURIComponent(git.password)}`
    const url = `https://${login}@${host()}/v1/repos/orchard`
    await sh(`git clone -q ${url} one && cd one && ${commit('a')} && git push -q origin HEAD:main`)
    await sh(`git clone -q -b main ${url} two && test -f two/a`)
    await expect(sh(`env -u GIT_SSL_CAINFO git ls-remote ${url}`)).rejects.toThrow(/certificate/)
  })

  testWith('python3')('git-remote-codecommit’s way: key id and signature, host with its port', async () => {
    await sh(
      `git clone -q codecommit://orchard three && cd three && ${commit('b')} && git push -q origin HEAD:side`,
    )
    const { stdout } = await sh('git ls-remote codecommit://orchard')
    expect(stdout).toMatch(/refs\/heads\/main\n.*refs\/heads\/side/)
    await expect(sh('AWS_SECRET_ACCESS_KEY=wrong git ls-remote codecommit://orchard')).rejects.toThrow()
  })

  testWith('aws')('AWS CLI', async () => {
    const command = 'aws codecommit get-repository --repository-name orchard'
    const { stdout } = await sh(`${command} --endpoint-url https://localhost:${port}`)
    expect(JSON.parse(stdout)).toMatchObject({ repositoryMetadata: { repositoryName: 'orchard' } })
  })
})

/** What git-remote-codecommit does, in short: codecommit.md, 4.2 and 4.3. It signs the host with its port and speaks https alone. */
const REMOTE_HELPER = `#!/usr/bin/env python3
import datetime, hashlib, hmac, os, sys, urllib.parse
remote, repository = sys.argv[1], sys.argv[2].rsplit('/', 1)[-1]
host, region = os.environ['CODE_COMMIT_ENDPOINT'], os.environ['AWS_DEFAULT_REGION']
path = '/v1/repos/' + repository
stamp = datetime.datetime.now(datetime.timezone.utc).strftime('%Y%m%dT%H%M%S')
canonical = 'GIT\\n' + path + '\\n\\nhost:' + host + '\\n\\nhost\\n'
scope = [stamp[:8], region, 'codecommit', 'aws4_request']
to_sign = '\\n'.join(['AWS4-HMAC-SHA256', stamp, '/'.join(scope), hashlib.sha256(canonical.encode()).hexdigest()])
key = ('AWS4' + os.environ['AWS_SECRET_ACCESS_KEY']).encode()
for part in scope + [to_sign]:
    key = hmac.new(key, part.encode(), hashlib.sha256).digest()
user = urllib.parse.quote(os.environ['AWS_ACCESS_KEY_ID'], safe='')
url = 'https://' + user + ':' + stamp + 'Z' + key.hex() + '@' + host + path
os.execvp('git', ['git', 'remote-http', remote, url])
`
