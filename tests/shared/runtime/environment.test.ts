import { expect, test } from '@jest/globals'
import * as setting from '../../../shared/runtime/environment.ts'

const settings = {
  table: setting.text('RELAY_TABLE'),
  account: setting.account('RELAY_ACCOUNT'),
  queue: setting.url('RELAY_QUEUE'),
  receives: setting.count('RELAY_RECEIVES'),
  subnets: setting.list('RELAY_SUBNETS'),
  assign: setting.oneOf('RELAY_ASSIGN', ['ENABLED', 'DISABLED']),
  topics: setting.textMap('RELAY_TOPICS'),
  git: setting.optionalText('RELAY_GIT'),
}
const good = {
  RELAY_TABLE: 't',
  RELAY_ACCOUNT: '111111111111',
  RELAY_QUEUE: 'https://sqs.us-east-1.amazonaws.com/1/q',
  RELAY_RECEIVES: '5',
  RELAY_SUBNETS: 'a, b',
  RELAY_ASSIGN: 'ENABLED',
  RELAY_TOPICS: '{"pushes":"arn:x"}',
}

test('good settings become values', () => {
  expect(setting.readEnvironment(good, settings)).toEqual({
    table: 't',
    account: '111111111111',
    queue: good.RELAY_QUEUE,
    receives: 5,
    subnets: ['a', 'b'],
    assign: 'ENABLED',
    topics: { pushes: 'arn:x' },
    git: undefined,
  })
  expect(setting.readEnvironment({ ...good, RELAY_GIT: 'x' }, settings).git).toBe('x')
})

test('all that is wrong is said at once, and no value', () => {
  const bad = {
    RELAY_TABLE: '',
    RELAY_ACCOUNT: '1111111111112',
    RELAY_QUEUE: 'ftp://hidden',
    RELAY_RECEIVES: '0',
    RELAY_SUBNETS: 'a,,hidden',
    RELAY_ASSIGN: 'hidden',
    RELAY_TOPICS: '["hidden"]',
  }
  const read = () => setting.readEnvironment(bad, settings)
  expect(read).toThrow(expect.objectContaining({ code: 'ENVIRONMENT_INVALID' }))
  for (const name of Object.keys(bad)) expect(read).toThrow(name)
  expect(read).toThrow('RELAY_TABLE: missing')
  expect(read).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/hidden|RELAY_GIT/) }))
})

test.each(['{', 'null', '{"a":1}', '"x"'])('%s is no map of texts', (RELAY_TOPICS) => {
  expect(() => setting.readEnvironment({ ...good, RELAY_TOPICS }, settings)).toThrow('RELAY_TOPICS')
})
