import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Credentials } from '../contracts.ts'

export interface Profile {
  /** `default`, or a name for `--profile` */
  readonly name: string
  readonly region: string
  /** `http://127.0.0.1:4566` */
  readonly endpointUrl: string
  readonly credentials: Credentials
}

export interface GitLogin {
  /** origin of the Git server, with its port: `http://git-codecommit.eu-west-1.amazonaws.com.localhost:4566` */
  readonly url: string
  readonly userName: string
  readonly password: string
}

/**
 * Writes the two files that AWS's tools read ("Shared config and credentials files", AWS SDKs and Tools reference), readable
 * by their owner alone, each replaced at once.
 * @returns paths for AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE
 */
export const writeProfiles = (
  folder: string,
  profiles: readonly Profile[],
): { credentialsFile: string; configFile: string } => {
  for (const { name } of profiles)
    if (!/^[\w.-]+$/.test(name)) throw new Error(`a profile cannot be called ${JSON.stringify(name)}`)
  const credentialsFile = join(folder, 'credentials')
  const configFile = join(folder, 'config')
  writePrivate(
    credentialsFile,
    profiles.map(({ name, credentials }) =>
      section(name, {
        aws_access_key_id: credentials.accessKeyId,
        aws_secret_access_key: credentials.secretAccessKey,
        aws_session_token: credentials.sessionToken,
      }),
    ),
  )
  writePrivate(
    configFile,
    profiles.map(({ name, region, endpointUrl }) =>
      section(name === 'default' ? name : `profile ${name}`, {
        region,
        output: 'json',
        endpoint_url: endpointUrl,
      }),
    ),
  )
  return { credentialsFile, configFile }
}

/** Writes a file for git's `credential.helper = store --file=…`: git-credential-store(1), "Storage format". */
export const writeGitCredentials = (file: string, logins: readonly GitLogin[]): void =>
  writePrivate(
    file,
    logins.map(({ url, userName, password }) => {
      const { protocol, host } = new URL(url)
      return `${protocol}//${percent(userName)}:${percent(password)}@${host}\n`
    }),
  )

/** Writes variables as a POSIX shell reads them (`. FILE`): one a line, the value in single quotes. */
export const writeEnvironment = (file: string, variables: Readonly<Record<string, string>>): void =>
  writePrivate(
    file,
    Object.entries(variables).map(
      ([name, value]) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'\n`,
    ),
  )

/** Atomic by rename: a reader sees the old file or the new one; the mode is set before anything is in it. */
const writePrivate = (file: string, pieces: readonly string[]): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}.new`
  rmSync(draft, { force: true })
  writeFileSync(draft, pieces.join(''), { mode: 0o600, flag: 'wx' })
  renameSync(draft, file)
}

const section = (name: string, settings: Readonly<Record<string, string | undefined>>): string =>
  `[${name}]\n${Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')}\n`

const percent = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
