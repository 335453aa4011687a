import type { RuleSet } from '../../../shared/scanning/types.ts'

const BYTES = 1_000_000

const filled = (unit: string): string => unit.repeat(Math.ceil(BYTES / unit.length)).slice(0, BYTES)

const PRIVATE_KEY = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'.repeat(6)}\n`

/** Texts of 1 MB that cost the most: many keywords, beginnings that never end, long lines, what almost matches. */
export const hostileTexts = ({ rules }: RuleSet): ReadonlyMap<string, string> => {
  const keywords = [...new Set(rules.flatMap((rule) => rule.keywords))].sort()
  return new Map([
    ['every keyword, one after another', filled(`${keywords.join(' ')} `)],
    ['every keyword, run together', filled(keywords.join(''))],
    [
      'every keyword with = and a value',
      filled(keywords.map((word) => `${word}="aB3${'x'.repeat(9)}"`).join(';')),
    ],
    ['key, again and again', filled('key')],
    ['token = , again and again', filled('token = ')],
    ['password:, one line', filled('password:')],
    ['secret_, one word', filled('secret_')],
    ...['secret_key', 'session_token', 'password=', 'password="', 'insecure-password ', 'token-'].map(
      (word): [string, string] => [`${word}, again and again`, filled(word)],
    ),
    [
      'private keys without an end, and one with',
      `${filled(PRIVATE_KEY)}${PRIVATE_KEY}-----END PRIVATE KEY-----`,
    ],
    ['api_key with spaces', filled(`api_key${' '.repeat(40)}`)],
    ['://, again and again', filled('://')],
    ['https://a:, again and again', filled('https://a:')],
    ['curl -u, again and again', filled('curl -u ')],
    ['curl -H "Authorization:, one line', filled('curl -H "Authorization: ')],
    ['beginnings of private keys', filled('-----BEGIN PRIVATE KEY-----\n')],
    [
      'a private key without an end',
      `-----BEGIN PRIVATE KEY-----\n${filled('MIIEvQIBADANBgkqhkiG9w0BAQEFAASC')}`,
    ],
    ['eyJ, again and again', filled('eyJ')],
    ['eyJ… with dots', filled(`eyJ${'a'.repeat(60)}.`)],
    ['one line of base64', filled('QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0')],
    ['one line of hex', filled('0123456789abcdef')],
    ['words of a phrase', filled('mnemonic apple orchard garden ')],
    ['quotes', filled(`key="'`)],
    // put together here: it looks like a secret, and must
    ['thousands of finds on one line', filled(`token is ${['Xk9QwZ7r', 'T2mB5vN8', 'cL3jH6gF'].join('')} `)],
    ['words with a letter that folds', filled(Buffer.from('\u017fecret_\u212aey=').toString('latin1'))],
    ['one letter', filled('a')],
  ])
}
