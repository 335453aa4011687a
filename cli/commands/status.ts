import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { type Operator, type OperatorOptions, operate, operatorCommand, type Talk } from '../operator.ts'

interface StatusOptions extends OperatorOptions {
  readonly recorded: boolean
  /** seconds between two looks; `true`: the usual */
  readonly watch?: number | true
}

const WATCH_SECONDS = 5
/** Exit status when it could not be asked, or the command was misused: 1 says that something is behind. */
const CANNOT_ASK = 2

const seconds = (text: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > 3600)
    throw new InvalidArgumentError('A whole number of seconds from 1 to 3600.')
  return number
}

export const register = (program: Command): void => {
  operatorCommand(
    program,
    'status',
    'of every replica: equal or not now, its lag, the last proof, what runs, what failed and what to do',
  )
    .argument('[repository...]', 'names or globs, as in relay.yml; without: all that it names')
    .option('--recorded', 'only what the table knows: no repository is read', false)
    .option('--watch [seconds]', `looks again and again (default: every ${WATCH_SECONDS} seconds)`, seconds)
    .addHelpText('after', '\nExit status: 0 all equal, 1 something is not, 2 could not be asked.')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : CANNOT_ASK))
    .action((repositories: string[], options: StatusOptions) =>
      operate(options, (operator, talk) => showStatus(operator, talk, repositories, options), CANNOT_ASK),
    )
}

const showStatus = async (
  operator: Operator,
  talk: Talk,
  repositories: readonly string[],
  { recorded, watch, json = false }: StatusOptions,
): Promise<number> => {
  const [{ lookAtAll }, { nothingChosen, tellStatus }] = await Promise.all([
    import('../status/look.ts'),
    import('../status/tell.ts'),
  ])
  for (;;) {
    const all = await lookAtAll(operator, { repositories, recorded })
    if (all.length === 0 && repositories.length > 0) throw nothingChosen(repositories)
    const status = tellStatus(operator, talk, all, { over: watch !== undefined, asJson: json })
    if (watch === undefined) return status
    const pause = (watch === true ? WATCH_SECONDS : watch) * 1000
    await sleep(pause, undefined, { signal: talk.signal }).catch(() => undefined)
    if (talk.signal.aborted) return status
  }
}
