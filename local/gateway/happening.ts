import type { NormalizedSchema } from '@smithy/core/schema'

/** Lambda's operations stand in CloudTrail with the date of their API: Lambda developer guide, "Logging API calls with CloudTrail". */
const LAMBDA_NAMES: readonly (readonly [RegExp, string])[] = [
  [
    /^(AddPermission|RemovePermission|GetFunction|GetPolicy|UpdateFunctionCode|UpdateFunctionConfiguration)$/,
    '20150331v2',
  ],
  [/^GetFunctionConfiguration$/, '20150331v2'],
  [/^(CreateFunction|DeleteFunction|ListFunctions|PublishVersion|ListVersionsByFunction)$/, '20150331'],
  [/^(Create|Delete|Get|Update)Alias$|^ListAliases$/, '20150331'],
  [/^(Create|Delete|Get|Update)EventSourceMapping$|^ListEventSourceMappings$/, '20150331'],
  [/^(Put|Delete)FunctionConcurrency$/, '20171031'],
  [/^(TagResource|UntagResource)$/, '20170331v2'],
  [/^ListTags$/, '20170331'],
]

/** The name of an operation in CloudTrail. */
export const eventNameOf = (service: string, operation: string): string =>
  service === 'lambda'
    ? `${operation}${LAMBDA_NAMES.find(([names]) => names.test(operation))?.[1] ?? ''}`
    : operation

/** CloudTrail shows no answer of a call that only reads. */
export const isReadOnly = (operation: string): boolean =>
  /^(Get|List|Describe|BatchGet|BatchDescribe|Lookup|Simulate|Test|Filter|Evaluate)/.test(operation)

const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS'
/** Not marked as sensitive in the models, and credentials all the same. */
const CREDENTIALS = /^(SecretAccessKey|SessionToken|ServicePassword|ServiceCredentialSecret|Plaintext)$/i
/** Longer texts than this are cut: CloudTrail's events end at 256 kB, and ours should stay small. */
const TEXT_MAX = 2_048

/** Input or output as CloudTrail writes it: names begin small, bytes are left out, secrets hidden. */
export const recorded = (schema: NormalizedSchema, value: unknown): unknown => {
  if (value === undefined || value === null || value instanceof Uint8Array) return undefined
  if (schema.getMergedTraits().sensitive) return HIDDEN
  if (typeof value === 'string') return value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}...` : value
  if (schema.isStructSchema()) {
    const object = value as Readonly<Record<string, unknown>>
    const members: Record<string, unknown> = {}
    for (const [name, member] of schema.structIterator()) {
      const inner = CREDENTIALS.test(name) && object[name] ? HIDDEN : recorded(member, object[name])
      if (inner !== undefined) members[`${name.charAt(0).toLowerCase()}${name.slice(1)}`] = inner
    }
    return members
  }
  if (schema.isListSchema() && Array.isArray(value)) {
    const item = schema.getValueSchema()
    return value.map((entry) => recorded(item, entry)).filter((entry) => entry !== undefined)
  }
  if (schema.isMapSchema()) {
    const item = schema.getValueSchema()
    return Object.fromEntries(
      Object.entries(value as object).map(([key, entry]) => [key, recorded(item, entry)]),
    )
  }
  return value
}
