import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type AccountAccess, type OwnCredentials, openAccess, writeAccess } from './access.ts'
import type { Decision, Faults, Log } from './contracts.ts'
import { createControl } from './control.ts'
import type { ImageCommand } from './ecs/images.ts'
import { createFaults, type PlannedFaults } from './faults/faults.ts'
import type { FaultPlan } from './faults/plan.ts'
import { createGateway } from './gateway/gateway.ts'
import type { Envelope } from './gateway/wires.ts'
import { type Life, openLife } from './life.ts'
import type { Deployment } from './stack/deploy.ts'
import { DATABASE, forgetState, takeStateFolder } from './state/folder.ts'

export const ACCOUNTS: readonly string[] = ['111111111111', '222222222222']
export const REGIONS: readonly string[] = ['us-east-1', 'eu-west-1']

/** Refusals that `GET /_relay/denials` tells; the oldest go. */
const DENIALS_KEPT = 1_000

export interface CloudOptions {
  /** state folder: made if missing, kept between runs, readable by its owner alone. Absent: a temporary one, removed at the end */
  readonly folder?: string
  /** forget what an earlier cloud left in the folder */
  readonly fresh?: boolean
  /** 0, the default: the system chooses */
  readonly port?: number
  readonly accounts?: readonly string[]
  readonly regions?: readonly string[]
  /** what the first account is entered with instead of an administrator made up for it */
  readonly credentials?: OwnCredentials
  /** a stack will be deployed: functions, tasks and schedules of an earlier run wait for it */
  readonly awaitsStack?: boolean
  /** what every function and task finds in its environment besides what AWS gives it */
  readonly environment?: (port: number) => Readonly<Record<string, string>>
  /** what the file `env` of the state folder holds for a second terminal besides profile and region, and what `environment` gives */
  readonly terminal?: Readonly<Record<string, string>>
  /** folder that stands for a container image's `/app` */
  readonly image?: (image: string) => { folder: string } | undefined
  /** what runs in place of other images, by a glob of the image's name; a task of any other one cannot pull its container */
  readonly imageCommands?: Readonly<Record<string, ImageCommand>>
  /** the port takes TLS too, under a certificate made for this folder */
  readonly tls?: boolean
  /** Git over SSH too; each region has a port of its own. A number: that port for the first region, the next for the second ... */
  readonly ssh?: boolean | number
  /** what goes wrong on purpose, by a plan that can be changed at run time */
  readonly faultPlan?: FaultPlan
  /** the same by functions, each in place of the plan's */
  readonly faults?: Partial<Faults>
  readonly log?: Log
  /** milliseconds since the epoch */
  readonly now?: () => number
  /**
   * On AWS a message that a function failed on comes back after the queue's visibility timeout, minutes later. On a laptop it
   * comes back after this many seconds, if that is sooner.
   */
  readonly retryVisibilitySeconds?: number
}

export interface Cloud {
  readonly port: number
  /** `http://127.0.0.1:<port>`: for AWS_ENDPOINT_URL */
  readonly url: string
  readonly folder: string
  readonly accounts: readonly string[]
  readonly regions: readonly string[]
  /** of the certificate that TLS is served under, in PEM: for GIT_SSL_CAINFO, AWS_CA_BUNDLE, NODE_EXTRA_CA_CERTS; absent without TLS */
  readonly certificateFile?: string
  /** ports of Git over SSH on 127.0.0.1, by region; empty without SSH */
  readonly sshPorts: Readonly<Record<string, number>>
  /** the folder held no state before: the credentials were made just now */
  readonly isNew: boolean
  /** what was found damaged in the folder, in sentences: what it is, and what was kept */
  readonly damage: readonly string[]
  /** who may enter the accounts, first account first */
  readonly access: readonly AccountAccess[]
  readonly faults: Pick<PlannedFaults, 'plan' | 'report'>
  /** clone address of a repository; git resolves `*.localhost` by itself */
  gitUrl(region: string, repository: string): string
  /** makes the resources of a compiled template real, or brings them up to date */
  deploy(input: DeployInput): Promise<Deployment>
  /** every event that reaches a bus; goes on after a reset */
  watch(listener: (envelope: Envelope) => void): () => void
  /** every decision of IAM; goes on after a reset */
  watchDecisions(listener: (decision: Decision) => void): () => void
  /** forgets everything but the credentials of `access`; a stack is deployed anew. Requests meanwhile wait */
  reset(): Promise<void>
  /**
   * ends every server and child process and gives the folder free
   * @returns parts that did not end in time and were left, by name: none, if all is well. The file `cloud.log` has them too
   */
  stop(): Promise<readonly string[]>
}

