import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Cloud, type CloudOptions, REGIONS, startCloud } from '../local/cloud.ts'
import type { FaultPlan } from '../local/faults/plan.ts'
import { REGIONS as ALL_REGIONS } from '../shared/config/regions.ts'
import { UserError } from './errors.ts'
import { checkDisk, startFailure } from './mend.ts'
import { regionsServed } from './replica-regions.ts'

/**
 * Those of the partition `aws`: ARNs of China and GovCloud would have to be written in another way. The first is that of the
 * profiles that are written.
 */
const CODECOMMIT_REGIONS: readonly string[] = [
  'us-east-1',
  ...ALL_REGIONS.filter((region) => region !== 'us-east-1' && !/^(cn|us-gov)-/.test(region)),
]

/** What the command line says, parsed but not yet checked against one another. */
export interface UpOptions {
  readonly port: number
  readonly state: string
  readonly fresh: boolean
  readonly tls: boolean
  /** `true`: any free ports */
  readonly ssh?: boolean | number
  readonly stack: boolean
  readonly config?: string
  readonly region?: readonly string[]
  readonly account?: readonly string[]
  /** `ID:SECRET` */
  readonly rootKey?: string
  /** `NAME:PASSWORD` */
  readonly gitUser?: string
  /** `IMAGE=COMMAND` each */
  readonly imageCommand?: readonly string[]
  /** a file's path, or the plan itself as JSON */
  readonly faults?: string
}

/** The one line that says that the cloud is up. */
export interface Ready {
  readonly ready: true
  readonly port: number
  /** for AWS_ENDPOINT_URL */
  readonly url: string
  /** clone address; `{region}` and `{repository}` to be filled in */
  readonly git: string
  readonly accounts: readonly string[]
  readonly regions: readonly string[]
  /** folder of the state, with the files `config`, `credentials` and `git-credentials` */
  readonly state: string
  /** file of the certificate, with --tls: for GIT_SSL_CAINFO, AWS_CA_BUNDLE, NODE_EXTRA_CA_CERTS */
  readonly certificate?: string
  /** with --ssh: port of each region */
  readonly ssh?: Readonly<Record<string, number>>
  /** what was found damaged in the state folder; absent: nothing */
  readonly damage?: readonly string[]
  /** outputs of the stack, when there is one */
  readonly outputs?: Readonly<Record<string, unknown>>
}

/**
 * `relay up`: the local cloud, with the stack on it unless that is not wanted.
 * @param root the project's folder
 * @throws UserError for what the person can mend
 */
export const up = async (root: string, options: UpOptions): Promise<{ cloud: Cloud; ready: Ready }> => {
  const folder = resolve(options.state)
  checkDisk(folder)
  const settings = await settingsOf(options)
  // what packages a stack is loaded only when there is one: it takes longer to load than the cloud to start
  const stack = options.stack ? await packedStack(root, options, settings) : undefined
  const regions = options.region ?? regionsServed(settings.regions, stack?.replicate ?? [])
  const cloud = await startCloud({ ...settings, ...stack?.settings, regions, folder }).catch(
    (error: unknown) => {
      throw startFailure(error, options.port)
    },
  )
  try {
    const outputs = stack && (await stack.deployTo(cloud)).outputs
    const ready: Ready = {
      ready: true,
      port: cloud.port,
      url: cloud.url,
      git: cloud.gitUrl('{region}', '{repository}'),
      accounts: cloud.accounts,
      regions: cloud.regions,
      state: folder,
      ...(cloud.certificateFile !== undefined && { certificate: cloud.certificateFile }),
      ...(options.ssh && { ssh: cloud.sshPorts }),
      ...(cloud.damage.length > 0 && { damage: cloud.damage }),
      ...(outputs && { outputs }),
    }
    return { cloud, ready }
  } catch (error) {
    await cloud.stop()
    throw error
  }
}

const packedStack = async (root: string, { config }: UpOptions, { regions }: Settings) => {
  const { packed } = await import('./deploy.ts')
  return packed(root, config, regions[0] ?? '')
}

type Settings = CloudOptions & { readonly regions: readonly string[] }

/** Without a stack every region that has CodeCommit is served; with one two, and those that relay.yml names. */
const settingsOf = async (options: UpOptions): Promise<Settings> => {
  const { rootKey, gitUser } = options
  const accounts = options.account
  for (const account of accounts ?? [])
    if (!/^\d{12}$/.test(account))
      throw new UserError(`${account} is not an account id.`, 'It has 12 digits.')
  const twice = accounts?.find((account, index) => accounts.indexOf(account) < index)
  if (twice !== undefined) throw new UserError(`Account ${twice} is given twice.`, 'Leave one out.')
  const regions = options.region ?? (options.stack ? REGIONS : CODECOMMIT_REGIONS)
  for (const region of regions)
    if (!CODECOMMIT_REGIONS.includes(region))
      throw new UserError(`${region} is not a region that is served here.`, 'Example: --region eu-west-1')
  const key = rootKey === undefined ? undefined : pair(rootKey, '--root-key', 'ID:SECRET')
  const git = gitUser === undefined ? undefined : pair(gitUser, '--git-user', 'NAME:PASSWORD')
  if (git && !key)
    throw new UserError(
      '--git-user needs --root-key.',
      'Give both, or neither: then an administrator is made.',
    )
  return {
    port: options.port,
    fresh: options.fresh,
    tls: options.tls,
    ...(options.ssh && { ssh: options.ssh }),
    regions,
    ...(accounts && { accounts }),
    ...(key && {
      credentials: {
        rootKey: { id: key[0], secret: key[1] },
        ...(git && { gitUser: { name: git[0], password: git[1] } }),
      },
    }),
    ...(options.imageCommand && { imageCommands: imageCommands(options.imageCommand) }),
    ...(options.faults !== undefined && { faultPlan: await faultPlan(options.faults) }),
  }
}

const pair = (text: string, option: string, form: string): [string, string] => {
  const colon = text.indexOf(':')
  const [name, secret] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)]
  if (!/^[\w+=,.@-]{1,128}$/.test(name) || secret === '')
    throw new UserError(`${option} is not of the form ${form}.`, `Example: ${option} ${form}`)
  return [name, secret]
}

/** The command is the shell's, as it would be in a Dockerfile's plain `CMD`. */
const imageCommands = (pairs: readonly string[]): NonNullable<CloudOptions['imageCommands']> =>
  Object.fromEntries(
    pairs.map((text) => {
      const equals = text.indexOf('=')
      if (equals < 1)
        throw new UserError(
          '--image-command is not of the form IMAGE=COMMAND.',
          "Example: 'alpine:*=echo hello'",
        )
      return [text.slice(0, equals), { command: ['/bin/sh', '-c', text.slice(equals + 1)] }]
    }),
  )

const faultPlan = async (text: string): Promise<FaultPlan> => {
  const { FaultPlanError, parseFaultPlan } = await import('../local/faults/plan.ts')
  const isFile = existsSync(text)
  try {
    return parseFaultPlan(JSON.parse(isFile ? readFileSync(text, 'utf8') : text))
  } catch (error) {
    const what = isFile ? `The fault plan in ${text}` : 'The fault plan of --faults'
    const help = 'docs/local-cloud.md lists the kinds of faults.'
    if (error instanceof FaultPlanError)
      throw new UserError(`${what} cannot be used:\n    ${error.problems.join('\n    ')}`, help, {
        cause: error,
      })
    if (error instanceof SyntaxError)
      throw new UserError(`${what} is neither JSON nor the path of a file.`, help, { cause: error })
    throw error
  }
}
