import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { BadRules } from '../../../cli/scan/rules.ts'
import { makeRepository, type Repository } from '../../shared/scanning/walk/repository.ts'
import { token } from '../../shared/scanning/walk/walked.ts'
import { type Row, RULES, scanned } from './scanned.ts'

const made: Repository[] = []
const repositoryOf = () => {
  const repository = makeRepository()
  made.push(repository)
  return repository
}
const home = mkdtempSync(join(tmpdir(), 'relay-scan-home-'))
const before = { ...process.env }
beforeAll(() => {
  process.env.XDG_CONFIG_HOME = home
  delete process.env.RELAY_FINGERPRINT_KEY
})
afterAll(() => {
  process.env = before
  for (const repository of made) repository.dispose()
  rmSync(home, { recursive: true })
})

const git = (args: readonly string[]): void => {
  execFileSync('git', args, { stdio: 'ignore' })
}
const line = (name: string) => `key = "${token(name)}"\n`
const brief = (rows: readonly Row[]) =>
  rows.map(({ File, StartLine, Commit }) => `${Commit} ${File} ${StartLine}`)

describe('a repository', () => {
  test('its whole history, by the rules of its default branch; nothing of a secret is shown', async () => {
    const repository = repositoryOf()
    repository.write('.gitleaks.toml', RULES)
    repository.write('a', line('gone'))
    const first = repository.commit()
    repository.write('a', 'clean\n')
    repository.commit()
    const { status, rows, report, said } = await scanned(repository.folder)
    expect(status).toBe(1)
    expect(brief(rows())).toEqual([`${first} a 1`])
    expect(rows()[0]).toMatchObject({
      RuleID: 'token',
      Author: 'Ann Author',
      Email: 'ann@example.org',
      Date: '2023-11-14T22:14:20Z',
      Message: 'work',
      Fingerprint: `${first}:a:token:1`,
    })
    expect(report + said).not.toContain(token('gone'))
    expect(said).toContain('2 commits, 3 blobs')
    expect(said).toContain('Rules: .gitleaks.toml of HEAD (1)')
  })

  test('columns as gitleaks counts them: from the first of a commit’s added lines in a row', async () => {
    const repository = repositoryOf()
    repository.write('.gitleaks.toml', RULES)
    repository.write('a', `1\n${line('whole')}3\n`)
    repository.commit()
    repository.write('a', `1\n${line('whole')}3\n${line('hunk')}${line('next')}`)
    repository.commit()
    const { rows } = await scanned(repository.folder)
    expect(rows().map(({ StartLine, StartColumn }) => [StartLine, StartColumn])).toEqual([
      [2, 9],
      [4, 8],
      [5, 9],
    ])
  })

  test('--no-redact shows the secret, and --output is for its owner alone', async () => {
    const repository = repositoryOf()
    repository.write('.gitleaks.toml', RULES)
    repository.write('a', line('shown'))
    repository.commit()
    const output = join(home, 'report.json')
    writeFileSync(output, 'a report of before', { mode: 0o644 })
    const { report } = await scanned(repository.folder, { redact: false, output })
    expect(report).toBe('')
    expect((JSON.parse(readFileSync(output, 'utf8')) as Row[])[0]?.Secret).toBe(token('shown'))
    expect(statSync(output).mode & 0o077).toBe(0)
  })

  test('a range of it: what came after a commit, on a branch', async () => {
    const repository = repositoryOf()
    repository.write('.gitleaks.toml', RULES)
    repository.write('a', line('old'))
    const old = repository.commit()
    repository.write('a', `${line('old')}${line('new')}`)
    const tip = repository.commit()
    for (const since of [old, `${old}..main`]) {
      const { rows } = await scanned(repository.folder, { since })
      expect(brief(rows())).toEqual([`${tip} a 2`])
    }
    await expect(scanned(repository.folder, { since: 'nowhere..main' })).rejects.toThrow(
      'nowhere..main names no commits',
    )
  })

  test('a detached HEAD and a bare repository', async () => {
    const repository = repositoryOf()
    repository.write('.gitleaks.toml', RULES)
    repository.commit()
    repository.git(['checkout', '--quiet', '--detach'])
    repository.write('a', line('detached'))
    const tip = repository.commit()
    expect(brief((await scanned(repository.folder)).rows())).toEqual([`${tip} a 1`])
    const bare = join(repository.folder, 'bare.git')
    repository.git(['clone', '--quiet', '--bare', repository.folder, bare])
    expect(brief((await scanned(bare)).rows())).toEqual([`${tip} a 1`])
  })

  test('a secret in the name of a branch or tag is found there, in a range not', async () => {
    const repository = repositoryOf()
    repository.write('.gitleaks.toml', RULES)
    repository.commit()
    repository.git(['branch', `fix-${token('branch')}`])
    repository.git(['tag', token('tag')])
    const all = await scanned(repository.folder)
    expect(all.rows().map(({ File, Commit }) => [File, Commit])).toEqual([
      ['refs/heads/fix-REDACTED', ''],
      ['refs/tags/REDACTED', ''],
    ])
    const text = await scanned(repository.folder, { format: 'text' })
    expect(text.report).toContain('name of refs/heads/fix-REDACTED')
    const log = await scanned(repository.folder, { format: 'sarif' })
    expect(log.report).toContain('"fullyQualifiedName": "the name of refs/tags/REDACTED"')
    for (const { report } of [all, text, log]) expect(report).not.toContain(token('tag'))
    repository.write('a', 'clean\n')
    repository.commit()
    expect((await scanned(repository.folder, { since: 'HEAD~1..HEAD' })).rows()).toEqual([])
  })

  test('an empty one', async () => {
    const { status, rows } = await scanned(repositoryOf().folder)
    expect({ status, rows: rows() }).toEqual({ status: 0, rows: [] })
  })

  test('its own settings run no program', async () => {
    const repository = repositoryOf()
    repository.write('.gitleaks.toml', RULES)
    repository.write('a', line('a'))
    repository.commit()
    const mark = join(repository.folder, 'ran')
    repository.git(['config', 'core.fsmonitor', `touch ${mark}; false`])
    repository.git(['config', 'diff.external', `touch ${mark}`])
    repository.write('a', line('b'))
    repository.git(['-c', 'core.fsmonitor=false', 'add', 'a'])
    await scanned(repository.folder)
    await scanned(repository.folder, { staged: true })
    expect(statSync(mark, { throwIfNoEntry: false })).toBeUndefined()
  })
})

