import { expect, test } from '@jest/globals'
import { readKeys } from '../../../../shared/scanning/push/keys.ts'

const secretsOf = (stages: Record<string, string>) => {
  const asked: string[] = []
  return {
    asked,
    stages,
    getSecretValue: async ({ VersionStage }: { VersionStage: string }) => {
      asked.push(VersionStage)
      const SecretString = stages[VersionStage]
      if (SecretString === undefined)
        throw Object.assign(new Error('none'), { name: 'ResourceNotFoundException' })
      return { SecretString }
    },
  }
}
const [one, two] = ['1'.repeat(64), '2'.repeat(64)]

test('a key is read once in five minutes; after a rotation the one before is known as well', async () => {
  let now = 0
  const secrets = secretsOf({ AWSCURRENT: one })
  const keys = readKeys(secrets, 'arn', () => now)
  const first = await keys()
  expect(first.previous).toBeUndefined()
  expect(first.current.key.toString()).toBe(one)
  expect(first.current.id).not.toContain(one.slice(0, 5))
  Object.assign(secrets.stages, { AWSCURRENT: two, AWSPREVIOUS: one })
  await keys()
  expect(secrets.asked).toHaveLength(2)
  now = 5 * 60_000 + 1
  const after = await keys()
  expect(after.previous).toEqual(first.current)
  expect(after.current.id).not.toBe(first.current.id)
})

test('what cannot be read is a failure with a code, and asked for again', async () => {
  const secrets = secretsOf({})
  const keys = readKeys(secrets, 'arn', () => 0)
  await expect(keys()).rejects.toMatchObject({ code: 'KEY_UNREADABLE', data: { stage: 'AWSCURRENT' } })
  secrets.stages.AWSCURRENT = one
  expect((await keys()).current.key.toString()).toBe(one)
})
