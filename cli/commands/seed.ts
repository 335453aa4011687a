import { type Command, InvalidArgumentError } from 'commander'
import { type Operator, type OperatorOptions, operate, operatorCommand, type Talk } from '../operator.ts'

export interface SeedOptions extends OperatorOptions {
  /** region of the replicas */
  readonly to?: string
  readonly parallel: number
  readonly force: boolean
  readonly mirror: boolean
  readonly dryRun: boolean
  readonly yes: boolean
}

const MOST_PARALLEL = 32

const parallel = (text: string): number => {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > MOST_PARALLEL)
    throw new InvalidArgumentError(`A whole number from 1 to ${MOST_PARALLEL}.`)
  return count
}

export const register = (program: Command): void => {
  operatorCommand(
    program,
    'seed',
    'makes replicas equal to their sources from here: the first mirror of many repositories, or what was refused',
  )
    .argument('[repository...]', 'names or globs, as in relay.yml; without: all that it names')
    .option('--to <region>', 'only the replicas in this region')
    .option('--parallel <number>', 'replicas at a time', parallel, 4)
    .option(
      '--force',
      'carries out what was refused because it loses much; only for repositories that are named',
      false,
    )
    .option('--mirror', 'asks the Fargate task to do it, and watches until it is proven', false)
    .option('--dry-run', 'only says what differs', false)
    .option('--yes', 'asks nothing', false)
    .action((repositories: string[], options: SeedOptions) =>
      operate(options, async (operator: Operator, talk: Talk) => {
        const { seed } = await import('../seed/seed.ts')
        return seed(operator, talk, repositories, options)
      }),
    )
}
