import { execFile } from 'node:child_process'
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CodeCommitOptions, createCodeCommit } from '../../../local/codecommit/codecommit.ts'
import { signClone } from '../../../local/codecommit/http/signature.ts'
import type { CodeCommit, Happening } from '../../../local/contracts.ts'
import { AwsError, type Call, type Caller, type Permission } from '../../../local/gateway/service.ts'
import type { Envelope, Sender } from '../../../local/gateway/wires.ts'
import { openStore } from '../../../local/state/store.ts'

export const REGION = 'eu-west-1'
export const ACCOUNT = '111111111111'
export const OTHER_ACCOUNT = '222222222222'

const user = (account: string, name: string): Caller => ({
  account,
  arn: `arn:aws:iam::${account}:user/${name}`,
  userId: `AIDA${name.toUpperCase()}`,
  kind: 'user',
})

export interface Person {
  readonly caller: Caller
  readonly gitUser: string
  readonly gitPassword: string
  readonly keyId: string
  readonly secret: string
  readonly token?: string
}

const secret = () => randomBytes(24).toString('hex')
const person = (caller: Caller, token?: string): Person => ({
  caller,
  gitUser: `${caller.arn.split('/')[1]}-at-${caller.account}`,
  gitPassword: secret(),
  keyId: `${token === undefined ? 'AKIA' : 'ASIA'}${randomBytes(8).toString('hex').toUpperCase()}`,
  secret: secret(),
  ...(token !== undefined && { token }),
})

/** Two people of two accounts with static credentials, and a session with a token; `deny` is the policy, ref by ref. */
const createIam = (people: readonly Person[]) => {
  const denials: ((caller: Caller, permission: Permission) => boolean)[] = []
  const sshKeys = new Map<string, { publicKey: string; caller: Caller }>()
  const iam: CodeCommitOptions['iam'] = {
    resolveSshKey: (id) => sshKeys.get(id),
    resolveKey: (id, token) => {
      const found = people.find(({ keyId }) => keyId === id)
      if (found === undefined)
        throw new AwsError('InvalidClientTokenId', 'The security token is invalid.', 403)
      if (found.token !== token)
        throw new AwsError('UnrecognizedClientException', 'The token is invalid.', 403)
      return { secretAccessKey: found.secret, caller: found.caller }
    },
    resolveGitCredential: (name, password) =>
      people.find(
        ({ gitUser, gitPassword }) =>
          gitUser === name &&
          gitPassword.length === password.length &&
          timingSafeEqual(Buffer.from(gitPassword), Buffer.from(password)),
      )?.caller,
    authorize: (caller, permission) => {
      if (!denials.some((denies) => denies(caller, permission))) return
      throw new AwsError('AccessDeniedException', `${caller.arn} may not ${permission.action}`, 403)
    },
  }
  return { iam, sshKeys, deny: (rule: (typeof denials)[number]) => void denials.push(rule) }
}

interface Sent {
  readonly target: string
  readonly body: string
  readonly subject?: string
  readonly sender: Sender
}

export interface Harness {
  readonly codecommit: CodeCommit
  readonly folder: string
  readonly port: number
  readonly olive: Person
  readonly omar: Person
  readonly session: Person
  readonly events: Envelope[]
  readonly sent: Sent[]
  readonly logs: string[]
  /** what CloudTrail was told */
  readonly trail: Happening[]
  /** by key id */
  readonly sshKeys: Map<string, { publicKey: string; caller: Caller }>
  deny(rule: (caller: Caller, permission: Permission) => boolean): void
  clock: { offset: number }
  /** targets of triggers that do not exist */
  readonly missing: Set<string>
  // biome-ignore lint/suspicious/noExplicitAny: outputs are the SDK's, one per operation
  call(operation: string, input: object, caller?: Caller, region?: string): Promise<any>
  host(region?: string): string
  /** clone address with a static credential in it */
  url(name: string, as?: Person): string
  plainUrl(name: string, region?: string): string
  directory(name: string): string
  stop(): Promise<void>
}

