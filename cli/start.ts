import { existsSync, statfsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import {
  CodeCommitClient,
  CreateRepositoryCommand,
  UpdateDefaultBranchCommand,
} from '@aws-sdk/client-codecommit'
import { type Cloud, REGIONS, startCloud } from '../local/cloud.ts'
import type { AwsAccess } from './aws.ts'
import { type Equality, waitUntilEqual } from './equality.ts'
import { UserError } from './errors.ts'
import { checkGit } from './git.ts'
import { openImport, pushImport } from './import.ts'
import { type Inbox, type Message, openInbox } from './inbox.ts'
import { narrate } from './narrator.ts'
import { packageStack } from './package.ts'
import { demoSteps } from './story.ts'
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

/** What the story came to: the object that `--json` prints. */
export interface Outcome {
  /** git saw the same heads and tags on both sides after every push */
  readonly equal: boolean
  /** heads and tags on both sides at the end */
  readonly refs: number
  /** from the last `git push` returning to both sides being equal */
  readonly pushToEqualMs: number
  /** messages that reached the subscriber */
  readonly messages: number
  /** which way the replica was made equal */
  readonly way: string
}

const STAGE = 'local'
const DEMO = 'demo'
/** below this the state folder is not worth starting in: git and the databases need room to breathe */
const FREE_BYTES_NEEDED = 200 * 1024 * 1024
const EQUAL_WITHIN_MS = 60_000
/** a mirror of a large history: clone and push of hundreds of megabytes on a slow disk */
const IMPORT_EQUAL_WITHIN_MS = 15 * 60_000
const MESSAGE_WITHIN_MS = 30_000
/** keeps the story in order; a relay.yml whose topic does not hear of replicas is not waited for any longer */
const REPLICA_MESSAGE_WITHIN_MS = 5_000

/** A running product on a running cloud, and what the story needs to speak with it. */
export interface Stage {
  readonly cloud: Cloud
  readonly aws: AwsAccess
  readonly credentialFile: string
  readonly sourceRegion: string
  readonly replicaRegion: string
  readonly inbox: Inbox
  /** the way that the last `Replica Updated` names */
  way(): string
}

/**
 * `npm start`: packages the stack, boots the local cloud from it, and tells the story. Returns when the story is over; the
 * cloud is still up.
 * @throws UserError for what the person can mend: port taken, git missing, no such repository, disk full, bad relay.yml
 */
export const start = async (
  root: string,
  options: StartOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<{ stage: Stage; outcome: Outcome; repository: string }> => {
  await checkGit()
  const source = options.import === undefined ? undefined : await openImport(options.import, terminal, signal)
  try {
    const stage = await raise(root, options, terminal, signal)
    try {
      const repository = source?.name ?? DEMO
      await createRepository(stage, repository)
      const outcome = source
        ? await tellImport(stage, source, terminal, signal)
        : await tellDemo(stage, terminal, signal)
      return { stage, outcome, repository }
    } catch (error) {
      await lower(stage)
      throw error
    }
  } finally {
    source?.close()
  }
}

/** Ends what {@link start} left running. */
export const lower = async (stage: Stage): Promise<void> => {
  await stage.inbox.stop()
  await stage.cloud.stop()
}

const raise = async (
  root: string,
  options: StartOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Stage> => {
  const folder = resolve(options.state)
  checkDisk(folder)
  const [sourceRegion = '', replicaRegion = ''] = REGIONS
  const began = performance.now()
  const packed = await packageStack({
    root,
    stage: STAGE,
    region: sourceRegion,
    ...(options.config === undefined ? {} : { configFile: resolve(options.config) }),
  })
  terminal.done(
    packed.rebuilt ? 'stack packaged, as it would be deployed' : 'stack unchanged since it was packaged',
    duration(performance.now() - began),
  )
  signal.throwIfAborted()
  const booting = performance.now()
  const cloud = await startCloud({
    folder,
    fresh: options.fresh,
    port: options.port,
    environment: (port) => ({
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      RELAY_GIT_ENDPOINT: `http://git-codecommit.{region}.amazonaws.com.localhost:${port}`,
    }),
    image: (image) =>
      image.includes('codecommit-relay-mirror') ? { folder: packed.mirrorFolder } : undefined,
    retryVisibilitySeconds: 5,
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
    const deployment = await cloud.deploy({
      template: packed.template,
      artifacts: packed.artifact,
      stackName: `codecommit-relay-${STAGE}`,
      account: owner.account,
      region: sourceRegion,
    })
    terminal.done(
      `local cloud on ${cloud.url}`,
      `${duration(performance.now() - booting)}, ${Object.keys(deployment.resources).length} resources`,
    )
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

const checkDisk = (folder: string): void => {
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
const startFailure = (error: unknown, port: number): unknown => {
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

const createRepository = async (stage: Stage, name: string): Promise<void> => {
  const client = new CodeCommitClient(stage.aws)
  try {
    await client.send(
      new CreateRepositoryCommand({ repositoryName: name, repositoryDescription: 'Made by npm start' }),
    )
  } catch (error) {
    if ((error as Error).name !== 'RepositoryNameExistsException') throw error
  }
}

const sides = (stage: Stage, repository: string) => ({
  source: { url: stage.cloud.gitUrl(stage.sourceRegion, repository), credentialFile: stage.credentialFile },
  replica: { url: stage.cloud.gitUrl(stage.replicaRegion, repository), credentialFile: stage.credentialFile },
})

const tellDemo = async (stage: Stage, terminal: Terminal, signal: AbortSignal): Promise<Outcome> => {
  const { source, replica } = sides(stage, DEMO)
  const demo = await demoSteps(source.url, stage.credentialFile, signal)
  terminal.heading(`Repository ${DEMO}: source in ${stage.sourceRegion}, replica in ${stage.replicaRegion}`)
  try {
    let last: Equality = { equal: false, refs: 0, tookMs: 0 }
    let allEqual = true
    let allHeard = true
    for (const step of demo.steps) {
      const before = stage.inbox.messages.length
      await step.run()
      terminal.done(step.title)
      last = await waitUntilEqual(source, replica, EQUAL_WITHIN_MS, signal)
      tellEquality(last, terminal)
      allEqual &&= last.equal
      const ofPush = ({ body }: Message) => body.includes(step.mentions)
      allHeard &&= await heard(stage, before, ofPush, signal)
      await heard(stage, before, ofReplica, signal, REPLICA_MESSAGE_WITHIN_MS)
    }
    return outcomeOf({ ...last, equal: allEqual }, allHeard, stage)
  } finally {
    demo.close()
  }
}

const tellImport = async (
  stage: Stage,
  source: Awaited<ReturnType<typeof openImport>>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Outcome> => {
  const { source: from, replica } = sides(stage, source.name)
  terminal.heading(
    `Repository ${source.name}: ${source.refs.size} branches and tags, source in ${stage.sourceRegion}`,
  )
  const before = stage.inbox.messages.length
  await pushImport(source, from.url, stage.credentialFile, terminal, signal)
  await new CodeCommitClient(stage.aws).send(
    new UpdateDefaultBranchCommand({
      repositoryName: source.name,
      defaultBranchName: source.defaultRef.replace('refs/heads/', ''),
    }),
  )
  terminal.done('pushed to the source')
  const equality = await waitUntilEqual(from, replica, IMPORT_EQUAL_WITHIN_MS, signal, (share, tookMs) =>
    terminal.progress('mirror', share, `refs equal, ${duration(tookMs)}`),
  )
  terminal.progressEnd()
  tellEquality(equality, terminal)
  const ofPush = ({ subject }: Message) => subject.includes(source.name) && !ofReplica({ subject })
  const told = await heard(stage, before, ofPush, signal)
  await heard(stage, before, ofReplica, signal, REPLICA_MESSAGE_WITHIN_MS)
  return outcomeOf(equality, told, stage)
}

/** Relay's own word that both sides were read and are equal. */
const ofReplica = ({ subject }: Pick<Message, 'subject'>): boolean => subject.includes(': replica in')

/** True when a message newer than the first `before` ones is what is waited for; waits for it a while. */
const heard = async (
  { inbox }: Stage,
  before: number,
  test: (message: Message) => boolean,
  signal: AbortSignal,
  timeoutMs = MESSAGE_WITHIN_MS,
): Promise<boolean> => {
  const isNew = (message: Message) => inbox.messages.indexOf(message) >= before && test(message)
  return (await inbox.waitFor(isNew, timeoutMs, signal)) !== undefined
}

const tellEquality = (equality: Equality, terminal: Terminal): void => {
  if (equality.equal)
    terminal.done(
      `replica equal: ${equality.refs} ${equality.refs === 1 ? 'ref' : 'refs'}`,
      `${duration(equality.tookMs)} after the push`,
    )
  else
    terminal.failure(
      `replica still differs after ${duration(equality.tookMs)}`,
      'The log is in the state folder.',
    )
}

const outcomeOf = (equality: Equality, heardAll: boolean, stage: Stage): Outcome => ({
  equal: equality.equal,
  refs: equality.refs,
  pushToEqualMs: equality.tookMs,
  messages: heardAll ? stage.inbox.messages.length : 0,
  way: stage.way(),
})
