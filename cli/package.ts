import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../shared/config/types.ts'
import { UserError } from './errors.ts'

/** What `serverless package` made: the template that would be deployed, and the files it names. */
export interface Package {
  readonly template: object
  /** artifact by the S3 key that the template names */
  artifact(s3Key: string): Promise<Uint8Array>
  /** folder that stands for the mirror image's /app */
  readonly mirrorFolder: string
  /** rules of the relay.yml that was packaged */
  readonly replicate: Config['replicate']
  /** false: nothing had changed since the last time */
  readonly rebuilt: boolean
}

export interface PackageOptions {
  /** the project's folder */
  readonly root: string
  readonly stage: string
  readonly region: string
  /** path of relay.yml; absent: the project's own */
  readonly configFile?: string
}

const TEMPLATE = 'cloudformation-template-update-stack.json'
/** written last: a package without it was interrupted. Holds the rules, so that nobody has to parse relay.yml again */
const DONE = 'rules.json'
const PACKAGES_KEPT = 8
const LOCK_POLL_MS = 100
const MEND = 'Mend what is named above, then run this again.'
/** whatever can change what is packaged */
const INPUTS = ['functions', 'shared', 'containers', 'stack', 'serverless.yml', 'package-lock.json']

/**
 * Builds the bundles and compiles the stack with `serverless package`, exactly as a deployment does; skipped when none of
 * the inputs changed since it last ran.
 * @throws UserError with what the build said, when it fails (a bad relay.yml lists all its mistakes)
 */
export const packageStack = async (options: PackageOptions): Promise<Package> => {
  const configFile = options.configFile ?? join(options.root, 'relay.yml')
  if (!existsSync(configFile)) {
    throw new UserError(`There is no file ${configFile}.`, 'Name an existing one with --config FILE.')
  }
  const build = join(options.root, '.build')
  const inputs = digest(options.root, configFile)
  const folder = join(build, 'packages', `${options.stage}-${options.region}-${inputs.slice(0, 16)}`)
  mkdirSync(build, { recursive: true })
  const release = await oneAtATime(join(build, 'packaging.lock'))
  try {
    const done = existsSync(join(folder, DONE))
    if (!done) {
      const { replicate } = await checkedConfig(configFile)
      await serverlessPackage(options, folder, configFile)
      // what is started from it must not change under its feet when the sources do
      cpSync(join(build, 'mirror'), join(folder, 'mirror'), { recursive: true })
      writeFileSync(join(folder, DONE), JSON.stringify(replicate))
      forgetOld(join(build, 'packages'))
    }
    return {
      template: JSON.parse(readFileSync(join(folder, TEMPLATE), 'utf8')) as object,
      artifact: async (s3Key) => readFileSync(artifactFile(folder, s3Key)),
      mirrorFolder: join(folder, 'mirror'),
      replicate: JSON.parse(readFileSync(join(folder, DONE), 'utf8')) as Config['replicate'],
      rebuilt: !done,
    }
  } finally {
    release()
  }
}

/**
 * Said here, and not out of the depths of serverless, where only the end of it would be read. Loaded when it is needed: a start
 * from an unchanged package does not pay for the parser.
 */
const checkedConfig = async (file: string): Promise<Config> => {
  const { BadConfig, readConfig } = await import('../stack/config.ts')
  try {
    return readConfig(file)
  } catch (error) {
    if (error instanceof BadConfig) throw new UserError(error.message, MEND, { cause: error })
    throw error
  }
}

/** serverless and the bundler write to fixed places: two at once in one checkout would mix their output. */
const oneAtATime = async (file: string): Promise<() => void> => {
  const mine = `${file}.${process.pid}`
  for (;;) {
    try {
      // linked into place when it is whole: nobody reads half a lock
      writeFileSync(mine, String(process.pid))
      linkSync(mine, file)
      return () => rmSync(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      rmSync(mine, { force: true })
    }
    if (!isAlive(Number(readText(file) ?? ''))) rmSync(file, { force: true })
    else await sleep(LOCK_POLL_MS)
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const forgetOld = (folder: string): void => {
  const byAge = readdirSync(folder)
    .map((name) => ({ path: join(folder, name), at: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at)
  for (const { path } of byAge.slice(PACKAGES_KEPT)) rmSync(path, { recursive: true, force: true })
}

const artifactFile = (folder: string, s3Key: string): string => {
  const file = join(folder, basename(s3Key))
  if (!existsSync(file))
    throw new UserError(
      `The package lacks the artifact ${basename(s3Key)}.`,
      'Remove the folder .build and try again.',
    )
  return file
}

const readText = (file: string): string | undefined =>
  existsSync(file) ? readFileSync(file, 'utf8') : undefined

const digest = (root: string, configFile: string): string => {
  const hash = createHash('sha256').update(readFileSync(configFile))
  for (const file of INPUTS.flatMap((input) => filesUnder(join(root, input)))) {
    hash.update(relative(root, file)).update(readFileSync(file))
  }
  return hash.digest('hex')
}

const filesUnder = (path: string): string[] => {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)))
}

const serverlessPackage = (options: PackageOptions, folder: string, configFile: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const args = ['package', '--stage', options.stage, '--region', options.region, '--package', folder]
    const child = spawn(
      process.execPath,
      [join(options.root, 'node_modules/serverless/bin/serverless.js'), ...args],
      {
        cwd: options.root,
        env: { ...process.env, RELAY_CONFIG: configFile, SLS_NOTIFICATIONS_MODE: 'off', NODE_OPTIONS: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
    }
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new UserError(said.trim(), MEND))
    })
  })