export const startHarness = async (options: Partial<CodeCommitOptions> = {}): Promise<Harness> => {
  const temporary = options.folder === undefined
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'relay-codecommit-'))
  const olive = person(user(ACCOUNT, 'olive'))
  const omar = person(user(OTHER_ACCOUNT, 'omar'))
  const session = person(
    { ...user(ACCOUNT, 'x'), arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Builder/nina`, kind: 'role' },
    `${secret()}/with+odd%characters==`,
  )
  const { iam, sshKeys, deny } = createIam([olive, omar, session])
  const events: Envelope[] = []
  const sent: Sent[] = []
  const logs: string[] = []
  const trail: Happening[] = []
  const clock = { offset: 0 }
  const missing = new Set<string>()
  const deliver = async (target: string, message: Omit<Sent, 'target'>) => {
    if (missing.has(target)) throw new AwsError('ResourceNotFoundException', `${target} does not exist`, 404)
    sent.push({ target, ...message })
  }
  const store = openStore(join(folder, 'state.sqlite'))
  const server: Server = createServer((request, response) => void codecommit.handleGit(request, response))
  const codecommit = createCodeCommit({
    parts: {
      store,
      now: () => Date.now() + clock.offset,
      log: (service, text, facts) => logs.push(`${service}: ${text} ${JSON.stringify(facts)}`),
    },
    iam,
    wires: {
      emit: (envelope) => events.push(envelope),
      publish: (target, { subject, body }, sender) =>
        deliver(target, { body, sender, ...(subject !== undefined && { subject }) }),
      invokeAsync: (target, body, sender) => deliver(target, { body, sender }),
    },
    gitBaseUrl: (region) => `http://${host(region)}`,
    regions: [REGION, 'us-east-1'],
    trail: { record: (happening) => void trail.push(happening) },
    ...options,
    folder: join(folder, 'repositories'),
  })
  await codecommit.start()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const host = (region = REGION) => `git-codecommit.${region}.amazonaws.com.localhost:${port}`
  const plainUrl = (name: string, region = REGION) => `http://${host(region)}/v1/repos/${name}`

  const callOf = (operation: string, caller: Caller, region: string): Call => ({
    service: 'codecommit',
    operation,
    region,
    account: caller.account,
    caller,
    requestId: 'r',
  })
  return {
    codecommit,
    folder,
    port,
    olive,
    omar,
    session,
    events,
    sent,
    logs,
    trail,
    sshKeys,
    deny,
    clock,
    missing,
    call: async (operation, input, caller = olive.caller, region = REGION) =>
      codecommit.service.operations[operation]!(input, callOf(operation, caller, region)),
    host,
    url: (name, as = olive) =>
      plainUrl(name).replace('http://', `http://${encodeURIComponent(as.gitUser)}:${as.gitPassword}@`),
    plainUrl,
    directory: (name) => {
      const record = store
        .collection<{ id: string }>('codecommit.repositories')
        .get(`${ACCOUNT}/${REGION}/${name}`)
      return join(folder, 'repositories', ACCOUNT, REGION, `${record!.id}.git`)
    },
    stop: async () => {
      await codecommit.stop()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      store.close()
      if (temporary) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** `Basic` header of a signed password, as a client other than ours may compute it. */
export const signedBasic = (
  { keyId, secret: key, token }: Person,
  address: { region: string; host: string; path: string },
  at: number,
): string => {
  const timestamp = new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '')
  const password = `${timestamp}Z${signClone(key, timestamp, address)}`
  const name = token === undefined ? keyId : `${keyId}%${token}`
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A developer's machine: a home of its own, and git in it. */
export const createClient = () => {
  const home = mkdtempSync(join(tmpdir(), 'relay-client-'))
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    // no sample hooks, and no look after each commit whether it is time to tidy up
    GIT_TEMPLATE_DIR: '',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'maintenance.auto',
    GIT_CONFIG_VALUE_0: 'false',
    GIT_AUTHOR_NAME: 'Olive',
    GIT_AUTHOR_EMAIL: 'olive@example.com',
    GIT_COMMITTER_NAME: 'Olive',
    GIT_COMMITTER_EMAIL: 'olive@example.com',
    GIT_AUTHOR_DATE: '1900000000 +0200',
    GIT_COMMITTER_DATE: '1900000000 +0200',
  }
  const git = (cwd: string, ...args: string[]): Promise<Ran> =>
    new Promise((done) => {
      execFile('git', args, { cwd, env, maxBuffer: 1 << 28 }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
      )
    })
  const must = async (cwd: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await git(cwd, ...args)
    if (code !== 0) throw new Error(`git ${args.join(' ')}: ${code}\n${stderr}`)
    return stdout.trim()
  }
  return {
    home,
    env,
    git,
    must,
    /** a new working repository with one commit on `main` */
    work: async (name: string): Promise<string> => {
      const folder = join(home, name)
      await must(home, 'init', '-q', '-b', 'main', folder)
      await must(folder, 'commit', '-q', '--allow-empty', '-m', 'first')
      return folder
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  }
}

/** Refs of a bare repository on disk, by git itself. */
export const refsOf = async (
  client: ReturnType<typeof createClient>,
  directory: string,
): Promise<Record<string, string>> => {
  const text = await client.must(directory, 'for-each-ref', '--format=%(refname) %(objectname)')
  return Object.fromEntries(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ')),
  )
}
