import { type Command, InvalidArgumentError } from 'commander'
import { type Operator, type OperatorOptions, operate, operatorCommand, type Talk } from '../operator.ts'

export interface UndoOptions extends OperatorOptions {
  /** `region` or `region/account` of a replica */
  readonly to?: string
  /** `latest`, or milliseconds since the epoch */
  readonly at: 'latest' | number
  /** name of another ref that is to hold the tip */
  readonly as?: string
  readonly list: boolean
  readonly dryRun: boolean
  readonly yes: boolean
}

const time = (text: string): 'latest' | number => {
  if (text === 'latest') return text
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new InvalidArgumentError('latest, or a time such as 2031-05-17T09:00:00Z.')
  return at
}

const place = (text: string): string => {
  if (/^[a-z0-9-]+(\/\d{12})?$/.test(text)) return text
  throw new InvalidArgumentError('A region, or region/account with 12 digits.')
}

export const register = (program: Command): void => {
  operatorCommand(
    program,
    'undo',
    'brings back what a branch or tag held before it was overwritten or deleted: to the source and its replicas',
  )
    .argument('<repository>', 'name of the source')
    .argument('[ref]', 'main, tags/v1, refs/heads/main …; may be left out with --list')
    .option('--to <place>', 'the replica whose parked tips are meant: region, or region/account', place)
    .option('--at <time>', 'what the ref held at this time, instead of what it lost last', time, 'latest')
    .option('--as <ref>', 'brings it back under this name, and leaves the ref as it is')
    .option('--list', 'only lists what can be had back', false)
    .option('--dry-run', 'only says what would be done', false)
    .option('--yes', 'asks nothing', false)
    .action((repository: string, ref: string | undefined, options: UndoOptions) =>
      operate(options, async (operator: Operator, talk: Talk) => {
        const { undo } = await import('../undo/undo.ts')
        return undo(operator, talk, repository, ref, options)
      }),
    )
}
