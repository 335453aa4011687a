import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Credentials, Faults, Iam, Log, Parts } from './contracts.ts'
import { NO_FAULTS } from './faults/none.ts'
import type { Envelope } from './gateway/wires.ts'
import { openJournal } from './logs/journal.ts'
import { createServices, type Services } from './services.ts'
import { type Deployment, deployTemplate } from './stack/deploy.ts'
import { DATABASE, takeStateFolder } from './state/folder.ts'
import { openStore } from './state/store.ts'
import { writeGitCredentials, writeProfiles } from './state/write-profile.ts'

export const ACCOUNTS: readonly string[] = ['111111111111', '222222222222']
export const REGIONS: readonly string[] = ['us-east-1', 'eu-west-1']

export interface CloudOptions {
  /** state folder: made if missing, kept between runs, readable by its owner alone */
  readonly folder: string
  /** forget what an earlier cloud left in the folder */
  readonly fresh?: boolean
  /** 0: the system chooses */
  readonly port: number
  readonly accounts?: readonly string[]
  readonly regions?: readonly string[]
  /** what every function and task finds in its environment besides what AWS gives it */
  readonly environment?: (port: number) => Readonly<Record<string, string>>
  /** folder that stands for a container image's `/app` */
  readonly image?: (image: string) => { folder: string } | undefined
  /** what goes wrong on purpose */
  readonly faults?: Partial<Faults>
  readonly log?: Log
  readonly now?: () => number
  /**
   * On AWS a message that a function failed on comes back after the queue's visibility timeout, minutes later. On a laptop it
   * comes back after this many seconds, if that is sooner.
   */
  readonly retryVisibilitySeconds?: number
}

export interface AccountAccess {
  readonly account: string
  readonly credentials: Credentials
  readonly gitUserName: string
  readonly gitPassword: string
}

export interface Cloud {
  readonly port: number
  /** `http://127.0.0.1:<port>`: for AWS_ENDPOINT_URL */
  readonly url: string
  readonly folder: string
  /** the folder held no state before: the credentials were made just now */
  readonly isNew: boolean
  /** administrators of the accounts, first account first */
  readonly access: readonly AccountAccess[]
  /** clone address of a repository; git resolves `*.localhost` by itself */
  gitUrl(region: string, repository: string): string
  /** makes the resources of a compiled template real, or brings them up to date */
  deploy(input: DeployInput): Promise<Deployment>
  /** every event that reaches a bus */
  watch(listener: (envelope: Envelope) => void): () => void
  /** ends every server and child process and gives the folder free */
  stop(): Promise<void>
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
 * @returns the running cloud; no function, task or schedule runs before {@link Cloud.deploy}
 * @throws what node:http throws for the port (EADDRINUSE); StateFolderError when the folder is in use, or is not ours
 */
export const startCloud = async (options: CloudOptions): Promise<Cloud> => {
  const { folder, accounts = ACCOUNTS, regions = REGIONS } = options
  const faults: Faults = { ...NO_FAULTS, ...options.faults }
  const clock = options.now ?? Date.now
  const now = () => clock() + faults.skewMs()
  const release = takeStateFolder(folder, options.fresh ?? false)
  const isNew = !existsSync(join(folder, DATABASE))
  const store = openStore(join(folder, DATABASE))
  const journal = openJournal(join(folder, 'cloud.log'), now)
  const parts: Parts = { store, now, log: options.log ?? journal.log }
  const environment: Record<string, string> = {}
  let port = 0
  const services = createServices({
    parts,
    folder,
    accounts,
    regions,
    environment,
    baseUrl: () => `http://127.0.0.1:${port}`,
    gitBaseUrl: (region) => gitHost(region, port),
    image: options.image ?? (() => undefined),
    faults,
    retryVisibilitySeconds: options.retryVisibilitySeconds,
  })
  const stop = async () => {
    await services.stop()
    store.close()
    journal.close()
    release()
  }
  try {
    await services.codecommit.start()
    port = await services.gateway.listen(options.port)
    Object.assign(environment, options.environment?.(port))
    const access = accounts.map((account) => accessOf(account, services.iam))
    writeAccess(folder, port, regions, access)
    return {
      port,
      url: `http://127.0.0.1:${port}`,
      folder,
      isNew,
      access,
      gitUrl: (region, repository) => `${gitHost(region, port)}/v1/repos/${repository}`,
      watch: services.events.watch,
      stop,
      deploy: (input) => deploy(input, parts, services),
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What was under way when the cloud last stopped is only taken up once the stack is what it should be. */
const deploy = async (input: DeployInput, parts: Parts, services: Services): Promise<Deployment> => {
  const { all, createTable } = services
  const deployment = await deployTemplate({ ...input, parts, services: all, createTable })
  services.ecs.start()
  services.lambda.start()
  services.scheduler.start()
  return deployment
}

const gitHost = (region: string, port: number): string =>
  `http://git-codecommit.${region}.amazonaws.com.localhost:${port}`

const ADMINISTRATOR = 'relay'

const accessOf = (account: string, iam: Iam): AccountAccess => ({
  account,
  ...iam.bootstrapAccount(account, ADMINISTRATOR),
})

/** The first account's profile is `relay`, the others' `relay-<account>`; Git has one login for each host: the first account's. */
const writeAccess = (
  folder: string,
  port: number,
  regions: readonly string[],
  access: readonly AccountAccess[],
): void => {
  const endpointUrl = `http://127.0.0.1:${port}`
  const region = regions[0] ?? 'us-east-1'
  writeProfiles(
    folder,
    access.map(({ account, credentials }, index) => ({
      name: index === 0 ? ADMINISTRATOR : `${ADMINISTRATOR}-${account}`,
      region,
      endpointUrl,
      credentials,
    })),
  )
  writeGitCredentials(
    join(folder, 'git-credentials'),
    access
      .slice(0, 1)
      .flatMap(({ gitUserName, gitPassword }) =>
        regions.map((each) => ({ url: gitHost(each, port), userName: gitUserName, password: gitPassword })),
      ),
  )
}
