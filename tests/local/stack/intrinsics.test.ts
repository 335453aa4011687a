// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are CloudFormation's
import { describe, expect, test } from '@jest/globals'
import { referencesIn, resolve, type Scope } from '../../../local/stack/intrinsics.ts'
import { parameterValues } from '../../../local/stack/parameters.ts'
import type { Json } from '../../../local/stack/values.ts'

const scope: Scope = {
  region: 'eu-west-1',
  ref: (name) => ({ Name: 'orchard', Many: ['a', 'b'], Count: 3, 'AWS::Region': 'eu-west-1' })[name],
  attribute: (logicalId, attribute) => `${logicalId}!${attribute}`,
  condition: (name) => name === 'Yes',
  mapping: (map, first, second) => `${map}/${first}/${second}`,
}
const nothing = { Ref: 'AWS::NoValue' }

const works: [what: string, value: Json, expected: Json | undefined][] = [
  ['Ref', { Ref: 'Name' }, 'orchard'],
  ['Ref of a list', { Ref: 'Many' }, ['a', 'b']],
  ['no value in an object', { a: nothing, b: 1 }, { b: 1 }],
  ['no value in a list', [nothing, 2], [2]],
  ['no value alone', nothing, undefined],
  ['GetAtt as list', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'Queue!Arn'],
  ['GetAtt as text', { 'Fn::GetAtt': 'Queue.Nested.Arn' }, 'Queue!Nested.Arn'],
  ['Sub', { 'Fn::Sub': 'a-${Name}-${Queue.Arn}-${AWS::Region}-${Count}' }, 'a-orchard-Queue!Arn-eu-west-1-3'],
  ['Sub with variables', { 'Fn::Sub': ['${X}/${Name}', { X: { Ref: 'Name' } }] }, 'orchard/orchard'],
  ['Sub, literal', { 'Fn::Sub': '${!Name} ${Name}' }, '${Name} orchard'],
  ['Join', { 'Fn::Join': [':', ['a', { Ref: 'Name' }, 3, nothing]] }, 'a:orchard:3'],
  ['Join of a list reference', { 'Fn::Join': [',', { Ref: 'Many' }] }, 'a,b'],
  ['Split', { 'Fn::Split': ['-', 'a-b'] }, ['a', 'b']],
  ['Select', { 'Fn::Select': ['1', { 'Fn::Split': ['-', 'a-b'] }] }, 'b'],
  ['If, yes', { 'Fn::If': ['Yes', 'y', 'n'] }, 'y'],
  ['If, no value', { a: { 'Fn::If': ['No', 'y', nothing] } }, {}],
  ['If, only the branch taken', { 'Fn::If': ['Yes', 'y', { 'Fn::Select': [9, []] }] }, 'y'],
  ['Equals', { 'Fn::Equals': [{ Ref: 'Name' }, 'orchard'] }, true],
  ['Equals of number and text', { 'Fn::Equals': [{ Ref: 'Count' }, '3'] }, true],
  ['And', { 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Not': [{ Condition: 'No' }] }] }, true],
  ['Or', { 'Fn::Or': [{ Condition: 'No' }, { 'Fn::Equals': ['a', 'b'] }] }, false],
  ['FindInMap', { 'Fn::FindInMap': ['Map', { Ref: 'AWS::Region' }, 'key'] }, 'Map/eu-west-1/key'],
  ['Base64', { 'Fn::Base64': { Ref: 'Name' } }, 'b3JjaGFyZA=='],
  ['GetAZs', { 'Fn::GetAZs': '' }, ['eu-west-1a', 'eu-west-1b', 'eu-west-1c']],
  ['two keys are no function', { Ref: 'Name', Other: 1 }, { Ref: 'Name', Other: 1 }],
  ['a Condition inside a policy is data', { Condition: { A: { B: 'c' } } }, { Condition: { A: { B: 'c' } } }],
]
test.each(works)('%s', (_what, value, expected) => {
  expect(resolve(value, scope, 'X')).toEqual(expected)
})

const fails: [what: string, value: Json, message: RegExp][] = [
  ['unknown function', { a: { 'Fn::Cidr': [] } }, /at X\.a\.Fn::Cidr: Fn::Cidr is not served/],
  ['Select beyond the end', { 'Fn::Select': [2, ['a', 'b']] }, /cannot select item 2 of a list of 2/],
  ['Select of no number', { 'Fn::Select': ['x', ['a']] }, /cannot select item NaN/],
  ['Select below zero', { 'Fn::Select': [-1, ['a']] }, /cannot select item -1/],
  ['Join of an object', { 'Fn::Join': ['', [{ a: 1 }]] }, /X\.Fn::Join\[1\]\[0\]: must be a string/],
  ['Sub of a list', { 'Fn::Sub': '${Many}' }, /\(\$\{Many\}\): must be a string/],
  ['Not of two', { 'Fn::Not': [{ Condition: 'Yes' }, { Condition: 'Yes' }] }, /takes 1 conditions/],
  ['And of one', { 'Fn::And': [{ Condition: 'Yes' }] }, /takes 2 to 10 conditions/],
  ['If without an else', { 'Fn::If': ['Yes', 'y'] }, /takes a condition and two values/],
  ['GetAtt without attribute', { 'Fn::GetAtt': 'Queue' }, /takes a resource and an attribute/],
]
test.each(fails)('refuses %s', (_what, value, message) => {
  expect(() => resolve(value, scope, 'X')).toThrow(message)
})

test('references, in the branch that holds only', () => {
  const value: Json = {
    a: { Ref: 'A' },
    b: [{ 'Fn::GetAtt': ['B', 'Arn'] }, { 'Fn::GetAtt': 'C.Arn' }],
    c: { 'Fn::Sub': '${D} ${E.Arn} ${!F} ${AWS::Region}' },
    d: { 'Fn::If': ['Yes', { Ref: 'G' }, { Ref: 'H' }] },
    e: { 'Fn::Sub': ['${x}', { x: { Ref: 'I' } }] },
  }
  const found = referencesIn(value, (name) => name === 'Yes')
  expect([...found].sort()).toEqual(['A', 'AWS::Region', 'B', 'C', 'D', 'E', 'G', 'I', 'x'])
})

describe('parameters', () => {
  const declared = {
    Stage: { Type: 'String', Default: 'dev', AllowedPattern: '[a-z]+', MaxLength: 5, MinLength: 2 },
    Size: { Type: 'Number', Default: 21, MinValue: 21, MaxValue: 200 },
    Kind: { Type: 'String', AllowedValues: ['a', 'b'], Default: 'a' },
    Subnets: { Type: 'List<AWS::EC2::Subnet::Id>', Default: '' },
    Needed: { Type: 'String' },
  }
  test('defaults, given values and lists', () => {
    expect(parameterValues(declared, { Needed: 'x', Subnets: 'subnet-1, subnet-2', Size: '200' })).toEqual({
      Stage: 'dev',
      Size: '200',
      Kind: 'a',
      Subnets: ['subnet-1', 'subnet-2'],
      Needed: 'x',
    })
  })
  test.each([
    [{}, /Parameters\.Needed: must have a value/],
    [{ Needed: 'x', Extra: '1' }, /\[Extra\] do not exist in the template/],
    [{ Needed: 'x', Stage: 'DEV' }, /Parameters\.Stage: value 'DEV' must match/],
    [{ Needed: 'x', Stage: 'toolong' }, /at most 5 characters/],
    [{ Needed: 'x', Stage: 'a' }, /at least 2 characters/],
    [{ Needed: 'x', Size: '20' }, /at least 21/],
    [{ Needed: 'x', Size: '201' }, /at most 200/],
    [{ Needed: 'x', Size: 'many' }, /must be a number/],
    [{ Needed: 'x', Kind: 'c' }, /must be one of a, b/],
  ])('%j is refused', (given, message) => {
    expect(() => parameterValues(declared, given as Record<string, string>)).toThrow(message)
  })
})
