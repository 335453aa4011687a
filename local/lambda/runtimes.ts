import { invalid } from './errors.ts'

/** Developer guide, "Supported runtimes"; the order is this list's own. */
const RUNTIMES = [
  ...['nodejs24.x', 'nodejs22.x', 'nodejs20.x', 'nodejs18.x', 'nodejs16.x', 'nodejs14.x', 'nodejs12.x'],
  ...['python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3.9', 'python3.8'],
  ...['java25', 'java21', 'java17', 'java11', 'java8.al2', 'dotnet10', 'dotnet8', 'dotnet6'],
  ...['ruby4.0', 'ruby3.4', 'ruby3.3', 'ruby3.2', 'provided.al2023', 'provided.al2'],
]

export type Family = 'nodejs' | 'python'

/** Which of our bootstraps runs it; undefined for all others. */
export const familyOf = (runtime: string): Family | undefined =>
  /^nodejs\d+\.x$/.test(runtime) ? 'nodejs' : /^python3\.\d+$/.test(runtime) ? 'python' : undefined

/**
 * @param hasPython whether this machine has one
 * @throws AwsError InvalidParameterValueException for what is no runtime, and for those that are not run here
 */
export const checkedRuntime = (runtime: string | undefined, hasPython: boolean): string => {
  if (!runtime || !RUNTIMES.includes(runtime))
    throw invalid(
      `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${RUNTIMES.join(', ')}] or be a valid ARN`,
    )
  const family = familyOf(runtime)
  if (!family)
    throw invalid(
      `The runtime ${runtime} is not run by this local cloud: it runs nodejs and python3 functions.`,
    )
  if (family === 'python' && !hasPython)
    throw invalid(`The runtime ${runtime} is not run by this local cloud: this machine has no python3.`)
  return runtime
}
