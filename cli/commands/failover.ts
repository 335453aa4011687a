import { type Command, InvalidArgumentError } from 'commander'
import { type OperatorOptions, operate, operatorCommand } from '../operator.ts'

export interface FailoverOptions extends OperatorOptions {
  /** region that takes over; failback has none */
  readonly to?: string
  readonly dryRun: boolean
  readonly resume: boolean
  readonly force: boolean
  readonly yes: boolean
  readonly settle: number
}

const seconds = (text: string): number => {
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0 || value > 600)
    throw new InvalidArgumentError('Seconds from 0 to 600.')
  return value
}

/** What both have. */
const command = (program: Command, name: 'failover' | 'failback', description: string): Command =>
  operatorCommand(program, name, description)
    .argument('<repository...>', 'names or globs')
    .option('--dry-run', 'says what each step would do, and does nothing', false)
    .option('--resume', 'only goes on with what was begun; begins nothing', false)
    .option(
      '--force',
      'goes on though the source cannot be read: what was pushed since the last proof may be lost',
      false,
    )
    .option(
      '--settle <seconds>',
      'between the two readings that must agree: how long IAM may take to be obeyed everywhere',
      seconds,
      15,
    )
    .option('--yes', 'asks nothing', false)
    .action((repositories: string[], options: FailoverOptions) =>
      operate(options, async (operator, talk) => {
        const { failover } = await import('../failover/failover.ts')
        return failover(operator, talk, name, repositories, options)
      }),
    )

export const register = (program: Command): void => {
  command(
    program,
    'failover',
    'a replica becomes the source: freezes pushes, verifies that both are equal, swaps the direction, unfreezes',
  ).requiredOption('--to <region>', 'region of the replica that takes over')
  command(
    program,
    'failback',
    'the reverse of failover, by the same steps; takes back one that was begun and has not swapped yet',
  )
}
