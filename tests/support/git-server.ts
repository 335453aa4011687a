import { spawn } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'

/** One request to the Git side, as hooks see it. */
export interface GitRequest {
  readonly region: string
  readonly name: string
  readonly service: 'git-upload-pack' | 'git-receive-pack'
  /** the advertisement, or the exchange after it */
  readonly step: 'refs' | 'exchange'
  /** signed access key id */
  readonly user: string
  /** as it was asked for, host and all */
  readonly url: string
}

export interface GitServerOptions {
  /** bare repositories lie at `<root>/<region>/<name>` */
  readonly root: string
  /** secret of an access key id; undefined when unknown */
  readonly secretOf: (accessKeyId: string) => string | undefined
  /** runs before git does; a status refuses the request */
  readonly before?: (request: GitRequest) => number | undefined | Promise<number | undefined>
  /** everything that is not Git */
  readonly otherwise?: (request: IncomingMessage, response: ServerResponse) => void
}

export interface GitServer {
  readonly port: number
  /** template with `{region}` */
  readonly endpoint: string
  readonly requests: GitRequest[]
  close(): Promise<void>
}

/**
 * Smart HTTP as `git http-backend` speaks it, in front of it CodeCommit's Basic authentication: 401 with a challenge without
 * credentials, 403 when the signed password is not right, 404 for a repository that is not there. It starts the same programs
 * of git as that does, without the two processes before them: those were two thirds of what a request costs.
 */
export const startGitServer = async (options: GitServerOptions): Promise<GitServer> => {
  const requests: GitRequest[] = []
  const children = new Set<ReturnType<typeof startGit>>()
  const server = createServer(async (request, response) => {
    const target = new URL(request.url ?? '/', `http://${request.headers.host}`)
    const [, name, path] = /^\/v1\/repos\/([^/]+)\/(.+)$/.exec(target.pathname) ?? []
    const [, region] = /^git-codecommit\.([a-z0-9-]+)\./.exec(target.hostname) ?? []
    if (!name || !path || !region) {
      return options.otherwise ? options.otherwise(request, response) : refuse(response, 404)
    }
    const user = authenticate(request, region, target.hostname, `/v1/repos/${name}`, options.secretOf)
    if (user === undefined) return refuse(response, request.headers.authorization ? 403 : 401)
    const service = (target.searchParams.get('service') ?? path) as GitRequest['service']
    const step = path === 'info/refs' ? 'refs' : 'exchange'
    const seen = { region, name, service, step, user, url: target.href } as const
    requests.push(seen)
    const status = await options.before?.(seen)
    if (status !== undefined) return refuse(response, status)
    if (!existsSync(join(options.root, region, name, 'HEAD'))) return refuse(response, 404)
    // nobody would hear that it closes a second time
    if (response.closed || request.socket.destroyed) return
    const git = startGit(service, step, join(options.root, region, name), {
      // as git's http-backend does for who pushes
      GIT_COMMITTER_NAME: user,
      GIT_COMMITTER_EMAIL: `${user}@http`,
      ...(request.headers['git-protocol'] && { GIT_PROTOCOL: String(request.headers['git-protocol']) }),
    })
    children.add(git)
    git.once('close', () => children.delete(git))
    // A client that goes away in the middle is part of what is tested.
    git.stdin.on('error', () => undefined)
    const zipped = request.headers['content-encoding'] === 'gzip'
    const body = zipped ? request.pipe(createGunzip().on('error', () => git.kill())) : request
    body.pipe(git.stdin)
    response.on('close', () => git.kill())
    const kind = step === 'refs' ? 'advertisement' : 'result'
    response.writeHead(200, { 'content-type': `application/x-${service}-${kind}`, ...UNCACHED })
    if (step === 'refs' && !/version=2/.test(String(request.headers['git-protocol'])))
      response.write(announced(service))
    git.stdout.pipe(response)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  return {
    port,
    endpoint: `http://git-codecommit.{region}.amazonaws.com.localhost:${port}`,
    requests,
    close: async () => {
      // not SIGKILL, which git could not pass on to what it started
      for (const child of children) child.kill()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

const refuse = (response: ServerResponse, status: number): void => {
  response.writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="test"' } : {}).end()
}

const UNCACHED = { 'cache-control': 'no-cache, max-age=0, must-revalidate' }

/** What gitprotocol-http has before the refs in versions 0 and 1. */
const announced = (service: GitRequest['service']): string => {
  const text = `# service=${service}\n`
  return `${(text.length + 4).toString(16).padStart(4, '0')}${text}0000`
}

const startGit = (
  service: GitRequest['service'],
  step: GitRequest['step'],
  folder: string,
  more: NodeJS.ProcessEnv,
) =>
  spawn(
    'git',
    [
      // what looks after each push whether it is time to tidy up
      ...['-c', 'receive.autogc=false'],
      service.slice('git-'.length),
      '--stateless-rpc',
      ...(step === 'refs' ? ['--http-backend-info-refs'] : []),
      folder,
    ],
    {
      env: { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', ...more },
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  )

/** The signed password, recomputed; gives the access key id. Written apart from the product's own. */
const authenticate = (
  request: IncomingMessage,
  region: string,
  host: string,
  path: string,
  secretOf: (accessKeyId: string) => string | undefined,
): string | undefined => {
  const basic = Buffer.from((request.headers.authorization ?? '').slice('Basic '.length), 'base64').toString()
  const [, user = '', password = ''] = /^([^:]*):(.*)$/s.exec(basic) ?? []
  const [, time = '', given] = /^(\d{8}T\d{6})Z([0-9a-f]{64})$/.exec(password) ?? []
  const accessKeyId = user.split('%')[0] ?? ''
  const secret = secretOf(accessKeyId)
  if (secret === undefined || given === undefined) return undefined
  const request1 = createHash('sha256').update(`GIT\n${path}\n\nhost:${host}\n\nhost\n`).digest('hex')
  const day = time.slice(0, 8)
  const text = `AWS4-HMAC-SHA256\n${time}\n${day}/${region}/codecommit/aws4_request\n${request1}`
  let key: Buffer = Buffer.from(`AWS4${secret}`)
  for (const part of [day, region, 'codecommit', 'aws4_request']) key = mac(key, part)
  return mac(key, text).toString('hex') === given ? accessKeyId : undefined
}

const mac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
