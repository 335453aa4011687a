import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** AWS's user guide: a signed password stops working after about fifteen minutes. */
const MAX_AGE_MS = 15 * 60_000
/** Clocks of clients may run ahead (inferred from SigV4's own five minutes). */
const MAX_AHEAD_MS = 5 * 60_000

export interface SignedPassword {
  /** `YYYYMMDDTHHMMSS`, without the `Z`: that is how it is signed */
  readonly timestamp: string
  /** milliseconds since the epoch */
  readonly time: number
  readonly signature: string
}

/** @returns undefined when the text is not of the form `YYYYMMDDTHHMMSSZ<64 hex digits>`, or names no real time */
export const parseSignedPassword = (password: string): SignedPassword | undefined => {
  const parts = /^((\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d))Z([0-9a-f]{64})$/.exec(password)
  if (parts === null) return undefined
  const [, timestamp = '', year, month, day, hour, minute, second, signature = ''] = parts
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const time = Date.parse(iso)
  return Number.isNaN(time) || new Date(time).toISOString() !== iso
    ? undefined
    : { timestamp, time, signature }
}

/** Too old or too far ahead; undefined when it is neither. */
export const timeProblem = (signed: SignedPassword, now: number): string | undefined => {
  if (now - signed.time > MAX_AGE_MS) return 'the signed password has expired'
  if (signed.time - now > MAX_AHEAD_MS) return 'the signed password is of the future'
  return undefined
}

/**
 * The signature over a clone address, as AWS CLI's credential helper (`customizations/codecommit.py`) and git-remote-codecommit
 * compute it: SigV4 with the method `GIT`, only the host signed, no payload hash, the time without its `Z`.
 * @param path `/v1/repos/<name>`
 */
export const signClone = (
  secret: string,
  timestamp: string,
  { region, host, path }: { region: string; host: string; path: string },
): string => {
  const canonical = `GIT\n${path}\n\nhost:${host}\n\nhost\n`
  const date = timestamp.slice(0, 8)
  const scope = `${date}/${region}/codecommit/aws4_request`
  const hash = createHash('sha256').update(canonical).digest('hex')
  const key = [date, region, 'codecommit', 'aws4_request'].reduce<string | Buffer>(
    (chain, part) => createHmac('sha256', chain).update(part).digest(),
    `AWS4${secret}`,
  )
  return createHmac('sha256', key).update(`AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${hash}`).digest('hex')
}

/** True when the signature is that of one of these hosts: the credential helper leaves the port out, git-remote-codecommit keeps it. */
export const signatureMatches = (
  signed: SignedPassword,
  secret: string,
  { region, hosts, path }: { region: string; hosts: readonly string[]; path: string },
): boolean =>
  hosts
    .map((host) => signClone(secret, signed.timestamp, { region, host, path }))
    .map((expected) => timingSafeEqual(Buffer.from(expected), Buffer.from(signed.signature)))
    .includes(true)
