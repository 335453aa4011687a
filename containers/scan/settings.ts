import { type RepositoryAddress, readAddress } from '../../shared/codecommit/address.ts'
import { count, optionalText, readEnvironment, type Setting, text } from '../../shared/runtime/environment.ts'

const repository: Setting<RepositoryAddress> = {
  name: 'RELAY_SCAN',
  expected: 'JSON with account (12 digits), region and name',
  read: (value) => {
    const found = readAddress(value)
    return found && { value: found }
  },
}

/**
 * What one run is asked to do: the environment that the stack and RunTask set.
 * @throws RelayError ENVIRONMENT_INVALID naming everything that is missing or malformed
 */
export const readSettings = (environment: Readonly<Record<string, string | undefined>>) =>
  readEnvironment(environment, {
    repository,
    claim: text('RELAY_SCAN_CLAIM'),
    reason: optionalText('RELAY_REASON'),
    attempt: optionalText('RELAY_ATTEMPT'),
    table: text('RELAY_TABLE'),
    bus: text('RELAY_BUS'),
    fingerprintKey: text('RELAY_FINGERPRINT_SECRET'),
    memory: count('RELAY_MEMORY'),
    region: text('AWS_REGION'),
    gitEndpoint: optionalText('RELAY_GIT_ENDPOINT'),
  })
