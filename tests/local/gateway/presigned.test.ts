import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { PRESIGNED_SECONDS_MAX } from '../../../local/gateway/authorization.ts'
import { CLOCK_SKEW_MS } from '../../../local/gateway/signature.ts'
import { ACCOUNT, type Keys, startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.stop())

interface Presigning {
  readonly at?: number
  readonly expires?: string
  readonly service?: string
  readonly region?: string
  readonly credentials?: Keys
  readonly host?: string
  readonly leaveOut?: string
  readonly algorithm?: string
}

/** A presigned GetCallerIdentity, by a signer of its own. */
const presigned = (change: Presigning = {}): string => {
  const { expires = '60', service = 'sts', region = 'eu-west-1', credentials = world.admin } = change
  const stamp = new Date(change.at ?? Date.now()).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = `${stamp.slice(0, 8)}/${region}/${service}/aws4_request`
  const given: [string, string][] = [
    ['Action', 'GetCallerIdentity'],
    ['Version', '2011-06-15'],
    ['X-Amz-Algorithm', change.algorithm ?? 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${credentials.accessKeyId}/${scope}`],
    ['X-Amz-Date', stamp],
    ['X-Amz-Expires', expires],
    ['X-Amz-SignedHeaders', 'host'],
  ]
  if (credentials.sessionToken) given.push(['X-Amz-Security-Token', credentials.sessionToken])
  const query = given
    .filter(([name]) => name !== change.leaveOut)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .sort()
    .join('&')
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const host = change.host ?? `127.0.0.1:${world.port}`
  const canonical = ['GET', '/', query, `host:${host}`, '', 'host', hash('')].join('\n')
  let key: Buffer | string = `AWS4${credentials.secretAccessKey}`
  for (const part of [...scope.split('/'), `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${hash(canonical)}`])
    key = createHmac('sha256', key).update(part).digest()
  return `${world.url}/?${query}&X-Amz-Signature=${Buffer.from(key as Buffer).toString('hex')}`
}

const get = async (url: string) => {
  const response = await fetch(url)
  const text = await response.text()
  return {
    status: response.status,
    code: /<Code>(.*?)<\/Code>/.exec(text)?.[1],
    message: /<Message>(.*?)<\/Message>/.exec(text)?.[1],
    account: /<Account>(.*?)<\/Account>/.exec(text)?.[1],
  }
}

test('a presigned request is as good as a signed one, and stays so for as long as it says', async () => {
  expect(await get(presigned())).toMatchObject({ status: 200, account: ACCOUNT })
  const again = presigned({ expires: String(PRESIGNED_SECONDS_MAX) })
  expect([await get(again), await get(again)]).toMatchObject([{ status: 200 }, { status: 200 }])
  const old = presigned({ at: Date.now() - (PRESIGNED_SECONDS_MAX - 60) * 1000, expires: '604800' })
  expect(await get(old)).toMatchObject({ status: 200 })
})

test('with temporary credentials the token stands in the query', async () => {
  const { iam } = world
  const trust = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { Service: 'x.amazonaws.com' }, Action: 'sts:AssumeRole' },
  }
  const service = iam.services.find(({ name }) => name === 'iam')!
  const caller = iam.resolveKey(world.admin.accessKeyId).caller
  const call = {
    service: 'iam',
    operation: 'CreateRole',
    region: 'us-east-1',
    account: ACCOUNT,
    caller,
    requestId: 'r',
  }
  await service.operations.CreateRole!(
    { RoleName: 'presigner', AssumeRolePolicyDocument: JSON.stringify(trust) },
    call,
  )
  const credentials = iam.assumeForService(`arn:aws:iam::${ACCOUNT}:role/presigner`, 'x.amazonaws.com', 's')
  expect(await get(presigned({ credentials }))).toMatchObject({ status: 200, account: ACCOUNT })
  const { sessionToken: _, ...without } = credentials
  expect(await get(presigned({ credentials: without }))).toMatchObject({ code: 'InvalidClientTokenId' })
})

describe('refused', () => {
  const cases: [string, () => string, string, string][] = [
    ['expired', () => presigned({ at: Date.now() - 62_000 }), 'SignatureDoesNotMatch', 'Signature expired'],
    [
      'not yet current',
      () => presigned({ at: Date.now() + CLOCK_SKEW_MS + 3_000 }),
      'SignatureDoesNotMatch',
      'not yet current',
    ],
    ['no lifetime', () => presigned({ expires: '0' }), 'IncompleteSignature', 'X-Amz-Expires'],
    [
      'a lifetime that is no number',
      () => presigned({ expires: '1h' }),
      'IncompleteSignature',
      'should be a number',
    ],
    [
      'one second too long',
      () => presigned({ expires: String(PRESIGNED_SECONDS_MAX + 1) }),
      'IncompleteSignature',
      'less than a week',
    ],
    ['changed', () => `${presigned()}&Extra=1`, 'SignatureDoesNotMatch', 'does not match'],
    [
      'another service',
      () => presigned({ service: 'sns' }),
      'SignatureDoesNotMatch',
      "correct service: 'sts'",
    ],
    ['no such region', () => presigned({ region: 'nowhere' }), 'SignatureDoesNotMatch', 'valid region'],
    ['another host', () => presigned({ host: 'elsewhere' }), 'SignatureDoesNotMatch', 'does not match'],
    [
      'another algorithm',
      () => presigned({ algorithm: 'AWS4-ECDSA-P256-SHA256' }),
      'IncompleteSignature',
      'algorithm',
    ],
    ...['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-SignedHeaders'].map(
      (name): [string, () => string, string, string] => [
        `no ${name}`,
        () => presigned({ leaveOut: name }),
        'IncompleteSignature',
        `must include '${name}'`,
      ],
    ),
  ]
  test.each(cases)('%s', async (_, url, code, message) => {
    const answer = await get(url())
    expect(answer.code).toBe(code)
    expect(answer.status).toBe(code === 'IncompleteSignature' ? 400 : 403)
    expect(answer.message?.replaceAll('&apos;', "'")).toContain(message)
  })
})
