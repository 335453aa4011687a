import type { Command } from 'commander'
import type { CodeCommitAccess } from '../shared/codecommit/access.ts'
import type { Config } from '../shared/config/types.ts'
import type { GitClient } from '../shared/git/types.ts'
import type { Emit } from '../shared/replication/ports.ts'
import type { Target } from '../shared/replication/prove.ts'
import type { Queue } from '../shared/runtime/queue.ts'
import type { Directions } from '../shared/store/directions.ts'
import type { ReplicaStore } from '../shared/store/replicas.ts'
import type { Table } from '../shared/store/table.ts'
import type { Consumer } from '../stack/consumers.ts'
import { stopSignal, tellFailure } from './ending.ts'
import { createTerminal, type Terminal } from './terminal.ts'

/** What every operator command takes. */
export interface OperatorOptions {
  /** path of relay.yml */
  readonly config?: string
  readonly stage?: string
  readonly region?: string
  /** state folder of a local cloud that is up; `true`: `.relay` */
  readonly local?: string | true
  /** for machines: one JSON object on standard output, everything else on standard error */
  readonly json?: boolean
}

/** The account whose credentials are used, and whose they are. */
export interface Caller {
  readonly account: string
  /** of the stack */
  readonly region: string
  readonly arn: string
}

export interface Choice {
  /** globs of repository names, as in relay.yml; none: all */
  readonly repositories?: readonly string[]
  /** region of the replicas; absent: all */
  readonly to?: string | undefined
}

/**
 * A deployed stack as its operator works on it: with the operator's own AWS credentials (the SDK's default chain), never those of
 * a function. Nothing is asked for before it is needed, and everything once.
 */
export interface Operator {
  readonly config: Config
  readonly stage: string
  readonly region: string
  own(): Promise<Caller>
  /** UserError when it is not there: no such stage in this account and region */
  table(): Promise<Table>
  store(): Promise<ReplicaStore>
  codecommit(): Promise<CodeCommitAccess>
  git(): Promise<GitClient>
  /** which repositories were failed over */
  directions(): Promise<Directions>
  /** a function's queue; UserError when it is not there */
  queue(consumer: Consumer): Promise<Queue>
  /** puts Relay's own events on the stack's bus */
  emit(): Promise<Emit>
  /**
   * every replica that relay.yml wants of the repositories that there are, by source, in the direction in which it is kept now; none
   * may be found
   */
  targets(choice?: Choice): Promise<readonly Target[]>
}

/** How a command speaks. */
export interface Talk {
  /** standard output, or standard error where that carries JSON */
  readonly terminal: Terminal
  /** with `--json`: the one object; without: nothing */
  json(value: unknown): void
  /** whether both sides of the conversation are a person at a terminal */
  readonly interactive: boolean
  /** aborted by Ctrl-C */
  readonly signal: AbortSignal
}

/** A new command of `relay`, with the options that all of an operator's commands take. */
export const operatorCommand = (program: Command, name: string, description: string): Command =>
  program
    .command(name)
    .description(description)
    .option('--config <file>', 'another relay.yml (default: RELAY_CONFIG, then ./relay.yml)')
    .option('--stage <name>', 'stage that the stack is deployed under (default: RELAY_STAGE, then dev)')
    .option(
      '--region <name>',
      'region that the stack is deployed in (default: AWS_REGION, then that of the profile)',
    )
    .option('--local [folder]', 'the local cloud of `npm start`, by its state folder (default: .relay)')
    .option('--json', 'print one JSON object; everything else goes to standard error', false)

/**
 * Runs an operator's command to its end: its exit status is what `work` returns, `failed` after a failure, 130 after Ctrl-C. Failures that
 * a person can mend are told in sentences: no credentials, no such stack, a permission that is lacking.
 */
export const operate = async (
  options: OperatorOptions,
  work: (operator: Operator, talk: Talk) => Promise<number>,
  failed = 1,
): Promise<void> => {
  const json = options.json ?? false
  const terminal = createTerminal(json ? process.stderr : process.stdout)
  const signal = stopSignal('Stopped.', 'What was done is kept; the same command goes on from there.')
  const talk: Talk = {
    terminal,
    json: (value) => void (json && process.stdout.write(`${JSON.stringify(value)}\n`)),
    interactive: process.stdin.isTTY === true && process.stdout.isTTY === true && !json,
    signal,
  }
  const [{ openOperator }, { explain }] = await Promise.all([
    import('./open-operator.ts'),
    import('./explain.ts'),
  ])
  let operator: Operator | undefined
  try {
    operator = await openOperator(options)
    process.exitCode = await work(operator, talk)
  } catch (error) {
    tellFailure(signal.aborted ? signal.reason : explain(error, operator), terminal)
    process.exitCode = signal.aborted ? 130 : failed
  }
}
