import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UserError } from './errors.ts'

/** A shell's credentials and settings come before those of a profile: they must not reach a local cloud, nor be reached by it. */
const FOREIGN = /^(AWS_|RELAY_)/

/**
 * Makes this process a second terminal of a local cloud: what its file `env` exports takes the place of every variable of AWS and of
 * Relay.
 * @param folder its state folder
 * @throws UserError when there is none
 */
export const enterLocalCloud = (folder: string, environment: NodeJS.ProcessEnv): void => {
  const file = join(resolve(folder), 'env')
  if (!existsSync(file)) {
    throw new UserError(
      `${folder} is not the state of a local cloud: there is no file ${file}.`,
      'Run `npm start` first, and name its folder with --local FOLDER if it is not .relay.',
    )
  }
  for (const name of Object.keys(environment)) if (FOREIGN.test(name)) delete environment[name]
  Object.assign(environment, exported(readFileSync(file, 'utf8')))
}

/** Variables of a file of lines `export NAME='VALUE'`, a quote in the value written as `'\''`. */
export const exported = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .split(/\n(?=export |$)/)
      .map((line) => /^export (\w+)='([\s\S]*)'$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name = '', value = '']) => [name, value.replaceAll(String.raw`'\''`, "'")]),
  )
