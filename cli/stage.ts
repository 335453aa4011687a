import { join, resolve } from 'node:path'
import { CodeCommitClient, CreateRepositoryCommand } from '@aws-sdk/client-codecommit'
import { REGIONS, startCloud } from '../local/cloud.ts'
import type { AwsAccess } from './aws.ts'
import { packed } from './deploy.ts'
import { UserError } from './errors.ts'
import { type Inbox, openInbox } from './inbox.ts'
import { checkDisk, startFailure } from './mend.ts'
import { narrate, type Surroundings, tellCredentials } from './narrator.ts'
import { regionsServed, replicaRegions, storyRepository } from './replica-regions.ts'
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
  /** whose story is told */
  readonly repository: string
  readonly aws: AwsAccess
  readonly inbox: Inbox
  /** the way that the last `Replica Updated` names */
  way(): string
}

/**
 * Packages the stack, boots the local cloud from it, and subscribes to the first topic.
 * @param imported name of the repository whose story is told, where it is not one of Relay's choice; the replica is the first that
 * relay.yml names
 * @throws UserError for what the person can mend: port or folder taken, disk full, bad relay.yml
 */
export const raise = async (
  root: string,
  options: StartOptions,
  imported: string | undefined,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Stage> => {
  const folder = resolve(options.state)
  checkDisk(folder)
  const [sourceRegion = '', usualRegion = ''] = REGIONS
  const stack = await packed(root, options.config, sourceRegion)
  const repository = storyRepository(stack.replicate, sourceRegion, imported)
  const [replicaRegion = usualRegion] = replicaRegions(stack.replicate, sourceRegion, repository)
  terminal.done(
    stack.rebuilt ? 'stack packaged, as it would be deployed' : 'stack unchanged since it was packaged',
    duration(stack.tookMs),
  )
  signal.throwIfAborted()
  const booting = performance.now()
  const cloud = await startCloud({
    ...stack.settings,
    regions: regionsServed(REGIONS, stack.replicate),
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
    const deployment = await stack.deployTo(cloud)
    terminal.done(
      `local cloud on ${cloud.url}`,
      `${duration(performance.now() - booting)}, ${Object.keys(deployment.resources).length} resources`,
    )
    for (const sentence of cloud.damage) terminal.failure(sentence, 'Everything else goes on.')
    if (cloud.isNew) tellCredentials(cloud, terminal)
    const aws = { region: sourceRegion, endpoint: cloud.url, credentials: owner.credentials }
    const credentialFile = join(folder, 'git-credentials')
    const inbox = await openInbox(aws, firstTopic(deployment.outputs), (message) =>
      narrate(message, terminal),
    )
    return { repository, cloud, aws, credentialFile, sourceRegion, replicaRegion, inbox, way: () => way }
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
