import { join } from 'node:path'
import type { DeployInput } from './cloud.ts'
import type { Decision, Faults, Log, Parts } from './contracts.ts'
import type { ImageCommand } from './ecs/images.ts'
import type { Envelope } from './gateway/wires.ts'
import { openJournal } from './logs/journal.ts'
import { createServices, type Services } from './services.ts'
import { type Deployment, deployTemplate } from './stack/deploy.ts'
import { DATABASE } from './state/folder.ts'
import { openStore } from './state/store.ts'

export interface LifeOptions {
  readonly folder: string
  readonly accounts: readonly string[]
  readonly regions: readonly string[]
  readonly faults: Faults
  /** known once the gateway listens */
  readonly port: () => number
  readonly gitHost: (region: string) => string
  readonly environment?: ((port: number) => Readonly<Record<string, string>>) | undefined
  readonly image?: ((image: string) => { folder: string } | undefined) | undefined
  readonly imageCommands?: Readonly<Record<string, ImageCommand>> | undefined
  readonly log?: Log | undefined
  readonly now?: (() => number) | undefined
  readonly retryVisibilitySeconds?: number | undefined
  readonly onEvent: (envelope: Envelope) => void
  readonly onDecision: (decision: Decision) => void
}

/** All that a cloud is between two resets: the store, and every service on it. */
export interface Life {
  readonly services: Services
  readonly log: Log
  /** what was found damaged in the folder, in sentences */
  readonly damage: readonly string[]
  /** functions, tasks and schedules begin, and take up what was under way when the cloud last stopped */
  start(): void
  deploy(input: DeployInput): Promise<Deployment>
  /**
   * @param closeDoor called when nothing inside makes requests any more
   * @returns what did not end in time and was left, by name
   */
  end(closeDoor?: () => Promise<void>): Promise<readonly string[]>
}

/** Opens the store in the folder and makes the services. Nothing runs yet but Git's housekeeping. */
export const openLife = async (options: LifeOptions): Promise<Life> => {
  const { folder, accounts, regions } = options
  let started = false
  // who begins or ends may write: a cloud that cannot be left or entered any more would help nobody
  const faults = { ...options.faults, diskFull: () => started && options.faults.diskFull() }
  const clock = options.now ?? Date.now
  const now = () => clock() + faults.skewMs()
  const store = openStore(join(folder, DATABASE), faults.diskFull)
  const journal = openJournal(join(folder, 'cloud.log'), now, faults.diskFull)
  const parts: Parts = { store, now, log: options.log ?? journal.log }
  for (const sentence of store.damage) parts.log('state', sentence)
  const environment: Record<string, string> = {}
  const services = createServices({
    parts,
    folder,
    accounts,
    regions,
    environment,
    baseUrl: () => `http://127.0.0.1:${options.port()}`,
    gitBaseUrl: options.gitHost,
    image: options.image ?? (() => undefined),
    imageCommands: options.imageCommands,
    faults,
    retryVisibilitySeconds: options.retryVisibilitySeconds,
  })
  services.events.watch(options.onEvent)
  services.iam.watch(options.onDecision)
  const broken = await services.codecommit.start()
  const start = () => {
    if (started) return
    started = true
    Object.assign(environment, options.environment?.(options.port()))
    services.ecs.start()
    services.lambda.start()
    services.scheduler.start()
  }
  return {
    services,
    log: parts.log,
    damage: [
      ...store.damage,
      ...broken.map(({ repository, problems }) => `${repository} is damaged: ${problems.join('; ')}.`),
    ],
    start,
    deploy: async (input) => {
      Object.assign(environment, options.environment?.(options.port()))
      const deployment = await deployTemplate({ ...input, parts, services: services.all })
      start()
      return deployment
    },
    end: async (closeDoor = () => Promise.resolve()) => {
      started = false
      const left = await services.stop(closeDoor)
      store.close()
      journal.close()
      return left
    },
  }
}
