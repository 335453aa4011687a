import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join, resolve } from 'node:path'
import type { CodeCommit, Faults, Kms, Parts, Trail } from '../contracts.ts'
import type { Wires } from '../gateway/wires.ts'
import { within } from '../within.ts'
import { createAnnounce } from './announce.ts'
import { openTemplates } from './approvals/templates.ts'
import { openComments } from './comments/records.ts'
import { type Context, LIMITS, type Limits } from './context.ts'
import { createGit } from './git.ts'
import { createGitEndpoint } from './http/endpoint.ts'
import { openClientTokens } from './idempotency.ts'
import { withKnownKey } from './keys.ts'
import { createMaintenance } from './maintenance.ts'
import { operationsOf } from './operations.ts'
import { permissionsOf } from './permissions.ts'
import { catchUp, followRefs } from './pull-requests/follow.ts'
import { forgetStrays } from './pull-requests/forget.ts'
import { createQueue } from './pull-requests/queue.ts'
import { openPullRequests } from './pull-requests/records.ts'
import { recover } from './recover.ts'
import { openRepositories } from './repositories.ts'
import { createSshEndpoint } from './ssh/server.ts'
import { createRate } from './wire/rate.ts'

const GRACE_MS = 3_000

export interface CodeCommitOptions {
  readonly parts: Parts
  readonly iam: Context['iam']
  readonly wires: Pick<Wires, 'emit' | 'publish' | 'invokeAsync'>
  /** absent: no key is asked for, nothing is recorded, nothing goes wrong on purpose */
  readonly kms?: Pick<Kms, 'managedKey' | 'resolve' | 'use'>
  readonly trail?: Pick<Trail, 'record'>
  readonly faults?: Pick<Faults, 'git' | 'diskFull'>
  /** of the bare repositories: `<folder>/<account>/<region>/<repository id>.git`. Nobody else may use it */
  readonly folder: string
  /** scheme, host and port of the Git endpoint of a region, without a path */
  readonly gitBaseUrl: (region: string) => string
  /** that are served; for Git clients whose address names none */
  readonly regions?: readonly string[]
  /** search path for `git`; absent: the usual folders of Linux and macOS */
  readonly searchPath?: string
  readonly limits?: Partial<Limits>
  /** how long pushes that were sent completely may take to finish while the cloud stops; default 3 s */
  readonly graceMs?: number
}

/**
 * CodeCommit on real bare repositories: the API, Git over smart HTTP, and the events and triggers of both. Call `start` once before the
 * first request, `stop` at the end; Git requests that come after it are answered with 503.
 */
export const createCodeCommit = (options: CodeCommitOptions): CodeCommit => {
  const { parts, iam, wires, gitBaseUrl } = options
  const folder = resolve(options.folder)
  mkdirSync(folder, { recursive: true })
  // there while a cloud is at work: found at the start, it tells that the last one was killed
  const mark = join(folder, '.open')
  const git = createGit(folder, options.searchPath)
  const repositories = openRepositories(parts.store, folder)
  const limits = { ...LIMITS, ...options.limits }
  const context: Context = {
    parts,
    iam,
    wires,
    git,
    repositories,
    pullRequests: openPullRequests(parts.store),
    comments: openComments(parts.store),
    templates: openTemplates(parts.store),
    clientTokens: openClientTokens(parts.store),
    queue: createQueue(),
    announce: createAnnounce(parts, wires, (...moved) => followRefs(context, ...moved)),
    maintenance: createMaintenance(git, parts.log),
    limits,
    gitBaseUrl,
    rate: createRate(limits.gitRequestsPerSecond, parts.now),
    regions: options.regions ?? [],
    ...(options.kms !== undefined && { kms: options.kms }),
    ...(options.trail !== undefined && { trail: options.trail }),
    ...(options.faults !== undefined && { faults: options.faults }),
  }
  const answer = createGitEndpoint(context)
  const underWay = new Map<IncomingMessage, Promise<void>>()
  const commands = new Set<Promise<void>>()
  const ssh = createSshEndpoint(context, folder, (work) => {
    commands.add(work)
    void work.finally(() => commands.delete(work))
  })
  let stopped = false

  return {
    service: {
      name: 'codecommit',
      operations: operationsOf(context),
      permissions: permissionsOf(context),
    },
    handleGit: async (request: IncomingMessage, response: ServerResponse) => {
      if (stopped) {
        response.writeHead(503, { Connection: 'close' }).end()
        return
      }
      const work = answer(request, response)
      underWay.set(request, work)
      await work.finally(() => underWay.delete(request))
    },
    listenSsh: ssh.listen,
    start: async () => {
      const killed = existsSync(mark)
      writeFileSync(mark, '')
      const damage = await recover(
        folder,
        repositories,
        parts.log,
        parts.store.damage.length > 0 ? (copy) => withKnownKey(context, copy) : undefined,
      )
      // what is known to be damaged is told already
      const broken = new Set(damage.map(({ directory }) => directory))
      const all = killed ? repositories.all().map(repositories.directory) : []
      for (const directory of all) if (!broken.has(directory)) context.maintenance.check(directory)
      forgetStrays(context)
      await catchUp(context)
      return damage
    },
    stop: async () => {
      stopped = true
      ssh.shut()
      const all = Promise.all([...underWay.values(), ...commands])
      for (const request of underWay.keys()) if (!request.complete) request.socket.destroy()
      await Promise.all([context.maintenance.stop(), within(options.graceMs ?? GRACE_MS, all)])
      await git.stop()
      for (const request of underWay.keys()) request.socket.destroy()
      await ssh.close()
      await all
      await context.queue.settle()
      await context.announce.settle()
      rmSync(mark, { force: true })
    },
  }
}
