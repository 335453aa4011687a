// Past 300 lines: one checkout, packaged once for each variant, is what all of it looks at.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { unzipSync } from 'fflate'
import { parseConfig } from '../../shared/config/parse.ts'
import type { Built } from '../../stack/build.ts'
import { testWith } from '../support/tools.ts'
import { idsIn, type Made, ofType, PLACES, VARIANTS } from './variants.ts'

const root = resolve(import.meta.dirname, '../..')
const functionFolders = readdirSync(join(root, 'functions')).sort()

let folder: string
let project: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-stack-'))
  project = join(folder, 'project')
  mkdirSync(project)
  // as a checkout: sources and dependencies
  for (const name of [
    'functions',
    'containers',
    'shared',
    'stack',
    'serverless.yml',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'relay.yml',
  ])
    cpSync(join(root, name), join(project, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs `serverless package` without credentials, and with a network on which nothing answers. */
const packageStack = (relay: string, { region, stage }: { region: string; stage: string }, out: string) => {
  const config = join(folder, 'relay.yml')
  writeFileSync(config, relay)
  const run = spawnSync(
    process.execPath,
    [
      join(project, 'node_modules/serverless/bin/serverless.js'),
      ...['package', '--region', region, '--stage', stage, '--package', join(folder, out)],
    ],
    {
      cwd: project,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        // seven times the same programs, and local clouds start them, too
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        RELAY_CONFIG: config,
        AWS_EC2_METADATA_DISABLED: 'true',
        HTTPS_PROXY: 'http://127.0.0.1:9',
        HTTP_PROXY: 'http://127.0.0.1:9',
      },
    },
  )
  return { status: run.status, said: `${run.stdout}${run.stderr}` }
}

const compiled = (out: string) =>
  JSON.parse(readFileSync(join(folder, out, 'cloudformation-template-update-stack.json'), 'utf8')) as {
    Resources: Record<string, Made>
    Parameters: object
    Outputs: object
  }

const CASES = Object.entries(VARIANTS).map(([name, text], index) => {
  const place = PLACES[index % PLACES.length]!
  return [name, text, place, `package-${index}`] as const
})

describe('build', () => {
  const config = parseConfig(VARIANTS['the least']!)
  const read = (...path: string[]) => readFileSync(join(folder, ...path))
  const filesIn = (path: string) =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(path, join(entry.parentPath, entry.name)))
      .sort()

  /** By plain Node, as it is done elsewhere: under Jest some built-in modules have other exports. */
  const buildHere = (outDir: string, more: { keptIn?: string; zone?: string } = {}) => {
    const options = { config, outDir: join(folder, outDir), keptIn: more.keptIn }
    const script = `
      import { build } from ${JSON.stringify(join(root, 'stack/build.ts'))}
      console.log(JSON.stringify(await build(${JSON.stringify(options)})))`
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
      { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '', ...(more.zone && { TZ: more.zone }) } },
    )
    expect([status, stderr]).toEqual([0, ''])
    return JSON.parse(stdout) as Built
  }

  test('bundles every folder of functions/, equal bytes from equal sources, whatever the time zone and what lay there', () => {
    // bundled here and now, and what a local cloud's `serverless package` had bundled of the same sources, if there was one;
    // the checkout has the same sources, too, and need not bundle them once more
    const one = buildHere('one', { keptIn: join(project, '.build'), zone: 'Pacific/Apia' })
    // what an earlier build left there and is gone since: a function, a file, a chunk
    for (const former of ['former', 'notify/former', 'notify/chunks/former'])
      mkdirSync(join(folder, 'two/functions', former), { recursive: true })
    buildHere('two')
    expect(one.functions).toEqual(functionFolders)
    expect(readdirSync(join(folder, 'one/functions')).sort()).toEqual(
      functionFolders.flatMap((name) => [name, `${name}.zip`]).sort(),
    )
    for (const name of functionFolders)
      expect(read('two/functions', `${name}.zip`).equals(read('one/functions', `${name}.zip`))).toBe(true)
    for (const name of functionFolders)
      expect(filesIn(join(folder, 'two/functions', name))).toEqual(
        filesIn(join(folder, 'one/functions', name)),
      )
    expect(readdirSync(join(folder, 'two/functions'), { recursive: true }).join()).not.toContain('former')
    expect(readdirSync(join(folder, 'one/mirror')).sort()).toEqual([
      'credential.mjs',
      'main.mjs',
      'rules.json.br',
      'scan.mjs',
    ])
  })

  test.each(functionFolders)(
    '%s: the zip holds what lies in the folder, and the checked relay.yml',
    (name) => {
      const files = unzipSync(read('one/functions', `${name}.zip`))
      expect(Object.keys(files).sort()).toEqual(filesIn(join(folder, 'one/functions', name)))
      for (const [path, contents] of Object.entries(files))
        expect(read('one/functions', name, path).equals(Buffer.from(contents))).toBe(true)
      expect(Object.keys(files)).toEqual(expect.arrayContaining(['index.mjs', 'relay.json']))
      expect(JSON.parse(Buffer.from(files['relay.json']!).toString())).toEqual(config)
    },
  )

  test.each(functionFolders)(
    '%s: every chunk is one that something names, and each that is named is there',
    (name) => {
      const files = unzipSync(read('one/functions', `${name}.zip`))
      const modules = Object.keys(files).filter((path) => path.endsWith('.mjs'))
      const named = modules.flatMap((path) =>
        [
          ...Buffer.from(files[path]!)
            .toString()
            .matchAll(/(?:from|import\(|import)"(\.[^"]+\.mjs)"/g),
        ].map(([, target]) => join(dirname(path), target!)),
      )
      expect([...new Set(['index.mjs', ...named])].sort()).toEqual(modules.sort())
    },
  )

  test('a client that is asked for when it is needed lies beside the program, and only where it can be needed', () => {
    const holding = (name: string, path: RegExp, text: string) =>
      Object.entries(unzipSync(read('one/functions', `${name}.zip`)))
        .filter(([file, contents]) => path.test(file) && Buffer.from(contents).includes(text))
        .map(([file]) => file)
    const tasks = 'ecs.{Region}'
    expect(holding('replicate', /^index/, tasks)).toEqual([])
    expect(holding('replicate', /^chunks/, tasks)).toHaveLength(1)
    expect(holding('trigger', /./, tasks)).toEqual([])
    // what is asked for by an import statement is read for all that it exports
    const whole = functionFolders.flatMap((name) => holding(name, /mjs$/, 'from"node:http"'))
    expect([
      ...whole,
      ...functionFolders.flatMap((name) => holding(name, /mjs$/, 'from"node:process"')),
      ...functionFolders.flatMap((name) => holding(name, /mjs$/, 'import("node:http")')),
    ]).toEqual([])
  })

  test.each(functionFolders)('%s: the program names no file that is loaded with it', (name) => {
    const files = unzipSync(read('one/functions', `${name}.zip`))
    const statements = Buffer.from(files['index.mjs']!)
      .toString()
      .matchAll(/(?:from|import)"(\.[^"]+)"/g)
    expect([...statements].map(([, target]) => target)).toEqual([])
  })

  test.each(functionFolders)('%s: a chunk finds all that it takes from the program', async (name) => {
    const folderOf = join(folder, 'one/functions', name)
    const chunks = filesIn(folderOf).filter((file) => file.startsWith('chunks/'))
    // modules are linked before the first of them runs, and this one ends at once for want of its environment
    const script = `
      for (const file of ${JSON.stringify(chunks.map((file) => join(folderOf, file)))})
        await import(file).catch(({ name, code, message }) => console.log(name, code, message))`
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    })
    const said = new Set(stdout.trim().split('\n'))
    expect([status, [...said]]).toEqual([0, [expect.stringContaining('RELAY_')]])
  })

  const buildProject = (env: NodeJS.ProcessEnv) => {
    const run = spawnSync(process.execPath, [join(project, 'stack/build.ts')], {
      cwd: project,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...env },
    })
    return { status: run.status, said: `${run.stdout}${run.stderr}` }
  }

  test('a relay.yml that is not there is said in one line', () => {
    const { status, said } = buildProject({ RELAY_CONFIG: join(folder, 'none.yml') })
    expect(status).toBe(1)
    expect(said.trim().split('\n')).toEqual([expect.stringContaining('none.yml cannot be read (ENOENT)')])
  })

  test('a folder of functions/ without main.ts is an error, not left out', () => {
    mkdirSync(join(project, 'functions/half'))
    try {
      const { status, said } = buildProject({})
      expect([status, said]).toEqual([1, expect.stringContaining('functions/half has no main.ts')])
    } finally {
      rmSync(join(project, 'functions/half'), { recursive: true })
    }
  })
})

