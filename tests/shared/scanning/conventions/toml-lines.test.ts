import { expect, test } from '@jest/globals'
import { tomlLines } from '../../../../shared/scanning/conventions/toml-lines.ts'

const TEXT = `title = "[[rules]] = 1"   # [[rules]]
text = """
[[rules]]
id = "no"
\\""" still
"""
[ extend ] # comment
useDefault = true
[[rules]]
id = 'a'
  [[rules.allowlists]]
  paths = [
    '''x = [''', # = ]
    "y",
  ]
  stopwords = []
  [[rules.allowlists]]
  regexes = []
[[ rules ]]
"id" = "b"
allowlist.paths = ["c"]
inline = { a = 1, b = [2] }
last = 1
[rules.allowlist.'x.y']
z = 1`

const places: [path: string, line: number][] = [
  ['title', 1],
  ['text', 2],
  ['extend', 7],
  ['extend.useDefault', 8],
  ['rules[0]', 9],
  ['rules[0].id', 10],
  ['rules[0].allowlists[0]', 11],
  ['rules[0].allowlists[0].paths', 12],
  ['rules[0].allowlists[0].paths[1]', 12],
  ['rules[0].allowlists[0].stopwords', 16],
  ['rules[0].allowlists[1].regexes', 18],
  ['rules[1]', 19],
  ['rules[1].ID', 20],
  ['rules[1].allowlist.paths[0]', 21],
  ['rules[1].inline.a', 22],
  ['rules[1].last', 23],
  ['rules[1].nowhere.at[3].all', 19],
  ['rules[1].allowlist.x.y.z', 25],
  ['rules[7].id', 1],
  ['', 1],
]

test.each(places)('%j stands on line %i', (path, line) => {
  expect(tomlLines(TEXT).lineOf(path)).toBe(line)
})

test('lines end with CRLF as well', () => {
  expect(tomlLines('a = 1\r\n[[b]]\r\nc = 1\r\n').lineOf('b[0].c')).toBe(3)
})
