import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type {
  ContainerDefinition,
  ContainerOverride,
  RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs'

/** What stands for an image: a folder with what its Dockerfile would say when the task definition does not, or a command instead of it. */
export interface LocalImage {
  /** absent: the task's own, which is empty */
  readonly folder?: string
  /** runs whatever entry point and command the task definition names */
  readonly replacement?: readonly string[]
  readonly entryPoint?: readonly string[]
  readonly command?: readonly string[]
}

export interface LaunchPlan {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** folders to make before, and to remove after the task */
  readonly folders: readonly string[]
}

export interface LaunchInput {
  readonly definition: Pick<RegisterTaskDefinitionCommandInput, 'volumes'>
  readonly container: ContainerDefinition
  readonly override: ContainerOverride | undefined
  readonly image: LocalImage
  /** private to the task */
  readonly folder: string
  readonly nodePath: string
  readonly path: string
  /** set after the task's own variables: what ECS sets, and what this cloud adds */
  readonly environment: Readonly<Record<string, string>>
}

const DEFAULT_WORKING_DIRECTORY = '/app'

/**
 * What a task's process is started with. Paths inside the container (working directory, mount points) become folders on this
 * machine wherever they stand at the beginning of an argument or a variable. Home and temporary files are the task's own, so that
 * no setting of the user of this machine leaks in. The size of a volume and a read-only root are not enforced here.
 * @returns undefined when neither definition, override nor image names a command
 */
export const planLaunch = (input: LaunchInput): LaunchPlan | undefined => {
  const { container, override, image, folder } = input
  const entryPoint = container.entryPoint ?? image.entryPoint ?? []
  const named = [...entryPoint, ...(override?.command ?? container.command ?? image.command ?? [])]
  const given = image.replacement ?? named
  const home = join(folder, 'home')
  const temporary = join(folder, 'tmp')
  const mounts = (container.mountPoints ?? []).map(({ sourceVolume, containerPath = '' }) => ({
    inside: containerPath,
    outside: join(folder, 'volumes', encodeURIComponent(sourceVolume ?? '')),
  }))
  const workingDirectory = container.workingDirectory ?? DEFAULT_WORKING_DIRECTORY
  const real = translator([...mounts, { inside: workingDirectory, outside: image.folder ?? home }])
  const [command, ...args] = given.map(real)
  if (command === undefined) return undefined
  return {
    command: command === 'node' ? input.nodePath : command,
    args,
    cwd: image.folder === undefined ? home : real(workingDirectory),
    env: {
      PATH: input.path,
      HOME: home,
      TMPDIR: temporary,
      ...Object.fromEntries(
        [...(container.environment ?? []), ...(override?.environment ?? [])].map(({ name, value }) => [
          name ?? '',
          real(value ?? ''),
        ]),
      ),
      ...input.environment,
    },
    folders: [folder, home, temporary, ...mounts.map(({ outside }) => outside)],
  }
}

/** Longest path first: a mount below the working directory wins over it. */
const translator = (mounts: readonly { inside: string; outside: string }[]) => {
  const ordered = mounts
    .filter(({ inside }) => inside.startsWith('/') && inside !== '/')
    .sort((a, b) => b.inside.length - a.inside.length)
  return (text: string): string => {
    const mount = ordered.find(
      ({ inside }) => text === inside || text.startsWith(`${inside.replace(/\/$/, '')}/`),
    )
    return mount ? mount.outside + text.slice(mount.inside.replace(/\/$/, '').length) : text
  }
}

/** The file that a command names, looked for in `path` unless it has a slash; undefined when there is none to execute. */
export const findExecutable = (command: string, cwd: string, path: string): string | undefined => {
  const candidates = command.includes('/')
    ? [command.startsWith('/') ? command : join(cwd, command)]
    : path.split(':').map((folder) => join(folder, command))
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
