import { randomUUID } from 'node:crypto'
import type {
  AliasConfiguration,
  AliasRoutingConfiguration,
  CreateAliasCommandInput,
  UpdateAliasCommandInput,
} from '@aws-sdk/client-lambda'
import type { Operation } from '../gateway/service.ts'
import { conflict, invalid, missingFunction, notFound, staleRevision, violated, violation } from './errors.ts'
import type { Functions } from './functions.ts'
import { functionArn, LATEST } from './names.ts'
import { pageOf } from './page.ts'
import type { AliasRecord, FunctionRecord } from './records.ts'

const NAME_PATTERN = '(?!^[0-9]+$)([a-zA-Z0-9-_]+)'

/** Names for versions, one of which may share its invocations with another: API reference, CreateAlias. */
export const aliasOperations = (functions: Functions): Record<string, Operation> => {
  const get = (record: FunctionRecord, name: string, otherwise = 'Cannot find alias arn'): AliasRecord => {
    const alias = record.aliases?.[name]
    if (alias) return alias
    throw notFound(`${otherwise}: ${functionArn(record, record.name, name)}`)
  }
  const put = (record: FunctionRecord, alias: AliasRecord) => {
    functions.put({ ...record, aliases: { ...record.aliases, [alias.name]: alias } })
    return describe(record, alias)
  }
  const checkVersion = (record: FunctionRecord, version: string): string => {
    if (functions.version(record, version)) return version
    throw missingFunction(functionArn(record, record.name, version))
  }

  return {
    CreateAlias: (input: CreateAliasCommandInput, call) => {
      const name = input.Name ?? ''
      if (!/^(?!\d+$)[a-zA-Z0-9-_]{1,128}$/.test(name))
        throw violated(
          violation(name, 'name', `Member must satisfy regular expression pattern: ${NAME_PATTERN}`),
        )
      const record = functions.get(input.FunctionName, call)
      const version = checkVersion(record, input.FunctionVersion ?? '')
      if (record.aliases?.[name])
        throw conflict(`Alias already exists: ${functionArn(record, record.name, name)}`)
      return put(record, {
        name,
        version,
        description: input.Description ?? '',
        revisionId: randomUUID(),
        ...weightsOf(input.RoutingConfig, version, (other) => checkVersion(record, other)),
      })
    },
    UpdateAlias: (input: UpdateAliasCommandInput, call) => {
      const record = functions.get(input.FunctionName, call)
      const { weights, ...alias } = get(record, input.Name ?? '', 'Alias not found')
      if (input.RevisionId && input.RevisionId !== alias.revisionId) throw staleRevision()
      const version = input.FunctionVersion ? checkVersion(record, input.FunctionVersion) : alias.version
      return put(record, {
        ...alias,
        version,
        description: input.Description ?? alias.description,
        revisionId: randomUUID(),
        ...(input.RoutingConfig
          ? weightsOf(input.RoutingConfig, version, (other) => checkVersion(record, other))
          : weights === undefined
            ? {}
            : { weights }),
      })
    },
    GetAlias: (input, call) => {
      const record = functions.get(input.FunctionName, call)
      return describe(record, get(record, input.Name))
    },
    ListAliases: (input, call) => {
      const record = functions.get(input.FunctionName, call)
      const shown = Object.values(record.aliases ?? {})
        .filter(({ version }) => !input.FunctionVersion || version === input.FunctionVersion)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((alias) => describe(record, alias))
      return pageOf('Aliases', shown, ({ Name = '' }) => Name, input)
    },
    // of what is not there, too: AWS answers as if it had been
    DeleteAlias: (input, call) => {
      const record = functions.get(input.FunctionName, call)
      const { [input.Name]: _alias, ...aliases } = record.aliases ?? {}
      const { [input.Name]: _own, ...qualified } = record.qualified ?? {}
      functions.put({ ...record, aliases, qualified })
      return {}
    },
  }
}

const describe = (record: FunctionRecord, alias: AliasRecord): AliasConfiguration => ({
  AliasArn: functionArn(record, record.name, alias.name),
  Name: alias.name,
  FunctionVersion: alias.version,
  Description: alias.description,
  RevisionId: alias.revisionId,
  ...(alias.weights === undefined
    ? {}
    : { RoutingConfig: { AdditionalVersionWeights: { ...alias.weights } } }),
})

const weightsOf = (
  routing: AliasRoutingConfiguration | undefined,
  version: string,
  checkVersion: (other: string) => string,
): { weights?: Record<string, number> } => {
  const entries = Object.entries(routing?.AdditionalVersionWeights ?? {})
  if (entries.length > 1)
    throw invalid('Number of items in AdditionalVersionWeights cannot be greater than 1')
  const [[other, weight] = ['', 0]] = entries
  if (entries.length === 0) return {}
  const at = 'routingConfig.additionalVersionWeights'
  if (!(weight >= 0 && weight < 1))
    throw violated(
      violation(
        `{${other}=${weight}}`,
        at,
        'Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]',
      ),
    )
  if (other === version)
    throw invalid(
      `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
    )
  if (version === LATEST)
    throw invalid('$LATEST is not supported for an alias pointing to more than 1 version')
  if (!/^\d+$/.test(other))
    throw violated(
      violation(
        `{${other}=${weight}}`,
        at,
        'Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, Member must not be null]',
      ),
    )
  checkVersion(other)
  return { weights: { [other]: weight } }
}
