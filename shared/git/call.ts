import type { RelayError } from '../runtime/errors.ts'
import type { GitService } from './advertisement.ts'
import { type Conversation, converse, type Patience } from './http.ts'
import { failureOf, refusalOf } from './refusal.ts'
import { malformed, reasonOf } from './text.ts'
import { createMeter } from './traffic.ts'
import type { Exchange, GitRemote, Traffic } from './types.ts'

/** One request of the protocol. */
export interface Call {
  readonly remote: GitRemote
  readonly service: GitService
  /** the refs, or the exchange after them */
  readonly step: 'info/refs' | 'exchange'
  readonly exchange: Exchange
  readonly version?: 2
  readonly body?: Uint8Array
  readonly length?: number
}

/** A request that stands, with what is needed to read its answer. */
export interface Line extends Conversation {
  /**
   * waits for the head; @returns its status: 200, or one of `also`
   * @throws RelayError by the status, and GIT_PROTOCOL for another content type
   */
  accepted(also?: readonly number[]): Promise<number>
  /** the same failure as a coded error that names the repository */
  failure(error: unknown): RelayError
  /** a server's words, short and without the credential */
  reason(words: string): string
}

export interface Caller {
  /** opens the request; @throws RelayError as GitClient says, and what `authorization` throws */
  call(call: Call): Promise<Line>
  traffic(): Traffic
}

/**
 * Requests of smart HTTP: URL, headers, and the checks that every answer needs.
 * Source: gitprotocol-http ("URL Format", "Smart Server Response": the content type must be checked).
 */
export const createCaller = (patience: Patience): Caller => {
  const meter = createMeter()
  return {
    traffic: meter.traffic,
    async call({ remote, service, step, exchange: { signal }, version, body, length }) {
      const { host, pathname: path } = new URL(remote.url)
      const authorization = await remote.authorization()
      const failure = (error: unknown) => failureOf(error, { host, path, service }, authorization, signal)
      const refs = step === 'info/refs'
      try {
        const conversation = await converse({
          method: refs ? 'GET' : 'POST',
          url: new URL(`${remote.url}/${refs ? `info/refs?service=${service}` : service}`),
          headers: {
            authorization,
            'user-agent': 'git/codecommit-relay',
            accept: refs ? '*/*' : `application/x-${service}-result`,
            ...(refs ? { pragma: 'no-cache' } : { 'content-type': `application/x-${service}-request` }),
            ...(version && { 'git-protocol': `version=${version}` }),
          },
          patience,
          signal,
          onRequest: meter.follow,
          ...(body && { body }),
          ...(length !== undefined && { length }),
        })
        const kind = `application/x-${service}-${refs ? 'advertisement' : 'result'}`
        return {
          ...conversation,
          failure,
          reason: (words) => reasonOf(words, authorization),
          accepted: accepting(conversation, kind, authorization),
        }
      } catch (error) {
        throw failure(error)
      }
    },
  }
}

const accepting =
  (conversation: Conversation, kind: string, authorization: string): Line['accepted'] =>
  async (also = []) => {
    const answer = await conversation.answer()
    const { statusCode: status = 0, headers } = answer
    if (status !== 200) {
      const refusal = await refusalOf(answer, conversation, authorization)
      if (!also.includes(status)) throw refusal
      return status
    }
    const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
    if (type === kind) return status
    conversation.destroy()
    return malformed('content type')
  }