export interface DeployInput {
  readonly template: object
  readonly artifacts: (s3Key: string) => Promise<Uint8Array>
  readonly stackName: string
  readonly account: string
  readonly region: string
  readonly parameters?: Readonly<Record<string, string>>
}

/**
 * Starts the local cloud in a state folder: made if missing, taken up where it was left if not.
 * @returns the running cloud
 * @throws what node:http throws for the port (EADDRINUSE); StateFolderError when the folder is in use, or is not ours
 */
export const startCloud = async (options: CloudOptions = {}): Promise<Cloud> => {
  const { accounts = ACCOUNTS, regions = REGIONS } = options
  const temporary = options.folder === undefined
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'relay-cloud-'))
  const release = takeStateFolder(folder, options.fresh ?? false)
  const isNew = !existsSync(join(folder, DATABASE))
  const faults = createFaults(options.faultPlan)
  const denials: Decision[] = []
  const watchers = { events: new Set<(e: Envelope) => void>(), decisions: new Set<(d: Decision) => void>() }
  let port = 0
  let deployed: DeployInput | undefined
  let access: readonly AccountAccess[] = []

  const begin = (): Promise<Life> =>
    openLife({
      ...options,
      folder: resolve(folder),
      accounts,
      regions,
      faults: { ...faults, ...options.faults },
      port: () => port,
      gitHost: (region) => gitHost(region, port),
      onEvent: (envelope) => {
        for (const listener of watchers.events) listener(envelope)
      },
      onDecision: (decision) => {
        if (!decision.allowed) denials.push(decision)
        if (denials.length > DENIALS_KEPT) denials.shift()
        for (const listener of watchers.decisions) listener(decision)
      },
    })
  const enter = () => {
    access = openAccess(life.services.iam, accounts, options.credentials, access)
    const environment = { ...options.environment?.(port), ...options.terminal }
    const host = (region: string) => gitHost(region, port)
    writeAccess(resolve(folder), access, regions, `http://127.0.0.1:${port}`, host, environment)
  }
  const sshPorts: Record<string, number> = {}
  const openSsh = async () => {
    const first = typeof options.ssh === 'number' ? options.ssh : 0
    for (const [index, region] of (options.ssh ? regions : []).entries()) {
      const wanted = sshPorts[region] ?? (first === 0 ? 0 : first + index)
      sshPorts[region] = await life.services.codecommit.listenSsh(region, wanted)
    }
  }
  const reset = oneAtATime(async () => {
    const resume = gateway.pause()
    try {
      await life.end(() => gateway.settled())
      forgetState(folder)
      denials.length = 0
      life = await begin()
      gateway.serve(life.services.behindGateway)
      enter()
      await openSsh()
      if (deployed) await life.deploy(deployed)
      else if (!options.awaitsStack) life.start()
    } finally {
      resume()
    }
  })

  const certificate = options.tls ? await certificateOf(resolve(folder), regions, options.now) : undefined
  let life = await begin()
  const gateway = createGateway(life.services.behindGateway, {
    ...(certificate && { tls: certificate }),
    control: createControl({ reset, faults, denials: () => denials, log: (...line) => life.log(...line) }),
  })
  const stop = async () => {
    const left = await life.end(() => gateway.stop())
    release()
    if (temporary) rmSync(folder, { recursive: true, force: true })
    return left
  }
  try {
    port = await gateway.listen(options.port ?? 0)
    enter()
    await openSsh()
    if (!options.awaitsStack) life.start()
    return {
      port,
      url: `http://127.0.0.1:${port}`,
      folder,
      accounts,
      regions,
      ...(certificate && { certificateFile: certificate.certFile }),
      sshPorts,
      isNew,
      get damage() {
        return life.damage
      },
      get access() {
        return access
      },
      faults,
      gitUrl: (region, repository) => `${gitHost(region, port)}/v1/repos/${repository}`,
      watch: (listener) => listen(watchers.events, listener),
      watchDecisions: (listener) => listen(watchers.decisions, listener),
      deploy: (input) => {
        deployed = input
        return life.deploy(input)
      },
      reset,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Loaded only when it is wanted: the library that makes certificates is large. */
const certificateOf = async (folder: string, regions: readonly string[], now = Date.now) => {
  const { certificateNames, loadOrMakeCertificate } = await import('./gateway/certificate.ts')
  return loadOrMakeCertificate(folder, certificateNames(regions), now())
}

const listen = <T>(listeners: Set<T>, listener: T): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** A call while another runs joins it. */
const oneAtATime = (work: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | undefined
  return () => {
    running ??= work().finally(() => {
      running = undefined
    })
    return running
  }
}

const gitHost = (region: string, port: number): string =>
  `http://git-codecommit.${region}.amazonaws.com.localhost:${port}`
