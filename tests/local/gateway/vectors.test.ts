import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseAuthorization } from '../../../local/gateway/authorization.ts'
import { wireRequest } from '../../../local/gateway/request.ts'
import { checkScope, checkSignature } from '../../../local/gateway/signature.ts'
import { anyLetter } from '../../support/any-letter.ts'
import { KEY_ID, SECRET, SIGNED_AT, VECTORS, type Vector } from './vectors.ts'

const NOW = Date.parse('2031-05-17T09:04:50Z')

const received = (
  vector: Vector,
  change: { body?: string; headers?: readonly string[]; url?: string } = {},
) => {
  const { method, service, signedHeaders, signature } = vector
  const scope = `${KEY_ID}/${SIGNED_AT.slice(0, 8)}/eu-west-1/${service}/aws4_request`
  const lines = [...(change.headers ?? vector.headers)]
  if (signedHeaders !== undefined)
    lines.push(
      `X-Amz-Date: ${SIGNED_AT}`,
      `Authorization: AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
    )
  const url = change.url ?? vector.url
  return wireRequest({
    method,
    url: signedHeaders === undefined ? `${url}&X-Amz-Signature=${signature}` : url,
    rawHeaders: lines.flatMap((line) => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(': ') + 2),
    ]),
    body: Buffer.from(change.body ?? vector.body),
  })
}

const verify = (vector: Vector, change = {}) => {
  const request = received(vector, change)
  const authorization = parseAuthorization(request)
  checkScope(request, authorization, vector.service, NOW)
  checkSignature(request, authorization, SECRET)
  return authorization
}

describe('what botocore signs', () => {
  test.each(VECTORS)('$name', (vector) => {
    const authorization = verify(vector)
    expect(authorization).toMatchObject({ accessKeyId: KEY_ID, region: 'eu-west-1', service: vector.service })
    const token = /FakeSession/.test(JSON.stringify(vector)) ? 'FakeSession/Token+With/Slash==' : undefined
    expect(authorization.sessionToken).toBe(token)
  })

  test.each(VECTORS)('$name, changed on its way', (vector) => {
    expect(() => verify(vector, { body: `${vector.body} ` })).toThrow('does not match')
    const more = vector.url.includes('?') ? `${vector.url}&x=1` : `${vector.url}?x=1`
    expect(() => verify(vector, { url: more })).toThrow('does not match')
    expect(() => verify({ ...vector, signature: vector.signature.replace(/.$/, 'x') })).toThrow('not match')
    expect(() => verify({ ...vector, method: 'PUT' })).toThrow('does not match')
  })

  test('the order of the query does not matter, nor how its letters are escaped', () => {
    const vector = VECTORS.find(({ name }) => name === 'an unsorted query')!
    expect(() =>
      verify(vector, { url: '/2015-03-31/functions?a=1&%61=%2f&B=0&a-b=%7E&b=2&empty' }),
    ).not.toThrow()
  })

  test('a header sent twice counts as one with both values', () => {
    const vector = VECTORS.find(({ name }) => name === 'headers with spaces to fold')!
    const headers = vector.headers.map((line) => (/^X-Amz-Meta/.test(line) ? 'X-Amz-Meta: a b  c' : line))
    expect(() => verify(vector, { headers })).not.toThrow()
    expect(() => verify(vector, { headers: [...headers, 'X-Amz-Meta: d'] })).toThrow('does not match')
  })
})

test('any path and query end in a verdict', () => {
  const text = fc.string({ unit: anyLetter, maxLength: 60 })
  const [vector] = VECTORS
  fc.assert(
    fc.property(text, text, fc.array(text, { maxLength: 4 }), (path, query, values) => {
      const headers = [...vector!.headers, ...values.map((value) => `X-Any: ${value}`)]
      expect(() => verify(vector!, { url: `/${path}?${query}=`, headers })).toThrow()
    }),
  )
})
