import type { Call } from '../gateway/service.ts'
import { bareOf, type Context } from './context.ts'
import type { Change } from './events.ts'
import type { Repository } from './repositories.ts'

/** After an API call moved a ref: pull requests, date of change, event, triggers and housekeeping, as after a push. */
export const moved = async (
  context: Context,
  repository: Repository,
  call: Call,
  change: Change,
): Promise<void> => {
  const now = context.repositories.update(repository, { modifiedAt: context.parts.now() })
  if (now !== undefined) await context.announce(now, call.caller, [change])
  context.maintenance.pushed(bareOf(context, repository).directory, 1)
}
