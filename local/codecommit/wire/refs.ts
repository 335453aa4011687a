import type { Writable } from 'node:stream'
import { bareOf, type Context } from '../context.ts'
import { advertisement } from './advertise.ts'
import { FETCH_CAPABILITIES, PUSH_CAPABILITIES } from './capabilities.ts'
import { chunksOf, send } from './streams.ts'
import type { GitService, Visit } from './visit.ts'

/** What is offered for a service, in CodeCommit's order. */
export const offeredFor = (service: GitService): readonly string[] =>
  service === 'git-upload-pack' ? FETCH_CAPABILITIES : PUSH_CAPABILITIES

/**
 * Tells a client the refs, in version 0 whatever it asks for: git falls back by itself. Throws when git cannot say them.
 * @param http with smart HTTP's header
 * @param begin called once git has said something: until then another answer is possible
 */
export const tellRefs = async (
  context: Context,
  { repository }: Visit,
  service: GitService,
  client: Writable,
  { http, begin = () => {} }: { http: boolean; begin?: () => void },
): Promise<void> => {
  const { directory } = bareOf(context, repository)
  const talk = context.git.converse([service.slice(4), '--stateless-rpc', '--advertise-refs', directory])
  talk.stdin.end()
  let begun = false
  try {
    const lines = advertisement(http ? service : undefined, chunksOf(talk.stdout), offeredFor(service))
    for await (const bytes of lines) {
      if (!begun) begin()
      begun = true
      if (!(await send(client, bytes))) break
    }
  } finally {
    talk.abort()
  }
  const { code, stderr } = await talk.done
  if (code !== 0 && code !== null) throw new Error(`git ${service} ended with ${code}: ${stderr.trim()}`)
}
