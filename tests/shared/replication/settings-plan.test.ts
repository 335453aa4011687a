import { describe, expect, test } from '@jest/globals'
import {
  copiedTags,
  type Given,
  givenAfter,
  type RepositorySettings,
  settingsPlan,
} from '../../../shared/replication/settings-plan.ts'

const NONE: Given = { tags: {}, templates: [] }
const bare: RepositorySettings = { description: '', tags: {}, templates: [] }
const rows: readonly [
  what: string,
  source: Partial<RepositorySettings>,
  replica: Partial<RepositorySettings>,
  given: Partial<Given>,
  steps: readonly object[],
][] = [
  ['nothing, nothing', {}, {}, {}, []],
  ['a description', { description: 'apples' }, {}, {}, [{ kind: 'description', description: 'apples' }]],
  [
    'a description that is gone',
    {},
    { description: 'apples' },
    {},
    [{ kind: 'description', description: '' }],
  ],
  [
    'another default branch',
    { defaultBranch: 'main' },
    { defaultBranch: 'next' },
    {},
    [{ kind: 'default-branch', branch: 'main' }],
  ],
  ['an empty replica', { defaultBranch: 'main' }, {}, {}, []],
  ['an empty source', {}, { defaultBranch: 'main' }, {}, []],
  [
    'tags: the source wins, the replica’s own stay',
    { tags: { team: 'fruit', tier: '1' } },
    { tags: { team: 'nuts', backup: 'daily' } },
    {},
    [{ kind: 'tag', tags: { team: 'fruit', tier: '1' } }],
  ],
  [
    'an empty value is a value',
    { tags: { frozen: '' } },
    { tags: {} },
    {},
    [{ kind: 'tag', tags: { frozen: '' } }],
  ],
  [
    'tags that Relay gave go with the source’s, unless somebody changed them; before others come',
    { tags: { z: '1' } },
    { tags: { given: 'a', changed: 'b', own: 'c' } },
    { tags: { given: 'a', changed: 'a', gone: 'a' } },
    [
      { kind: 'untag', keys: ['given'] },
      { kind: 'tag', tags: { z: '1' } },
    ],
  ],
  [
    'tags that are not copied',
    { tags: { 'aws:x': '1', 'AWS:y': '1', 'relay:replicate-to': 'eu-west-1', mirror: 'eu-west-1', a: '1' } },
    {},
    {},
    [{ kind: 'tag', tags: { a: '1' } }],
  ],
  ['tags that could not be read', { tags: undefined }, { tags: { a: '1' } }, { tags: { a: '1' } }, []],
  [
    'links: what Relay linked goes, what others linked stays',
    { templates: ['two-for-main', 'new'] },
    { templates: ['two-for-main', 'given', 'own'] },
    { templates: ['given', 'gone'] },
    [
      { kind: 'unlink', template: 'given' },
      { kind: 'link', template: 'new' },
    ],
  ],
  ['links that could not be read', { templates: ['a'] }, { templates: undefined }, {}, []],
]

describe('the plan', () => {
  test.each(rows)('%s', (_, source, replica, given, steps) => {
    const plan = settingsPlan({ ...bare, ...source }, { ...bare, ...replica }, { ...NONE, ...given }, [
      'mirror',
    ])
    expect(plan).toEqual(steps)
  })

  test('tags of Object’s own names are like any other', () => {
    const tags = { constructor: 'x', toString: 'y' }
    expect(settingsPlan({ ...bare, tags }, bare, NONE)).toEqual([{ kind: 'tag', tags }])
    expect(settingsPlan(bare, { ...bare, tags }, { ...NONE, tags })).toEqual([
      { kind: 'untag', keys: ['constructor', 'toString'] },
    ])
    expect(copiedTags(tags, [])).toEqual(tags)
  })
})

test('what was given is what the steps did', () => {
  const given = givenAfter({ tags: { a: '1', b: '1' }, templates: ['x', 'y'] }, [
    { kind: 'untag', keys: ['a'] },
    { kind: 'tag', tags: { b: '2', c: '3' } },
    { kind: 'unlink', template: 'x' },
    { kind: 'link', template: 'z' },
    { kind: 'link', template: 'y' },
    { kind: 'description', description: 'pears' },
  ])
  expect(given).toEqual({ tags: { b: '2', c: '3' }, templates: ['y', 'z'] })
})
