import type { Call } from '../gateway/service.ts'
import type { Context } from './context.ts'
import type { Change } from './events.ts'
import type { Repository } from './repositories.ts'

/** After an API call moved a ref: date of change, event and triggers, as after a push. */
export const moved = async (
  context: Context,
  repository: Repository,
  call: Call,
  change: Change,
): Promise<void> => {
  const now = context.repositories.update(repository, { modifiedAt: context.parts.now() })
  if (now !== undefined) await context.announce(now, call.caller, [change])
}
