import { createHash, createHmac } from 'node:crypto'

export interface SigningCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** of temporary credentials; travels in the user name and is not signed */
  readonly sessionToken?: string
}

export interface GitPasswordScope {
  readonly region: string
  /** of the remote URL; a port is not signed */
  readonly host: string
  /** of the remote URL, with its leading slash and without `/info/refs`: `/v1/repos/<name>` */
  readonly path: string
  /** milliseconds since the epoch */
  readonly now: number
}

export interface GitPassword {
  readonly username: string
  readonly password: string
}

/**
 * The user name and password under which CodeCommit's Git endpoint accepts AWS credentials, for about 15 minutes: Signature
 * Version 4 over a made-up verb `GIT`, the path and the host, without a payload hash, and with a time that lacks its `Z`.
 * Source: awscli/customizations/codecommit.py of the AWS CLI (the credential helper), and aws/git-remote-codecommit.
 */
export const signGitPassword = (
  { accessKeyId, secretAccessKey, sessionToken }: SigningCredentials,
  { region, host, path, now }: GitPasswordScope,
): GitPassword => {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+Z$/g, '')
  const date = time.slice(0, 8)
  const scope = [date, region, 'codecommit', 'aws4_request']
  const canonicalRequest = `GIT\n${path}\n\nhost:${host.replace(/:\d+$/, '')}\n\nhost\n`
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonicalRequest)].join('\n')
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  return {
    username: sessionToken ? `${accessKeyId}%${sessionToken}` : accessKeyId,
    password: `${time}Z${hmac(key, toSign).toString('hex')}`,
  }
}

/** Value of the Authorization header (RFC 7617). */
export const basicAuthorization = ({ username, password }: GitPassword): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