describe('serverless package', () => {
  test.each(CASES)('%s: packs without network and credentials', (_name, text, place, out) => {
    const { status, said } = packageStack(text, place, out)
    expect([status, said]).toEqual([0, expect.stringContaining(`stage ${place.stage} (${place.region})`)])
    const { Resources, Parameters, Outputs } = compiled(out)
    const known = new Set([...Object.keys(Resources), ...Object.keys(Parameters)])
    const unknown = idsIn([Resources, Outputs]).filter((id) => !known.has(id))
    expect(unknown).toEqual([])
    const awaited = Object.values(Resources).flatMap(({ DependsOn }) => DependsOn ?? [])
    expect(awaited.filter((id) => !known.has(id))).toEqual([])
  })

  test.each(CASES)(
    '%s: every function runs its bundle, under its role, fed by its queue',
    (_name, _text, place, out) => {
      const { Resources } = compiled(out)
      const made = ofType(Resources, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties)
      expect(made.map(({ FunctionName }) => FunctionName).sort()).toEqual(
        functionFolders.map((name) => `codecommit-relay-${place.stage}-${name}`),
      )
      for (const { Code, Runtime, Handler, Architectures, Role, FunctionName } of made) {
        expect([Runtime, Handler, Architectures]).toEqual(['nodejs24.x', 'index.handler', ['arm64']])
        const name = FunctionName.replace(`codecommit-relay-${place.stage}-`, '')
        expect(Code.S3Key).toMatch(new RegExp(`/${name}\\.zip$`))
        expect(readdirSync(join(folder, out))).toContain(`${name}.zip`)
        expect(Resources[Role['Fn::GetAtt'][0]]!.Properties.RoleName).toMatch(new RegExp(`-${name}$`))
      }
      const mappings = ofType(Resources, 'AWS::Lambda::EventSourceMapping').map(
        ([, { Properties }]) => Properties,
      )
      const shapes = mappings.map(
        ({ EventSourceArn, BatchSize, MaximumBatchingWindowInSeconds, FunctionResponseTypes }) => [
          EventSourceArn['Fn::GetAtt'][0],
          BatchSize,
          MaximumBatchingWindowInSeconds,
          FunctionResponseTypes,
        ],
      )
      const partial = ['ReportBatchItemFailures']
      expect(shapes).toEqual([
        ['ReplicateQueue', 10, undefined, partial],
        ['MirrorStoppedQueue', 10, undefined, partial],
        ['SweepQueue', 1, undefined, partial],
        ['ScanQueue', 10, undefined, partial],
        ['NotifyQueue', 100, 1, partial],
      ])
      for (const [, { Properties }] of ofType(Resources, 'AWS::Logs::LogGroup'))
        expect(Properties.RetentionInDays).toBe(30)
    },
  )

  test('built-in triggers of this account may call trigger, and what it cannot handle is kept', () => {
    const { Resources } = compiled('package-0')
    expect(Resources.TriggerPermission!.Properties).toMatchObject({
      Principal: 'codecommit.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
    })
    expect(Resources.TriggerLambdaFunction!.Properties.DeadLetterConfig).toEqual({
      TargetArn: { 'Fn::GetAtt': ['TriggerDeadLetters', 'Arn'] },
    })
    expect(Resources.TriggerLambdaEvConf!.Properties.MaximumRetryAttempts).toBe(2)
  })

  testWith('cfn-lint')('cfn-lint finds nothing that .cfnlintrc.yaml does not explain', () => {
    const templates = CASES.map(([, , , out]) =>
      join(folder, out, 'cloudformation-template-update-stack.json'),
    )
    const { status, stdout, stderr } = spawnSync(
      'cfn-lint',
      ['--regions', ...PLACES.map(({ region }) => region), '--', ...templates],
      { cwd: root, encoding: 'utf8' },
    )
    expect([status, `${stdout}${stderr}`]).toEqual([0, ''])
  })

  test('a broken relay.yml stops it, with every mistake once and no stack trace', () => {
    const { status, said } = packageStack(
      'version: 2\nreplicat: []\nsweep: { everyMinutes: 0 }\n',
      PLACES[0],
      'broken',
    )
    expect(status).toBe(1)
    for (const mistake of ['relay.yml:1:10 version', 'did you mean replicate?', 'sweep.everyMinutes'])
      expect(said.split(mistake)).toHaveLength(2)
    expect(said).not.toMatch(/^\s+at /m)
  })
})
