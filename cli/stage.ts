import { existsSync, statfsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CodeCommitClient, CreateRepositoryCommand } from '@aws-sdk/client-codecommit'
import { type Cloud, type CloudOptions, REGIONS, startCloud } from '../local/cloud.ts'
import type { Deployment } from '../local/stack/deploy.ts'
import type { AwsAccess } from './aws.ts'
import { UserError } from './errors.ts'
import { type Inbox, openInbox } from './inbox.ts'
import { narrate, type Surroundings, tellCredentials } from './narrator.ts'
import { type Package, packageStack } from './package.ts'
import { duration, type Terminal } from './terminal.ts'

export interface StartOptions {
  readonly port: number
  readonly state: string
  readonly fresh: boolean
  readonly once: boolean
  /** path or URL of a repository to take as the source */
  readonly import?: string
  /** path of relay.yml */
  readonly config?: string
}

/** A running product on a running cloud, and what the story needs to speak with it. */
export interface Stage extends Surroundings {
  readonly aws: AwsAccess
  readonly inbox: Inbox
  /** the way that the last `Replica Updated` names */
  way(): string
}

const STAGE = 'local'
/** below this the state folder is not worth starting in: git and the databases need room to breathe */
const FREE_BYTES_NEEDED = 200 * 1024 * 1024

/** The packaged stack, and what a cloud that will carry it is started with. */
export interface PackedStack {
  readonly stack: Package
  readonly region: string
  readonly tookMs: number
  readonly settings: CloudOptions
}

/** Packages the stack for a region, unless nothing has changed since. Throws UserError for a bad relay.yml. */
export const packed = async (
  root: string,
  config: string | undefined,
  region: string,
): Promise<PackedStack> => {
  const began = performance.now()
  const stack = await packageStack({
    root,
    stage: STAGE,
    region,
    ...(config === undefined ? {} : { configFile: resolve(config) }),
  })
  const settings: CloudOptions = {
    awaitsStack: true,
    environment: (port) => ({
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      RELAY_GIT_ENDPOINT: `http://git-codecommit.{region}.amazonaws.com.localhost:${port}`,
    }),
    image: (image) =>
      image.includes('codecommit-relay-mirror') ? { folder: stack.mirrorFolder } : undefined,
    retryVisibilitySeconds: 5,
  }
  return { stack, region, tookMs: performance.now() - began, settings }
}

/** Makes the stack's resources in the first account. */
export const deployStack = (cloud: Cloud, { stack, region }: PackedStack): Promise<Deployment> =>
  cloud.deploy({
    template: stack.template,
    artifacts: stack.artifact,
    stackName: `codecommit-relay-${STAGE}`,
    account: cloud.accounts[0] ?? '',
    region,
  })

/**
 * Packages the stack, boots the local cloud from it, and subscribes to the first topic.
 * @throws UserError for what the person can mend: port or folder taken, disk full, bad relay.yml
 */
export const raise = async (
  root: string,
  options: StartOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Stage> => {
  const folder = resolve(options.state)
  checkDisk(folder)
  const [sourceRegion = '', replicaRegion = ''] = REGIONS
  const stack = await packed(root, options.config, sourceRegion)
  terminal.done(
    stack.stack.rebuilt ? 'stack packaged, as it would be deployed' : 'stack unchanged since it was packaged',
    duration(stack.tookMs),
  )
  signal.throwIfAborted()
  const booting = performance.now()
  const cloud = await startCloud({
    ...stack.settings,
    folder,
    fresh: options.fresh,
    port: options.port,
  }).catch((error: unknown) => {
    throw startFailure(error, options.port)
  })
  try {
    let way = 'none'
    cloud.watch(({ 'detail-type': type, detail }) => {
      if (type === 'Replica Updated') way = (detail as { way: string }).way
    })
    const [owner] = cloud.access
    if (!owner) throw new Error('the local cloud has no account')
    const deployment = await deployStack(cloud, stack)
    terminal.done(
      `local cloud on ${cloud.url}`,
      `${duration(performance.now() - booting)}, ${Object.keys(deployment.resources).length} resources`,
    )
    if (cloud.isNew) tellCredentials(cloud, terminal)
    const aws = { region: sourceRegion, endpoint: cloud.url, credentials: owner.credentials }
    const credentialFile = join(folder, 'git-credentials')
    const inbox = await openInbox(aws, firstTopic(deployment.outputs), (message) =>
      narrate(message, terminal),
    )
    return { cloud, aws, credentialFile, sourceRegion, replicaRegion, inbox, way: () => way }
  } catch (error) {
    await cloud.stop()
    throw error
  }
}

const firstTopic = (outputs: Readonly<Record<string, unknown>>): string => {
  const [name] = Object.keys(outputs)
    .filter((key) => key.startsWith('Topic'))
    .sort()
  if (name === undefined)
    throw new UserError('relay.yml names no topic, so nobody would hear.', 'Add a topic to it.')
  return String(outputs[name])
}

/** @throws UserError when too little is free */
export const checkDisk = (folder: string): void => {
  const { bavail, bsize } = statfsSync(nearestFolder(folder))
  if (bavail * bsize < FREE_BYTES_NEEDED) {
    const free = Math.floor((bavail * bsize) / 1024 / 1024)
    throw new UserError(
      `The disk under ${folder} is full: ${free} MiB are free.`,
      'Free some space, or choose another folder with --state DIR.',
    )
  }
}

const nearestFolder = (path: string): string =>
  existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path))

/** What a person can mend becomes a sentence; anything else stays what it is. */
export const startFailure = (error: unknown, port: number): unknown => {
  const { code, message } = error as NodeJS.ErrnoException
  const say = (text: string, remedy: string) => new UserError(text, remedy, { cause: error })
  if (code === 'EADDRINUSE')
    return say(
      `Port ${port} is taken by another program.`,
      'Choose another one with --port N, or any free one with --port 0.',
    )
  if (code === 'FOLDER_IN_USE' || code === 'FOLDER_NOT_OURS' || code === 'ENOTDIR' || code === 'EEXIST')
    return say(message, 'Choose another folder with --state DIR.')
  if (code === 'EACCES' || code === 'EROFS')
    return say(`The state folder cannot be written: ${message}`, 'Choose another folder with --state DIR.')
  if (code === 'ENOSPC')
    return say('The disk is full.', 'Free some space, or choose another folder with --state DIR.')
  return error
}

/** Ends what {@link raise} left running. */
export const lower = async (stage: Stage): Promise<void> => {
  await stage.inbox.stop()
  await stage.cloud.stop()
}

/** Makes it in the source's region unless it is there. */
export const createRepository = async (stage: Stage, name: string): Promise<void> => {
  const client = new CodeCommitClient(stage.aws)
  try {
    await client.send(
      new CreateRepositoryCommand({ repositoryName: name, repositoryDescription: 'Made by npm start' }),
    )
  } catch (error) {
    if ((error as Error).name !== 'RepositoryNameExistsException') throw error
  }
}
