import type { Call } from '../gateway/service.ts'
import type { Context } from './context.ts'
import type { Change } from './events.ts'
import type { Repository } from './repositories.ts'

/** After an API call moved a ref: date of change, event and triggers, as after a push. */
export const moved = (context: Context, repository: Repository, call: Call, change: Change): void => {
  const now = context.repositories.update(repository, { modifiedAt: context.parts.now() })
  if (now !== undefined) context.announce(now, call.caller.arn, [change])
}
