import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { lfsPatterns, parseAttributes } from '../../../shared/replication/gitattributes.ts'
import { anyLetter } from '../../support/any-letter.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'attributes-'))
  execFileSync('git', ['init', '--quiet', folder])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Whether git gives any of these paths `filter=lfs`. */
const judge = (text: string, paths: readonly string[]): boolean => {
  writeFileSync(join(folder, '.gitattributes'), text)
  const output = execFileSync('git', ['-C', folder, 'check-attr', '-z', '--stdin', 'filter'], {
    input: paths.join('\0'),
    env: { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  return output.toString().includes('\0filter\0lfs\0')
}

const ours = (text: string): boolean => {
  const file = parseAttributes(text)
  return lfsPatterns(file, file.macros).length > 0
}

const LFS = 'filter=lfs diff=lfs merge=lfs -text'
const rows: readonly [what: string, text: string, path: string, uses: boolean][] = [
  ['as git lfs track writes it', `*.psd ${LFS}\n`, 'art/a.psd', true],
  ['nothing', '', 'a', false],
  ['other attributes', '*.psd binary\n* text=auto eol=lf\n', 'a.psd', false],
  ['another filter', '*.c filter=indent\n', 'a.c', false],
  ['no value', '*.psd filter\n', 'a.psd', false],
  ['a comment', `# *.psd ${LFS}\n`, 'a.psd', false],
  ['a comment behind blanks', ` \t# *.psd ${LFS}\n`, 'a.psd', false],
  ['blanks in front', `  *.psd   ${LFS}`, 'a.psd', true],
  ['carriage returns', `* text=auto\r\n*.psd ${LFS}\r\n`, 'a.psd', true],
  ['a byte order mark', `\uFEFF*.psd ${LFS}\n`, 'a.psd', true],
  ['a quoted pattern', `"big files/*.psd" ${LFS}\n`, 'big files/a.psd', true],
  ['a pattern quoted with escapes', `"\\302\\265\\t\\"x\\\\.bin" filter=lfs\n`, 'µ\t"x.bin', true],
  ['quotes that do not end', `"big filter=lfs\n`, '"big', true],
  ['an escape that is none', `"a\\qb" filter=lfs\n`, '"aqb"', true],
  ['no pattern, only its attributes', `${LFS}\n`, 'filter=lfs', false],
  ['unset later', `*.psd ${LFS}\n*.psd -filter\n`, 'a.psd', false],
  ['unspecified later', `*.psd ${LFS}\n*.psd !filter\n`, 'a.psd', false],
  ['another filter later', `*.psd ${LFS}\n*.psd filter=x\n`, 'a.psd', false],
  ['unset for everything later', `*.psd ${LFS}\n* -filter\n`, 'a.psd', false],
  ['unset for everything before', `* -filter\n*.psd ${LFS}\n`, 'a.psd', true],
  ['unset by name later', `art/*.psd ${LFS}\n*.psd -filter\n`, 'art/a.psd', false],
  ['unset for some only', `*.psd ${LFS}\nart/*.psd -filter\n`, 'a.psd', true],
  ['the last word of a line counts', '*.psd filter=lfs -filter\n', 'a.psd', false],
  ['the last word of a line counts, the other way', '*.psd -filter filter=lfs\n', 'a.psd', true],
  ['an unset value is no value', '*.psd -filter=lfs\n', 'a.psd', false],
  ['a macro', `[attr]lfs ${LFS}\n*.bin lfs\n`, 'a.bin', true],
  ['a macro defined later', `*.bin lfs\n[attr]lfs ${LFS}\n`, 'a.bin', true],
  ['a macro of a macro', `[attr]lfs ${LFS}\n[attr]large lfs\n*.bin large\n`, 'a.bin', true],
  ['a macro that nobody uses', `[attr]lfs ${LFS}\n`, 'a.bin', false],
  ['a macro unset later', `[attr]lfs ${LFS}\n*.bin lfs\n*.bin -lfs\n`, 'a.bin', false],
  ['a macro, and its filter unset later', `[attr]lfs ${LFS}\n*.bin lfs\n*.bin -filter\n`, 'a.bin', false],
  ['a macro, and its filter unset beside it', `[attr]lfs ${LFS}\n*.bin lfs -filter\n`, 'a.bin', false],
  ['macros in a circle', '[attr]a b\n[attr]b a\n*.bin a\n', 'a.bin', false],
  ['a macro without a name is a pattern', '[attr] filter=lfs\n', 'a', true],
  ['a negative pattern', `!*.psd ${LFS}\n`, 'a.psd', false],
  ['a name that cannot be spoils the line', '*.psd filter=lfs b@d\n', 'a.psd', false],
  ['a folder is no file', `art/ ${LFS}\n`, 'art/a.psd', false],
  ['everything', '* filter=lfs\n', 'a', true],
  ['a line that is too long', `*.psd filter=lfs ${'x'.repeat(2_050)}\n`, 'a.psd', false],
  ['another case', '*.psd Filter=lfs\n', 'a.psd', false],
]

test.each(rows)('%s', (_, text, path, uses) => {
  expect([ours(text), judge(text, [path])]).toEqual([uses, uses])
})

test('whatever the lines say of a few patterns, git says the same', () => {
  // one path at least for what each pattern matches and no other: `*` speaks of c.txt too
  const paths = ['a.psd', 'art/a.psd', 'art/b.bin', 'b.bin', 'c.txt']
  const pattern = fc.constantFrom('*.psd', 'art/*.psd', '*.bin', 'art/*.bin', '*', '**')
  const word = fc.constantFrom('filter=lfs', '-filter', '!filter', 'filter=x', 'lfs', '-lfs', '!lfs', 'text')
  const line = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(pattern, fc.array(word, { minLength: 1, maxLength: 3 })) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('[attr]lfs'), fc.array(word, { maxLength: 2 })) },
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const text = lines.map(([first, words]) => `${first} ${words.join(' ')}\n`).join('')
      expect(ours(text)).toBe(judge(text, paths))
    }),
    {
      numRuns: 60,
      examples: [
        [
          [
            ['**', ['filter=lfs']],
            ['*.psd', ['filter=x']],
            ['*.bin', ['filter=x']],
          ],
        ],
      ],
    },
  )
})

test('never throws', () => {
  fc.assert(fc.property(fc.string({ unit: anyLetter, maxLength: 200 }), (text) => void ours(text)))
})
