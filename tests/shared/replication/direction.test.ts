import { expect, test } from '@jest/globals'
import { addressText } from '../../../shared/codecommit/address.ts'
import { directed, targetsAbout } from '../../../shared/replication/direction.ts'
import type { Direction } from '../../../shared/store/directions.ts'

const account = '111111111111'
const at = (region: string, name = 'orders') => ({ account, region, name })
const [us, eu, ap] = [at('us-east-1'), at('eu-west-1'), at('ap-south-1')]
const swapped: Direction = { origin: us, active: eu, since: '2026-11-26T10:00:00.000Z', by: 'arn' }
const elsewhere: Direction = {
  ...swapped,
  origin: at('us-east-1', 'other'),
  active: at('eu-west-1', 'other'),
}
const target = (repository = us, replica: typeof eu & { role?: string } = eu) => ({
  repository,
  replica,
  deletes: 'mirror' as const,
})

const cases = [
  ['nothing was swapped', target(), [], target()],
  ['another repository was', target(), [elsewhere], target()],
  ['its replica took over', target(), [elsewhere, swapped], target(eu, us)],
  ['another replica took over: that one is its source now', target(us, ap), [swapped], target(eu, ap)],
  ['the name alone is not the repository', target(ap, us), [swapped], target(ap, us)],
] as const

test.each(cases)('%s', (_name, given, directions, wanted) => {
  expect(directed(given, directions)).toEqual(wanted)
})

test('what else a target says is kept, and so is the way into another account', () => {
  const far = { ...at('ap-south-1'), account: '222222222222', role: 'arn:aws:iam::222222222222:role/relay' }
  const given = { ...target(us, far), deletes: 'keep' as const, divergence: 'keep' }
  expect(directed(given, [swapped])).toEqual({ ...given, repository: eu })
})

test('the key of the replica’s region is not one for the former source', () => {
  const given = { ...target(), kmsKey: 'alias/eu' }
  expect(directed(given, [swapped])).toEqual(target(eu, us))
  expect(directed({ ...given, replica: ap }, [swapped])).toHaveProperty('kmsKey', 'alias/eu')
})

test('swapping twice is no swap: failback from the other side gives the target of relay.yml', () => {
  const once = directed(target(), [swapped])
  expect(directed(once, [{ ...swapped, origin: eu, active: us }])).toEqual(target())
})

const relayYml = async (repository: typeof us) =>
  addressText(repository) === addressText(us)
    ? [eu, ap].map((replica) => ({ replica, deletes: 'mirror' as const }))
    : []
const pairs = async (about: typeof us, directions: readonly Direction[]) =>
  (await targetsAbout(about, relayYml, directions)).map(
    ({ repository, replica }) => `${repository.region}>${replica.region}`,
  )

test.each([
  ['the source', us, [], ['us-east-1>eu-west-1', 'us-east-1>ap-south-1']],
  ['a replica', eu, [], []],
  ['the former source', us, [swapped], ['eu-west-1>us-east-1', 'eu-west-1>ap-south-1']],
  ['the replica that took over', eu, [swapped], ['eu-west-1>us-east-1', 'eu-west-1>ap-south-1']],
  ['a replica that did not', ap, [swapped], []],
] as const)('what concerns %s', async (_name, about, directions, wanted) => {
  expect(await pairs(about, directions)).toEqual(wanted)
})