test.each<[string, (folder: string) => void, object, string]>([
  ['ids of another kind', (path) => git(['init', '-q', '--object-format=sha256', path]), {}, 'by sha256'],
  [
    'ids of another kind, before a commit',
    (path) => git(['init', '-q', '--object-format=sha256', path]),
    { staged: true },
    'by sha256',
  ],
  [
    'a partial clone',
    (path) => {
      const whole = repositoryOf()
      whole.write('a', 'a')
      whole.commit()
      whole.git(['config', 'uploadpack.allowFilter', 'true'])
      git(['clone', '-q', '--no-checkout', '--filter=blob:none', `file://${whole.folder}`, path])
    },
    {},
    'is a partial clone',
  ],
  // what has no size would be passed over as empty, and count as clean
  ['a pipe', (path) => execFileSync('mkfifo', [path]), {}, 'neither a file nor a folder'],
  ['a link to itself', (path) => symlinkSync(path, path), {}, 'ELOOP'],
])('what cannot be scanned is refused, and it is said why: %s', async (name, make, options, message) => {
  const path = join(home, name.replaceAll(/\W/g, '-'))
  make(path)
  await expect(scanned(path, options)).rejects.toThrow(message)
})

describe('a partial clone', () => {
  /** a clone of a repository whose first commit alone has the secret, with what the filter lets through */
  const cloned = (filter: string) => {
    const whole = repositoryOf()
    whole.write('.gitleaks.toml', RULES)
    whole.write('in/a', line('partial'))
    const first = whole.commit()
    whole.write('in/a', 'clean\n')
    whole.write('b', line('there'))
    const second = whole.commit()
    whole.git(['config', 'uploadpack.allowFilter', 'true'])
    whole.git(['config', 'uploadpack.allowAnySHA1InWant', 'true'])
    const folder = mkdtempSync(join(home, 'partial-'))
    git(['clone', '-q', `--filter=${filter}`, `file://${whole.folder}`, folder])
    return { folder, first, second, remove: () => whole.dispose() }
  }

  test.each(['blob:none', 'tree:0'])('without %s is fetched in whole when that is said', async (filter) => {
    const { folder, first, second } = cloned(filter)
    const { rows, status } = await scanned(folder, { missing: 'fetch' })
    expect(brief(rows()).sort()).toEqual([`${first} in/a 1`, `${second} b 1`].sort())
    expect(status).toBe(1)
    // and is there from then on
    expect((await scanned(folder)).status).toBe(1)
    expect(existsSync(join(folder, '.git', 'FETCH_HEAD'))).toBe(false)
  })

  test('is scanned as far as it is there when that is said, and what lacks is counted', async () => {
    const { folder, second } = cloned('blob:none')
    const { rows, said } = await scanned(folder, { missing: 'skip' })
    expect(brief(rows())).toEqual([`${second} b 1`])
    expect(said).toContain('Not scanned: 1 object of the history, which this partial clone lacks')
    expect(said).toContain('1 not scanned in whole')
  })

  test('whose server is gone cannot be fetched, and nothing counts as clean', async () => {
    const { folder, remove } = cloned('blob:none')
    remove()
    await expect(scanned(folder, { missing: 'fetch' })).rejects.toThrow('git fetch')
  })
})

