import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { UserError } from '../../cli/errors.ts'
import { explain } from '../../cli/explain.ts'
import { enterLocalCloud, exported } from '../../cli/local-terminal.ts'
import { openOperator } from '../../cli/open-operator.ts'
import { writeEnvironment } from '../../local/state/write-profile.ts'
import { RelayError } from '../../shared/runtime/errors.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-operator-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('what a local cloud exports is read back as a shell would read it', () => {
  const variables = {
    AWS_PROFILE: 'relay',
    RELAY_GIT_ENDPOINT: 'http://git-codecommit.{region}.amazonaws.com.localhost:4566',
    RELAY_CONFIG: `/it's/a "folder"/$HOME\n/relay.yml`,
  }
  writeEnvironment(join(folder, 'env'), variables)
  const environment = {
    PATH: '/bin',
    AWS_ACCESS_KEY_ID: 'somebody else',
    RELAY_STAGE: 'prod',
  } as NodeJS.ProcessEnv
  enterLocalCloud(folder, environment)
  expect(environment).toEqual({ PATH: '/bin', ...variables })
  expect(exported("export A=\nexport B=''\nexport C='x'\n")).toEqual({ B: '', C: 'x' })
})

test('a stage that can name no table is told before anything is asked', async () => {
  const config = join(folder, 'relay.yml')
  writeFileSync(config, "version: 1\nreplicate: [{ repositories: ['*'], to: [{ region: eu-west-1 }] }]\n")
  const opened = openOperator({ config, stage: 'b@d', json: false })
  await expect(opened).rejects.toThrow('b@d is not the name of a stage')
})

test('a folder that is no local cloud changes nothing and is told', () => {
  const environment = { AWS_PROFILE: 'mine' } as NodeJS.ProcessEnv
  writeFileSync(join(folder, 'file'), '')
  expect(() => enterLocalCloud(join(folder, 'none'), environment)).toThrow(/not the state of a local cloud/)
  expect(environment).toEqual({ AWS_PROFILE: 'mine' })
})

const aws = (name: string, message = '', cause?: unknown) =>
  Object.assign(new Error(message, { cause }), { name })
const nina = 'arn:aws:iam::111111111111:user/nina'
const table = 'arn:aws:dynamodb:us-east-1:111111111111:table/codecommit-relay-prod-table'

const cases: readonly [name: string, error: Error, message: RegExp, remedy: RegExp][] = [
  [
    'no credentials',
    new RelayError(
      'REMOTE_UNREACHABLE',
      {},
      { cause: aws('CredentialsProviderError', 'Could not load\nmore') },
    ),
    /^No AWS credentials were found: Could not load$/,
    /AWS_PROFILE.*--local/,
  ],
  [
    'expired',
    aws('ExpiredTokenException', 'The token has expired'),
    /do(es)? not take.*ExpiredToken/,
    /Sign in/,
  ],
  [
    'no stack',
    new RelayError('STORE_FAILED', { operation: 'Query' }, { cause: aws('ResourceNotFoundException') }),
    /no table codecommit-relay-prod-table in us-east-1/,
    /stage prod\?/,
  ],
  [
    'a permission of the table',
    new RelayError(
      'STORE_FAILED',
      {},
      {
        cause: aws(
          'AccessDeniedException',
          `User: ${nina} is not authorized to perform: dynamodb:Query on resource: ${table} because no identity-based policy allows the dynamodb:Query action`,
        ),
      },
    ),
    /^\S+:user\/nina may not dynamodb:Query on \S+-prod-table \(no identity-based policy allows/,
    /permission/,
  ],
  [
    'a push that Git’s endpoint refuses',
    new RelayError('REMOTE_DENIED', {
      host: 'git.example.com',
      path: '/v1/repos/orders',
      service: 'git-receive-pack',
    }),
    /codecommit:GitPush was refused on git\.example\.com\/v1\/repos\/orders/,
    /permission/,
  ],
  [
    'no network',
    aws('Error', 'connect', Object.assign(new Error(''), { code: 'ECONNREFUSED' })),
    /ECONNREFUSED/,
    /npm start/,
  ],
  ['what may pass', new RelayError('CLAIM_LOST', { replica: 'x' }), /CLAIM_LOST.*replica=x/, /again/],
  ['what will not', new RelayError('SOURCE_EMPTIED'), /SOURCE_EMPTIED/, /Mend/],
]

test.each(cases)('%s is told in a sentence with a way out', (_name, error, message, remedy) => {
  const told = explain(error, { stage: 'prod', region: 'us-east-1' })
  expect(told).toBeInstanceOf(UserError)
  expect((told as UserError).message).toMatch(message)
  expect((told as UserError).remedy).toMatch(remedy)
})

test('a defect stays what it is', () => {
  const defect = new TypeError('undefined is not a function')
  expect(explain(defect, undefined)).toBe(defect)
})
