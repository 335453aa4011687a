import { isDataEvent } from '../cloudtrail/data-events.ts'
import type { Happening, Parts, Trail } from '../contracts.ts'
import { eventNameOf } from './happening.ts'
import type { WireRequest } from './request.ts'
import type { Call } from './service.ts'

/** What there is to tell of a call, as far as it came. Input and output are written out only when somebody is told. */
export interface Told {
  call?: Call
  parameters?: () => unknown
  response?: () => unknown
  resources?: readonly string[]
}

/** CloudTrail hears of what was asked in somebody's name, done or refused, once the answer is under way. */
export const tell = (
  needs: { readonly parts: Parts; readonly trail?: Pick<Trail, 'record'> },
  request: WireRequest,
  told: Told,
  error: Happening['error'],
): void => {
  const { call } = told
  const { trail } = needs
  if (!trail || !call) return
  const eventSource = `${call.service}.amazonaws.com`
  const eventName = eventNameOf(call.service, call.operation)
  if (isDataEvent(eventSource, eventName)) return
  setImmediate(() => {
    try {
      trail.record({ ...happeningOf(call, request, told), eventSource, eventName, ...(error && { error }) })
    } catch (failure) {
      needs.parts.log('gateway', 'a call could not be noted', {
        requestId: call.requestId,
        error: String(failure),
      })
    }
  })
}

const happeningOf = (
  call: Call,
  request: WireRequest,
  { parameters, response, resources }: Told,
): Omit<Happening, 'eventSource' | 'eventName'> => {
  const userAgent = request.headers.get('user-agent')
  const requestParameters = parameters?.() as object | undefined
  const responseElements = response?.() as object | undefined
  return {
    account: call.account,
    region: call.region,
    caller: call.caller,
    requestId: call.requestId,
    ...(request.sourceIp === undefined ? {} : { sourceIp: request.sourceIp }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(requestParameters === undefined ? {} : { requestParameters }),
    ...(responseElements === undefined ? {} : { responseElements }),
    ...(resources?.length ? { resources } : {}),
  }
}