test('a CodeCommit repository without a name', async () => {
  await expect(scanned('codecommit:')).rejects.toThrow('No repository is named')
})

describe('what is about to be committed', () => {
  test('added lines of the index only; a renamed file brings nothing', async () => {
    const repository = repositoryOf()
    repository.write('.gitleaks.toml', RULES)
    repository.write('a', `${line('old')}x\ny\nz\n`)
    repository.write('in/b', line('moved'))
    repository.commit()
    repository.write('a', `${line('old')}x\ny\nz\n${line('staged')}`)
    repository.git(['mv', 'in/b', 'c'])
    repository.write('new', `\n${line('fresh')}`)
    repository.git(['add', '--all'])
    repository.write('a', line('unstaged'))
    const { status, rows } = await scanned(repository.folder, { staged: true })
    expect(status).toBe(1)
    expect(brief(rows())).toEqual([' a 5', ' new 2'])
  })

  test('where nothing can be committed, it is said', async () => {
    const folder = mkdtempSync(join(home, 'plain-'))
    await expect(scanned(folder, { staged: true })).rejects.toThrow('is no repository')
  })

  test('before the first commit', async () => {
    const repository = repositoryOf()
    repository.write('a', line('first'))
    repository.git(['add', 'a'])
    const config = join(repository.folder, 'rules.toml')
    writeFileSync(config, RULES)
    expect(brief((await scanned(repository.folder, { staged: true, config })).rows())).toEqual([' a 1'])
  })
})

