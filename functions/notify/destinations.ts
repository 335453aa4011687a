import type { Config } from '../../shared/config/types.ts'
import type { Destination } from '../../shared/notices/deliver.ts'
import { RelayError } from '../../shared/runtime/errors.ts'

/**
 * Every topic of relay.yml with the ARN that the stack gave it.
 * @param arns name of the topic → its ARN
 * @throws RelayError ENVIRONMENT_INVALID naming the topics that have none
 */
export const destinationsOf = (
  topics: Config['topics'],
  arns: Readonly<Record<string, string>>,
): ReadonlyMap<string, Destination> => {
  const lacking = Object.keys(topics).filter((name) => !Object.hasOwn(arns, name))
  if (lacking.length > 0) throw new RelayError('ENVIRONMENT_INVALID', { topicsWithoutArn: lacking.join(',') })
  return new Map(
    Object.entries(topics).map(([name, { slack, teams }]): [string, Destination] => [
      name,
      {
        name,
        arn: arns[name] ?? '',
        ...(slack ? { chat: 'slack' as const } : teams ? { chat: 'teams' as const } : {}),
      },
    ]),
  )
}
