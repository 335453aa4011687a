import { CodeCommitClient, UpdateDefaultBranchCommand } from '@aws-sdk/client-codecommit'
import { type Equality, waitUntilEqual } from './equality.ts'
import { checkGit } from './git.ts'
import { openImport, pushImport } from './import.ts'
import type { Message } from './inbox.ts'
import { createRepository, lower, raise, type Stage, type StartOptions } from './stage.ts'
import { demoSteps } from './story.ts'
import { duration, type Terminal } from './terminal.ts'

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

const EQUAL_WITHIN_MS = 60_000
/** a mirror of a large history: clone and push of hundreds of megabytes on a slow disk */
const IMPORT_EQUAL_WITHIN_MS = 15 * 60_000
const MESSAGE_WITHIN_MS = 30_000
/** keeps the story in order; a relay.yml whose topic does not hear of replicas is not waited for any longer */
const REPLICA_MESSAGE_WITHIN_MS = 5_000

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
    const stage = await raise(root, options, source?.name, terminal, signal)
    const { repository } = stage
    try {
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

const sides = (stage: Stage, repository: string) => ({
  source: { url: stage.cloud.gitUrl(stage.sourceRegion, repository), credentialFile: stage.credentialFile },
  replica: { url: stage.cloud.gitUrl(stage.replicaRegion, repository), credentialFile: stage.credentialFile },
})

const tellDemo = async (stage: Stage, terminal: Terminal, signal: AbortSignal): Promise<Outcome> => {
  const { source, replica } = sides(stage, stage.repository)
  const demo = await demoSteps(source.url, stage.credentialFile, signal)
  terminal.heading(
    `Repository ${stage.repository}: source in ${stage.sourceRegion}, replica in ${stage.replicaRegion}`,
  )
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