describe('files', () => {
  const folderOf = () => {
    const folder = mkdtempSync(join(home, 'files-'))
    const path = (...names: string[]) => join(folder, ...names)
    return { folder, path }
  }

  test('a folder as it is: without .git, without links, paths as gitleaks has them', async () => {
    const repository = repositoryOf()
    const { folder } = repository
    repository.write('.gitleaks.toml', RULES)
    repository.write('in/a', line('a'))
    repository.write('.git/hidden', line('hidden'))
    symlinkSync('in/a', join(folder, 'link'))
    const plain = await scanned(folder, { git: false })
    expect(brief(plain.rows())).toEqual([` ${folder}/in/a 1`])
    expect(plain.said).toContain(`Rules: .gitleaks.toml of ${folder} (1)`)
    const followed = await scanned(folder, { git: false, followSymlinks: true })
    expect(followed.rows().map(({ File, SymlinkFile }) => [File, SymlinkFile])).toEqual([
      [`${folder}/in/a`, ''],
      [`${folder}/in/a`, `${folder}/link`],
    ])
    const from = relative(process.cwd(), folder)
    const there = await scanned(from, { git: false, followSymlinks: true })
    expect(there.rows().map(({ File }) => File)).toEqual([`${from}/in/a`, `${from}/in/a`])
  })

  // APFS takes no such names
  const onLinux = process.platform === 'linux' ? test : test.skip
  onLinux('a name that is no UTF-8 is read all the same, in a folder of such a name too', async () => {
    const { folder, path } = folderOf()
    writeFileSync(path('.gitleaks.toml'), RULES)
    const odd = Buffer.from(`${folder}/odd\xff`, 'latin1')
    mkdirSync(odd)
    writeFileSync(Buffer.concat([odd, Buffer.from('/a\xfe', 'latin1')]), line('odd'))
    const { rows } = await scanned(folder)
    expect(brief(rows())).toEqual([` ${folder}/odd\uFFFD/a\uFFFD 1`])
  })

  test('pipes, sockets and devices are told, not waited for', async () => {
    const { folder, path } = folderOf()
    writeFileSync(path('.gitleaks.toml'), `${RULES}\n[[allowlists]]\npaths = ['''ignored$''']\n`)
    writeFileSync(path('a'), line('beside'))
    for (const name of ['pipe', 'ignored']) execFileSync('mkfifo', [path(name)])
    symlinkSync(path('pipe'), path('link'))
    const server = createServer().listen(path('socket'))
    await once(server, 'listening')
    try {
      const { rows, said, status } = await scanned(folder)
      expect(brief(rows())).toEqual([` ${folder}/a 1`])
      expect(status).toBe(1)
      expect(said).toContain(`${folder}/pipe is a pipe, a socket or a device`)
      expect(said).toContain(`${folder}/socket is a pipe, a socket or a device`)
      expect(said).toContain('2 not scanned in whole')
      const followed = await scanned(folder, { followSymlinks: true })
      expect(followed.said).toContain(`${folder}/link is a pipe, a socket or a device`)
    } finally {
      server.close()
    }
  })

  test('what a configuration extends is looked for where the command runs, then beside it', async () => {
    const { folder, path } = folderOf()
    mkdirSync(path('rules'))
    writeFileSync(path('rules', 'base.toml'), RULES)
    writeFileSync(path('rules', 'team.toml'), "[extend]\npath = 'base.toml'\n")
    writeFileSync(path('b'), line('found'))
    const { rows } = await scanned(path('b'), { config: path('rules', 'team.toml') })
    expect(brief(rows())).toEqual([` ${folder}/b 1`])
    const here = `[extend]\npath = '${relative(process.cwd(), path('rules', 'base.toml'))}'\n`
    writeFileSync(path('rules', 'team.toml'), here)
    expect(brief((await scanned(path('b'), { config: path('rules', 'team.toml') })).rows())).toEqual(
      brief(rows()),
    )
  })

  test('an allowed folder, the configuration and the baseline are passed over', async () => {
    const { folder, path } = folderOf()
    const config = path('rules.toml')
    writeFileSync(config, `${RULES}\n[[allowlists]]\npaths = ['''skipped$''']\n# ${token('inside')}\n`)
    mkdirSync(path('skipped'))
    writeFileSync(path('skipped', 'a'), line('skipped'))
    writeFileSync(path('b'), line('found'))
    const { rows } = await scanned(folder, { config })
    expect(brief(rows())).toEqual([` ${folder}/b 1`])
  })

  test('one file; what is too large or binary is told', async () => {
    const { folder, path } = folderOf()
    writeFileSync(path('.gitleaks.toml'), `"\u009b32m" = 1\n${RULES}`)
    writeFileSync(path('large'), Buffer.alloc(1_000_001, 'a'))
    writeFileSync(path('\u009b31mlarge'), Buffer.alloc(1_000_001, 'a'))
    writeFileSync(path('program'), Buffer.concat([Buffer.from('\x7fELF\0\0'), Buffer.alloc(64, 1)]))
    const { status, said } = await scanned(folder, { maxSize: 1 })
    expect(status).toBe(0)
    // a terminal would obey what a name or a configuration says
    expect(said).toContain('\\u{9b}31mlarge is too large')
    expect(said).toContain('\\u{9b}32m')
    expect(said).not.toContain('\u009b')
    expect(said).toContain(`${folder}/large is too large (1000001 bytes)`)
    expect(said).toContain(`${folder}/program is binary`)
    expect(said).toContain('3 not scanned in whole')
    writeFileSync(path('one'), line('one'))
    const one = await scanned(path('one'), { config: path('.gitleaks.toml') })
    expect(brief(one.rows())).toEqual([` ${path('one')} 1`])
  })

  test('what a file, a comment or a baseline allows is counted, not told', async () => {
    const { folder, path } = folderOf()
    writeFileSync(path('.gitleaks.toml'), RULES)
    writeFileSync(path('a'), `${line('one')}${line('two').trimEnd()} # gitleaks:allow\n${line('three')}`)
    const all = await scanned(folder)
    expect(brief(all.rows())).toEqual([` ${folder}/a 1`, ` ${folder}/a 3`])
    writeFileSync(path('.gitleaksignore'), `# known\n${folder}/a:token:1\nnonsense\n`)
    const ignored = await scanned(folder)
    expect(brief(ignored.rows())).toEqual([` ${folder}/a 3`])
    expect(ignored.said).toContain('1 allowed by a comment, 1 by the ignore file')
    expect(ignored.said).toContain('.gitleaksignore:3')
    const baseline = join(home, 'baseline.json')
    writeFileSync(baseline, all.report)
    const known = await scanned(folder, { baseline, allowComments: false })
    expect(brief(known.rows())).toEqual([` ${folder}/a 2`])
    expect(known.said).toContain('1 by the ignore file, 1 known to the baseline')
  })

  test('a file that is named like its secret: masked, but known by either name, and unmasked with --no-redact', async () => {
    const { folder, path } = folderOf()
    const file = path(`${token('name')}.txt`)
    writeFileSync(file, line('name'))
    const config = path('rules.toml')
    writeFileSync(config, RULES)
    const masked = await scanned(folder, { config })
    const shown = await scanned(folder, { config, redact: false })
    expect(masked.rows()).toMatchObject([{ File: path('REDACTED.txt') }])
    expect(shown.rows()).toMatchObject([{ File: file, Fingerprint: `${file}:token:1` }])
    for (const { report, rows } of [masked, shown]) {
      const [ignoreFile, baseline] = [path('ignored'), path('known.json')]
      writeFileSync(ignoreFile, `${rows()[0]?.Fingerprint}\n`)
      writeFileSync(baseline, report)
      expect((await scanned(file, { config, ignoreFile })).rows()).toEqual([])
      expect((await scanned(file, { config, baseline })).rows()).toEqual([])
    }
  })

  test('the same fingerprint at every run on this machine', async () => {
    const { folder, path } = folderOf()
    writeFileSync(path('.gitleaks.toml'), RULES)
    writeFileSync(path('a'), line('same'))
    const runs = [await scanned(folder, { format: 'relay' }), await scanned(folder, { format: 'relay' })]
    const [first, second] = runs.map(
      ({ report }) =>
        (JSON.parse(report) as { findings: { fingerprint: string }[] }).findings[0]?.fingerprint,
    )
    expect(first).toMatch(/^local:[0-9a-f]{64}$/)
    expect(second).toBe(first)
  })
})

