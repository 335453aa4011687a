import { describe, expect, test } from '@jest/globals'
import { basicAuthorization, signGitPassword } from '../../../shared/codecommit/git-password.ts'

// Made up for these examples, whose values the AWS CLI's own credential helper gave with its clock held still.
const keys = { accessKeyId: 'AKIDORCHARD01', secretAccessKey: ['not-a-real', 'secret+0001'].join('/') }
const temporary = { ...keys, accessKeyId: 'ASIDORCHARD02', sessionToken: 'FakeSession/Token+With/Slash==' }
const scope = {
  region: 'eu-west-1',
  host: 'git-codecommit.eu-west-1.amazonaws.com',
  path: '/v1/repos/orchard-api',
  now: Date.UTC(2031, 4, 17, 9, 4, 33, 999),
}
const AT = '20310517T090433Z'
const USUAL = `${AT}3282152d4bbc38d3f319afa0169ab63a37dcc5a009861e8d075483326a61f9f2`

describe('the signed password', () => {
  test('is what the credential helper prints', () => {
    expect(signGitPassword(keys, scope)).toEqual({ username: 'AKIDORCHARD01', password: USUAL })
  })

  test('of temporary credentials is the same; the token rides in the user name', () => {
    expect(signGitPassword(temporary, scope)).toEqual({
      username: 'ASIDORCHARD02%FakeSession/Token+With/Slash==',
      password: USUAL,
    })
  })

  test.each([
    ['a port is not signed', { host: `${scope.host}:8443` }, USUAL],
    [
      'localhost',
      { host: 'localhost:4566' },
      `${AT}2710bc8bec3603b9d903ff893266b7195f5ecf23558936b4886992058bbc5e08`,
    ],
    [
      'FIPS',
      { host: 'git-codecommit-fips.us-east-2.amazonaws.com', region: 'us-east-2' },
      `${AT}1481df162a68079e250e3c28b1622565dbac42842815c3c4aab3314e828708eb`,
    ],
    [
      'a VPC endpoint',
      { host: 'vpce-0a1b2c3d-abcd.git-codecommit.eu-west-1.vpce.amazonaws.com' },
      `${AT}1d03834258a6c7996dda91d4d204a8f8886d607704e6d705a7c61f69b7f181d1`,
    ],
    [
      'China',
      { host: 'git-codecommit.cn-north-1.amazonaws.com.cn', region: 'cn-north-1' },
      `${AT}9e21b88cb608547d0224a81ad7ce1b075360a2b4fdb9db57d6288278391caf9f`,
    ],
    [
      'a doubled slash is another path',
      { path: '//v1/repos/orchard-api' },
      `${AT}da9c8760f205c2bfa159dc80961caad7ef79f49f429f54215f4d8f0c31b65fc9`,
    ],
    [
      'the last second of a day',
      { now: Date.UTC(2031, 4, 17, 23, 59, 59) },
      '20310517T235959Z7a797b14b45a00d33be26ab494b6fe5b8c5ff1c52417afb92a63adc1f0643bac',
    ],
  ])('%s', (_, change, password) => {
    expect(signGitPassword(keys, { ...scope, ...change }).password).toBe(password)
  })

  test('goes into HTTP Basic', () => {
    const header =
      'QUtJRE9SQ0hBUkQwMToyMDMxMDUxN1QwOTA0MzNaMzI4MjE1MmQ0YmJjMzhkM2YzMTlhZmEwMTY5YWI2M2EzN2RjYzVhMDA5ODYxZThkMDc1NDgzMzI2YTYxZjlmMg=='
    expect(basicAuthorization(signGitPassword(keys, scope))).toBe(`Basic ${header}`)
  })
})
