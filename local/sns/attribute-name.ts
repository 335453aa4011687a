import { invalidAttributeValue } from './errors.ts'

/**
 * Checks the name of a message attribute: SNS developer guide, "Message attribute items and validation"; texts as recorded, but for
 * that about reserved beginnings.
 * @throws AwsError ParameterValueInvalid
 */
export const checkAttributeName = (name: string): void => {
  if (Buffer.byteLength(name) > 256)
    throw invalidAttributeValue('Length of message attribute name must be less than 256 bytes.')
  if (name.startsWith('.'))
    throw invalidAttributeValue("Invalid message attribute name starting with character '.' was found.")
  if (name.endsWith('.'))
    throw invalidAttributeValue("Invalid message attribute name ending with character '.' was found.")
  const bad = /[^A-Za-z0-9_.-]/.exec(name)?.[0]
  if (bad !== undefined)
    throw invalidAttributeValue(
      `Invalid non-alphanumeric character '#x${bad.charCodeAt(0).toString(16).toUpperCase()}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.`,
    )
  if (name.includes('..'))
    throw invalidAttributeValue("Message attribute name can not have successive '.' character.")
  if (/^(aws|amazon)\./i.test(name))
    throw invalidAttributeValue("Message attribute name can not start with 'AWS.' or 'Amazon.'.")
}