describe('rules', () => {
  test('mistakes are told with their line, and nothing is scanned', async () => {
    const repository = repositoryOf()
    repository.write('.gitleaks.toml', '[[rules]]\nid = "a"\n')
    repository.commit()
    const failure = await scanned(repository.folder).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(BadRules)
    expect((failure as Error).message).toMatch(/\.gitleaks\.toml:1 /)
  })

  test('without a file of the team, those of Relay', async () => {
    const repository = repositoryOf()
    const key = `${['AK', 'IA'].join('')}Q3EGRXNWZLHD7YTV`
    repository.write('a', `aws_access_key_id = ${key}\n`)
    repository.commit()
    const { rows, said } = await scanned(repository.folder)
    expect(rows().map(({ RuleID }) => RuleID)).toContain('aws-access-token')
    expect(said).toContain('Rules: Relay’s own rules')
  })

  test('those of Relay judge paths from the folder on that was asked for', async () => {
    const repository = repositoryOf()
    const secret = `api_key = "${createHash('sha256').update('given').digest('base64url')}"\n`
    repository.write('tests/a.py', secret)
    repository.write('tests/tests/a.py', secret)
    const files = async (target: string) =>
      (await scanned(join(repository.folder, target), { git: false })).rows().map(({ File }) => File)
    expect(await files('.')).toEqual([])
    expect(await files('tests')).toEqual([join(repository.folder, 'tests/a.py')])
    expect(await files('tests/tests')).toEqual([join(repository.folder, 'tests/tests/a.py')])
    expect(await files('tests/a.py')).toEqual([join(repository.folder, 'tests/a.py')])
  })
})
