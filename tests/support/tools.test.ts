import { afterEach, expect, test } from '@jest/globals'
import { needTool, testWith } from './tools.ts'

const asked = process.env.RELAY_REQUIRE_TOOLS
afterEach(() => {
  if (asked === undefined) delete process.env.RELAY_REQUIRE_TOOLS
  else process.env.RELAY_REQUIRE_TOOLS = asked
})

test('a tool that is there is used', () => {
  expect(needTool('git')).toBe(true)
  expect(testWith('git')).toBe(test)
})

test('a missing tool is a failure where every tool is asked for, else the test is skipped', () => {
  process.env.RELAY_REQUIRE_TOOLS = '1'
  expect(() => needTool('no-such-tool')).toThrow(/no-such-tool is not usable here .*RELAY_REQUIRE_TOOLS=1/)
  delete process.env.RELAY_REQUIRE_TOOLS
  expect(needTool('no-such-tool')).toBe(false)
  expect(testWith('no-such-tool')).toBe(test.skip)
})
