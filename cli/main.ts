import { resolve } from 'node:path'
import { Command, Help, InvalidArgumentError } from 'commander'
import { register as registerFailover } from './commands/failover.ts'
import { register as registerScan } from './commands/scan.ts'
import { register as registerSeed } from './commands/seed.ts'
import { register as registerStatus } from './commands/status.ts'
import { register as registerUndo } from './commands/undo.ts'
import { stopSignal, tellFailure } from './ending.ts'
import { UserError } from './errors.ts'
import type { StartOptions } from './stage.ts'
import { createTerminal } from './terminal.ts'
import type { UpOptions } from './up.ts'

const root = resolve(import.meta.dirname, '..')
const DEFAULT_PORT = 4566

const portNumber = (text: string): number => {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return port
}

const runStart = async (options: StartOptions & { json: boolean }): Promise<void> => {
  const terminal = createTerminal(options.json ? process.stderr : process.stdout)
  const stopping = stopSignal('Stopped before the story was over.', 'The state is kept.')
  try {
    const [{ start }, { lower }, { tellHowToGoOn }] = await Promise.all([
      import('./start.ts'),
      import('./stage.ts'),
      import('./narrator.ts'),
    ])
    const { stage, outcome, repository } = await start(root, options, terminal, stopping)
    try {
      const ok = outcome.equal && outcome.messages > 0
      if (!ok) process.exitCode = 1
      if (options.once) terminal.line()
      else {
        tellHowToGoOn(stage, repository, terminal)
        await aborted(stopping)
        terminal.line('  Stopping.')
      }
    } finally {
      await lower(stage)
    }
    if (options.json) process.stdout.write(`${JSON.stringify(outcome)}\n`)
  } catch (error) {
    tellFailure(stopping.aborted ? stopping.reason : error, terminal)
    process.exitCode = stopping.aborted ? 130 : 1
  }
}

const runUp = async (options: UpOptions): Promise<void> => {
  const stopping = stopSignal('Stopped before the story was over.', 'The state is kept.')
  try {
    const { up } = await import('./up.ts')
    const { cloud, ready } = await up(root, options)
    try {
      process.stdout.write(`${JSON.stringify(ready)}\n`)
      await aborted(stopping)
    } finally {
      await cloud.stop()
    }
  } catch (error) {
    tellFailure(error, createTerminal(process.stderr))
    process.exitCode = 1
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

// `relay status | head`: who reads no further is no failure, and what is under way goes on
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return
    // of `relay scan` and `relay status` 1 says that something was found
    if (stream === process.stdout)
      tellFailure(
        new UserError(`Standard output cannot be written (${error.code}).`, 'Is the disk full?'),
        createTerminal(process.stderr),
      )
    process.exit(2)
  })
}

const program = new Command('relay')
  .description('CodeCommit Relay: replicates, announces and guards CodeCommit repositories')
  .showHelpAfterError()
  .configureHelp({
    // "(default: false)" behind every switch says nothing
    optionDescription(option) {
      if (option.defaultValue !== false) return Help.prototype.optionDescription.call(this, option)
      return option.description
    },
  })

program
  .command('start')
  .description('the whole product on this machine: local cloud, stack, and a story of a few pushes')
  .option('--import <path-or-url>', 'take this Git repository as the source instead of the demo')
  .option(
    '--once',
    'end after the story; exit status 0 only if the replica was proven equal and the message arrived',
    false,
  )
  .option(
    '--json',
    'print one JSON object as the last line of standard output; the story goes to standard error',
    false,
  )
  .option(
    '--port <number>',
    'port of the local cloud on 127.0.0.1; 0 takes any free one',
    portNumber,
    DEFAULT_PORT,
  )
  .option('--state <folder>', 'folder of the local cloud’s state', '.relay')
  .option('--fresh', 'forget the state of earlier runs first', false)
  .option('--config <file>', 'another relay.yml')
  .action(runStart)

const several = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...value.split(',').map((each) => each.trim()),
]

program
  .command('up')
  .description(
    'the local cloud: prints one JSON line when it is ready, and stays up until it is told to stop',
  )
  .option('--port <number>', 'port on 127.0.0.1; 0 takes any free one', portNumber, DEFAULT_PORT)
  .option('--state <folder>', 'folder of the state', '.relay')
  .option('--fresh', 'forget the state of earlier runs first', false)
  .option('--tls', 'take TLS on the same port too, under a certificate made for the state folder', false)
  .option(
    '--ssh [port]',
    'Git over SSH too: this port for the first region, the next for the second; without: free ones',
    portNumber,
  )
  .option('--no-stack', 'an empty cloud: the product is not deployed on it')
  .option('--config <file>', 'another relay.yml')
  .option(
    '--region <names>',
    'regions to serve, with commas or repeated (default: all; with a stack two, and those of relay.yml)',
    several,
  )
  .option(
    '--account <ids>',
    'account ids, with commas or repeated; the stack and the own credentials belong to the first',
    several,
  )
  .option(
    '--root-key <id:secret>',
    'access key of the first account’s root, instead of a made-up administrator',
  )
  .option('--git-user <name:password>', 'static Git credential of a user who may use all of CodeCommit')
  .option(
    '--image-command <image=command>',
    'run this in place of a container image that is not ours; repeated for more',
    (value: string, before: readonly string[] = []) => [...before, value],
  )
  .option('--faults <file-or-json>', 'what shall go wrong: docs/local-cloud.md')
  .action(runUp)

registerSeed(program)
registerStatus(program)
registerFailover(program)
registerUndo(program)
registerScan(program)

await program.parseAsync()
