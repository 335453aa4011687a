import { randomUUID } from 'node:crypto'
import type { Caller } from '../gateway/service.ts'
import type { Envelope } from '../gateway/wires.ts'
import type { Context } from './context.ts'

/** Who acted, as every event names them. */
export type Actor = Pick<Caller, 'arn' | 'tags' | 'kind'>

/**
 * Identity fields of events: names and mail addresses are there only when the session brings them as tags (codecommit user guide,
 * "Using tags to provide identity information in CodeCommit").
 */
export const identityOf = ({ arn, tags, kind }: Actor): Readonly<Record<string, string>> => ({
  callerUserArn: arn,
  ...(kind !== 'user' && tags?.displayName !== undefined && { displayName: tags.displayName }),
  ...(kind !== 'user' && tags?.emailAddress !== undefined && { emailAddress: tags.emailAddress }),
})

/** The same as one sentence of `notificationBody`. */
export const identitySentences = (actor: Actor): string => {
  const { displayName, emailAddress } = identityOf(actor)
  return [
    displayName === undefined ? '' : `The display name for the user is ${displayName}. `,
    emailAddress === undefined ? '' : `The email address for the user is ${emailAddress}. `,
  ].join('')
}

/** Java's `Date.toString()`, in which events write their dates: `Sat May 17 09:04:30 UTC 2031`. @param at milliseconds since the epoch */
export const javaDate = (at: number): string => {
  const [day = '', date = '', month = '', year = '', time = ''] = new Date(at).toUTCString().split(' ')
  return `${day.replace(',', '')} ${month} ${date} ${time} UTC ${year}`
}

/** Page of AWS's console. @param path below `codesuite/codecommit/`, may end in a fragment */
export const consoleUrl = (region: string, path: string): string => {
  const [page, fragment] = path.split('#')
  const anchor = fragment === undefined ? '' : `#${encodeURIComponent(fragment)}`
  return `https://${region}.console.aws.amazon.com/codesuite/codecommit/${page}${anchor}?region=${region}`
}

/**
 * Puts an event of CodeCommit's onto the default bus. Never throws: what it tells has happened already.
 * @param resources ARNs
 */
export const tell = (
  { wires, parts }: Pick<Context, 'wires' | 'parts'>,
  { account, region }: { account: string; region: string },
  detailType: string,
  resources: readonly string[],
  detail: object,
): void => {
  const envelope: Envelope = {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source: 'aws.codecommit',
    account,
    time: `${new Date(parts.now()).toISOString().slice(0, 19)}Z`,
    region,
    resources,
    detail,
  }
  try {
    wires.emit(envelope)
  } catch (error) {
    parts.log('codecommit', 'an event was not taken', { detailType, resources, error: String(error) })
  }
}
