import { randomInt } from 'node:crypto'
import { type Handler, type Handlers, unless } from '../handler.ts'
import { defined, flag, number, object, objects, text } from '../properties.ts'
import type { JsonObject } from '../values.ts'

const MISSING = ['ResourceNotFound']

const LETTERS = {
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digits: '0123456789',
  marks: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
}

/** CloudFormation user guide, AWS::SecretsManager::Secret GenerateSecretString: 32 characters of all kinds unless it says else. */
const generated = (how: JsonObject): string => {
  const excluded = text(how, 'ExcludeCharacters') ?? ''
  const kinds = [
    ...(flag(how, 'ExcludeLowercase') ? [] : [LETTERS.lower]),
    ...(flag(how, 'ExcludeUppercase') ? [] : [LETTERS.upper]),
    ...(flag(how, 'ExcludeNumbers') ? [] : [LETTERS.digits]),
    ...(flag(how, 'ExcludePunctuation') ? [] : [LETTERS.marks]),
    ...(flag(how, 'IncludeSpace') ? [' '] : []),
  ]
  const letters = [...kinds.join('')].filter((letter) => !excluded.includes(letter))
  const password = Array.from(
    { length: number(how, 'PasswordLength') ?? 32 },
    () => letters[randomInt(letters.length)],
  )
  const key = text(how, 'GenerateStringKey')
  const template = text(how, 'SecretStringTemplate')
  if (key === undefined || template === undefined) return password.join('')
  return JSON.stringify({ ...(JSON.parse(template) as object), [key]: password.join('') })
}

const tagsOf = (properties: JsonObject) =>
  objects(properties, 'Tags').map((tag) => ({ Key: text(tag, 'Key') ?? '', Value: text(tag, 'Value') ?? '' }))

const secret: Handler = {
  apply: async ({ logicalId, properties, former }, context) => {
    const Name = text(properties, 'Name') ?? context.generatedName(logicalId, 64)
    const Description = text(properties, 'Description')
    const KmsKeyId = text(properties, 'KmsKeyId')
    const how = object(properties, 'GenerateSecretString')
    const given = text(properties, 'SecretString')
    const there = await unless(MISSING, context.call('secretsmanager', 'DescribeSecret', { SecretId: Name }))
    if (there) {
      // a value is made anew only when what it is made from changes
      const same = former && sameValue(former.properties, properties)
      const SecretString = same ? undefined : (given ?? (how && former ? generated(how) : undefined))
      await context.call(
        'secretsmanager',
        'UpdateSecret',
        defined({ SecretId: there.ARN, Description, KmsKeyId, SecretString }),
      )
      return { physicalId: there.ARN, attributes: { Id: there.ARN } }
    }
    const Tags = tagsOf(properties)
    const made = await context.call(
      'secretsmanager',
      'CreateSecret',
      defined({
        Name,
        Description,
        KmsKeyId,
        SecretString: given ?? (how && generated(how)),
        Tags: Tags.length > 0 ? Tags : undefined,
      }),
    )
    return { physicalId: made.ARN, attributes: { Id: made.ARN } }
  },
  remove: async ({ physicalId }, context) => {
    await unless(
      MISSING,
      context.call('secretsmanager', 'DeleteSecret', {
        SecretId: physicalId,
        ForceDeleteWithoutRecovery: true,
      }),
    )
  },
}

const sameValue = (a: JsonObject, b: JsonObject): boolean =>
  ['GenerateSecretString', 'SecretString'].every(
    (name) => JSON.stringify(a[name]) === JSON.stringify(b[name]),
  )

export const secretsManagerHandlers: Handlers = { 'AWS::SecretsManager::Secret': secret }
