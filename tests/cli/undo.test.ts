import { describe, expect, test } from '@jest/globals'
import { UserError } from '../../cli/errors.ts'
import { destinationOf, findParked, findTip } from '../../cli/undo/find.ts'
import { parseConfig } from '../../shared/config/parse.ts'
import type { Target } from '../../shared/replication/prove.ts'
import type { ParkedTip } from '../../shared/store/parked.ts'

const config = parseConfig(
  `version: 1
replicate:
  - repositories: [trees]
    to:
      - { region: eu-north-1, account: '222222222222', role: arn:aws:iam::222222222222:role/r, externalId: xyz }
`,
  'relay.yml',
)
const targetIn = (region: string, account = '111111111111'): Target => ({
  repository: { account: '111111111111', region: 'us-east-1', name: 'orchard' },
  replica: { account, region, name: 'orchard' },
  deletes: 'mirror',
})
const tipOf = (ref: string, digit: string, at: string, until = '2031-06-17T00:00:00.000Z'): ParkedTip => ({
  ref,
  oid: digit.repeat(40),
  at,
  until,
  why: 'rewound',
})
const now = Date.parse('2031-06-01T00:00:00Z')
const tips = [
  tipOf('refs/heads/main', 'a', '2031-05-17T09:00:00.000Z'),
  tipOf('refs/heads/v1', 'b', '2031-05-18T09:00:00.000Z'),
  tipOf('refs/tags/v1', 'c', '2031-05-19T09:00:00.000Z'),
  tipOf('refs/heads/old', 'd', '2031-03-01T09:00:00.000Z', '2031-03-31T09:00:00.000Z'),
]
const [ireland, frankfurt] = [targetIn('eu-west-1'), targetIn('eu-central-1', '222222222222')]
const parked = [
  { target: ireland, tips: [], isLeft: false },
  { target: frankfurt, tips, isLeft: false },
]
const said = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof UserError) return `${error.message} ${error.remedy}`
    throw error
  }
  throw new Error('this should have been refused')
}

test('of several replicas the one that has the tip is taken, or the one that is named', async () => {
  expect(findTip(parked, 'main', 'latest', now)).toEqual({
    target: frankfurt,
    tip: tips[0],
    isLeft: false,
  })
  const asked: unknown[] = []
  const operator = {
    config,
    targets: async (choice: unknown) => {
      asked.push(choice)
      return [ireland, frankfurt]
    },
  }
  const store = {
    list: async ({ region }: { region: string }) => (region === 'eu-central-1' ? tips : []),
    parkings: async () => [],
  }
  expect(await findParked(operator, store, 'orchard', undefined)).toEqual(parked)
  expect(await findParked(operator, store, 'orchard', 'eu-central-1/222222222222')).toEqual([parked[1]])
  expect(asked).toEqual([
    { repositories: ['orchard'], to: undefined },
    { repositories: ['orchard'], to: 'eu-central-1' },
  ])
  await expect(findParked(operator, store, 'orchard', 'eu-west-1/333333333333')).rejects.toThrow(
    /no replica of orchard in eu-west-1\/333333333333/,
  )
})

test('what is parked of replicas that nobody asks for any more is found behind the others', async () => {
  const operator = { config, targets: async () => [ireland] }
  const parking = ({ repository, replica }: Target) => ({ repository, replica, due: 0, version: 1 })
  const other = { ...frankfurt.repository, name: 'orders' }
  const store = {
    list: async () => tips,
    parkings: async () => [
      parking(ireland),
      parking(frankfurt),
      parking({ ...frankfurt, repository: other }),
    ],
  }
  const role = 'arn:aws:iam::222222222222:role/r'
  const left = {
    target: { ...frankfurt, replica: { ...frankfurt.replica, role, externalId: 'xyz' }, deletes: 'keep' },
    tips,
    isLeft: true,
  }
  const here = { target: ireland, tips, isLeft: false }
  expect(await findParked(operator, store, 'orchard', undefined)).toEqual([here, left])
  expect(await findParked(operator, store, 'orchard', 'eu-central-1')).toEqual([left])
  const nothing = { ...operator, targets: async () => [] }
  expect(await findParked(nothing, store, 'orchard', 'eu-central-1')).toEqual([left])
  await expect(findParked(nothing, store, 'peaches', undefined)).rejects.toThrow(/no replica of peaches/)
})

test('since when a ref held a tip is known where something was parked before it', () => {
  const ref = 'refs/heads/main'
  const two = ['2031-05-17T09:00:00.000Z', '2031-05-18T09:00:00.000Z'].map((at) => tipOf(ref, 'a', at))
  const held = [{ target: ireland, tips: two, isLeft: false }]
  expect(findTip(held, 'main', 0, now)).toMatchObject({ tip: two[0] })
  expect(findTip(held, 'main', 0, now)).not.toHaveProperty('after')
  expect(findTip(held, 'main', 'latest', now)).toMatchObject({ tip: two[1], after: two[0]?.at })
})

describe('what is not clear is said, and how to be exact', () => {
  test.each<[string, 'latest' | number, RegExp]>([
    ['v1', 'latest', /v1 is a branch and a tag\. Say which: heads\/v1 or tags\/v1/],
    ['ma', 'latest', /is known of ma\. Parked is: refs\/heads\/main/],
    ['nothing', 'latest', /is known of nothing\. --list shows/],
    [
      'old',
      'latest',
      /refs\/heads\/old was at dddddddddddd then; that was kept until 2031-03-31T09:00:00\.000Z and has expired/,
    ],
    [
      'main',
      Date.parse('2031-05-30T00:00:00Z'),
      /Nothing was parked of refs\/heads\/main at that time or later/,
    ],
  ])('%s', (name, at, words) => {
    expect(said(() => findTip(parked, name, at, now))).toMatch(words)
  })
})

test('another name is a branch for a branch and a tag for a tag, unless it says so itself', () => {
  const [main, , tag] = tips as [ParkedTip, ParkedTip, ParkedTip]
  expect(destinationOf(main, undefined)).toBe('refs/heads/main')
  expect(destinationOf(main, 'rescue/main')).toBe('refs/heads/rescue/main')
  expect(destinationOf(tag, 'rescue')).toBe('refs/tags/rescue')
  expect(destinationOf(tag, 'heads/rescue')).toBe('refs/heads/rescue')
  expect(destinationOf(main, 'refs/tags/then')).toBe('refs/tags/then')
  for (const name of ['a..b', '-', 'x.lock', 'a b', 'refs/notes/x']) {
    const isFine = name === '-'
    if (isFine) expect(destinationOf(main, name)).toBe('refs/heads/-')
    else expect(said(() => destinationOf(main, name))).toContain('cannot be the name')
  }
})
