import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build as bundle, type Plugin } from 'esbuild'
import { zipSync } from 'fflate'
import type { Config } from '../shared/config/types.ts'
import { BadConfig, readConfig } from './config.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** Programs of the mirror container, by their path without `.ts`. */
const MIRROR = ['main', 'credential']

/** What a zip says of each file, whoever makes it when: equal sources must give equal bytes. */
const ZIP_ENTRY = {
  // the first moment a zip can hold, read as local time because that is how it is written
  mtime: new Date(1980, 0, 1),
  os: 3,
  // a plain file, rw-r--r--: Lambda runs as another user than the one who packed
  attrs: 0o100644 << 16,
  level: 9,
} as const

export interface BuildOptions {
  /** absent: read from the file that RELAY_CONFIG names, or ./relay.yml of the project */
  readonly config?: Config
  /** absent: `.build` of the project */
  readonly outDir?: string
}

export interface Built {
  /** names of the functions, sorted */
  readonly functions: readonly string[]
  readonly outDir: string
}

/**
 * Bundles every folder of `functions/` to `<outDir>/functions/<name>/index.mjs` with `relay.json` beside it, both again in
 * `<outDir>/functions/<name>.zip`, and the mirror's programs to `<outDir>/mirror/`. Equal sources give equal bytes. Files are
 * replaced in one step, so a build beside another, or one that fails, leaves no half file.
 * @throws BadConfig for relay.yml; Error for a function folder without main.ts; esbuild's own error for code that does not build
 */
export const build = async (options: BuildOptions = {}): Promise<Built> => {
  const config = options.config ?? readConfig(process.env.RELAY_CONFIG || join(ROOT, 'relay.yml'))
  const outDir = options.outDir ?? join(ROOT, '.build')
  const functions = functionNames()
  const relay = Buffer.from(`${JSON.stringify(config, null, 2)}\n`)
  const bundles = await bundleAll({
    ...Object.fromEntries(
      functions.map((name) => [`functions/${name}/index`, join(ROOT, 'functions', name, 'main.ts')]),
    ),
    ...Object.fromEntries(
      MIRROR.map((program) => [`mirror/${program}`, join(ROOT, 'containers/mirror', `${program}.ts`)]),
    ),
  })
  for (const [path, contents] of bundles) put(join(outDir, path), contents)
  for (const name of functions) {
    const index = bundles.get(`functions/${name}/index.mjs`)
    if (!index) throw new Error(`esbuild made no bundle of functions/${name}`)
    put(join(outDir, 'functions', name, 'relay.json'), relay)
    const zip = zipSync({ 'index.mjs': [index, ZIP_ENTRY], 'relay.json': [relay, ZIP_ENTRY] })
    put(join(outDir, 'functions', `${name}.zip`), zip)
  }
  removeStale(join(outDir, 'functions'), new Set(functions.flatMap((name) => [name, `${name}.zip`])))
  return { functions, outDir }
}

const functionNames = (): readonly string[] =>
  readdirSync(join(ROOT, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      if (!existsSync(join(ROOT, 'functions', name, 'main.ts')))
        throw new Error(`functions/${name} has no main.ts: every folder there is a function`)
      return name
    })
    .sort()

/**
 * `import 'node:http'` in an ES module reads all that it exports, and WebSocket among it loads Node's whole fetch: 20 ms and more of
 * every cold start. Asked for as an object, each export is read when it is used.
 */
const PLAIN_HTTP: Plugin = {
  name: 'plain-http',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'node:http', namespace: 'plain-http' }))
    onLoad({ filter: /.*/, namespace: 'plain-http' }, () => ({
      contents: "module.exports = process.getBuiltinModule('node:http')",
      loader: 'js',
    }))
  },
}

/** @returns contents by path relative to the output folder */
const bundleAll = async (entryPoints: Record<string, string>): Promise<Map<string, Uint8Array>> => {
  const base = join(ROOT, '.build')
  const result = await bundle({
    entryPoints,
    outdir: base,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'silent',
    absWorkingDir: ROOT,
    plugins: [PLAIN_HTTP],
    // CommonJS packages inside an ES module still say require()
    banner: {
      js: "import{createRequire as relayRequire}from'node:module';const require=relayRequire(import.meta.url);",
    },
  })
  return new Map(result.outputFiles.map((file) => [file.path.slice(base.length + 1), file.contents]))
}

/** What a function that no longer exists left behind would look like one that does. */
const removeStale = (folder: string, wanted: ReadonlySet<string>): void => {
  for (const name of readdirSync(folder))
    if (!wanted.has(name) && !name.startsWith(TEMPORARY))
      rmSync(join(folder, name), { recursive: true, force: true })
}

const TEMPORARY = '.new-'

const put = (path: string, contents: Uint8Array): void => {
  const folder = resolve(path, '..')
  mkdirSync(folder, { recursive: true })
  const temporary = join(folder, `${TEMPORARY}${process.pid}`)
  writeFileSync(temporary, contents)
  renameSync(temporary, path)
}

if (import.meta.main) {
  try {
    const { functions, outDir } = await build()
    process.stdout.write(`${functions.length} functions and the mirror are in ${outDir}\n`)
  } catch (error) {
    const known = error instanceof BadConfig || Array.isArray((error as { errors?: unknown }).errors)
    process.stderr.write(`${known || !(error instanceof Error) ? (error as Error).message : error.stack}\n`)
    process.exitCode = 1
  }
}
