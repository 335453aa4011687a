import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { UserError } from './errors.ts'

/** What `serverless package` made: the template that would be deployed, and the files it names. */
export interface Package {
  readonly template: object
  /** artifact by the S3 key that the template names */
  artifact(s3Key: string): Promise<Uint8Array>
  /** folder that stands for the mirror image's /app */
  readonly mirrorFolder: string
  readonly config: object
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
  /** folder for bundles and template; absent: `.build` in the project */
  readonly build?: string
}

const TEMPLATE = 'cloudformation-template-update-stack.json'
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
  const build = options.build ?? join(options.root, '.build')
  const folder = join(build, `package-${options.stage}-${options.region}`)
  const stampFile = join(folder, 'stamp')
  const stamp = `${options.stage} ${options.region} ${digest(options.root, configFile)}`
  const fresh = existsSync(join(folder, TEMPLATE)) && readText(stampFile) === stamp
  if (!fresh) {
    await serverlessPackage(options, folder, { RELAY_CONFIG: configFile, RELAY_BUILD: build })
    writeFileSync(stampFile, stamp)
  }
  return {
    template: JSON.parse(readFileSync(join(folder, TEMPLATE), 'utf8')) as object,
    artifact: async (s3Key) => readFileSync(artifactFile(build, folder, s3Key)),
    mirrorFolder: join(build, 'mirror'),
    config: JSON.parse(readFileSync(join(build, 'functions', 'replicate', 'relay.json'), 'utf8')) as object,
    rebuilt: !fresh,
  }
}

const artifactFile = (build: string, folder: string, s3Key: string): string => {
  const name = basename(s3Key)
  const found = [join(folder, name), join(build, 'functions', name)].find((file) => existsSync(file))
  if (!found)
    throw new UserError(`The package lacks the artifact ${name}.`, 'Remove the folder .build and try again.')
  return found
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

const serverlessPackage = (
  options: PackageOptions,
  folder: string,
  settings: NodeJS.ProcessEnv,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const args = ['package', '--stage', options.stage, '--region', options.region, '--package', folder]
    const child = spawn(
      process.execPath,
      [join(options.root, 'node_modules/serverless/bin/serverless.js'), ...args],
      {
        cwd: options.root,
        env: { ...process.env, ...settings, SLS_NOTIFICATIONS_MODE: 'off', NODE_OPTIONS: '' },
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
      else reject(new UserError(said.trim(), 'Mend what is named above, then run this again.'))
    })
  })
