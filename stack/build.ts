import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join, relative, resolve } from 'node:path'
import { type BuildOptions as BundleOptions, build as bundle, type Metafile, type Plugin } from 'esbuild'
import { type Zippable, zipSync } from 'fflate'
import type { Config } from '../shared/config/types.ts'
import { BadConfig, readConfig } from './config.ts'
import { type Bundles, keptBundles } from './kept-bundles.ts'
import { mergeStart, type Piece } from './one-start.ts'
import { shippedRulePack } from './rule-pack.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** Programs of the image of our tasks → where they are, without `.ts`. */
const PROGRAMS = {
  main: 'containers/mirror/main',
  credential: 'containers/mirror/credential',
  scan: 'containers/scan/main',
}

/** The function that has the rules of the scanner beside it, as `rules.json.br`; the image has them, too. */
const SCANNER = 'scan'
const RULES = 'rules.json.br'

/** Folder within a function's own. */
const CHUNKS = 'chunks'

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
  /** folder of the bundles that builds of the same sources share; absent: `.build` of the project, whatever `outDir` is */
  readonly keptIn?: string
}

export interface Built {
  /** names of the functions, sorted */
  readonly functions: readonly string[]
  readonly outDir: string
}

/**
 * Bundles every folder of `functions/` to `<outDir>/functions/<name>/`: `index.mjs`, `chunks/` with what it loads only when it is
 * needed, and `relay.json`, for the scanner `rules.json.br` too; all of it again in `<outDir>/functions/<name>.zip`. The programs of the tasks' image go to `<outDir>/mirror/`.
 * Equal sources give equal bytes. Files are replaced in one step, so a build beside another, or one that fails, leaves no half file.
 * @throws BadConfig for relay.yml; Error for a function folder without main.ts; esbuild's own error for code that does not build
 */
export const build = async (options: BuildOptions = {}): Promise<Built> => {
  const config = options.config ?? readConfig(process.env.RELAY_CONFIG || join(ROOT, 'relay.yml'))
  const outDir = options.outDir ?? join(ROOT, '.build')
  const functions = functionNames()
  const relay = Buffer.from(`${JSON.stringify(config, null, 2)}\n`)
  // all before the first is written: code that does not build changes nothing
  const {
    mirror,
    functions: bundles,
    rules,
  } = await keptBundles(ROOT, options.keptIn ?? OUT, () => bundleAll(functions))
  for (const [path, contents] of mirror) put(join(outDir, 'mirror', path), contents)
  put(join(outDir, 'mirror', RULES), rules)
  for (const [name, files] of bundles) {
    const beside =
      name === SCANNER
        ? [['relay.json', relay] as const, [RULES, rules] as const]
        : [['relay.json', relay] as const]
    putFunction(join(outDir, 'functions', name), new Map([...files, ...beside]))
  }
  removeStale(join(outDir, 'functions'), new Set(functions.flatMap((name) => [name, `${name}.zip`])))
  return { functions, outDir }
}

const bundleAll = async (functions: readonly string[]): Promise<Bundles> => {
  const rules = shippedRulePack()
  const [mirror, ...bundles] = await Promise.all([bundleMirror(), ...functions.map(bundleFunction)])
  return {
    mirror,
    functions: new Map(functions.map((name, index) => [name, bundles[index] ?? new Map()])),
    rules,
  }
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

/** @param files contents by path, chunks before the program that names them: none is missing meanwhile */
const putFunction = (folder: string, files: ReadonlyMap<string, Uint8Array>): void => {
  const paths = [...files.keys()]
  for (const [path, contents] of files) put(join(folder, path), contents)
  removeStale(folder, new Set(paths.map((path) => path.split('/')[0] ?? '')))
  const chunks = paths.filter((path) => path.startsWith(`${CHUNKS}/`)).map((path) => basename(path))
  if (existsSync(join(folder, CHUNKS))) removeStale(join(folder, CHUNKS), new Set(chunks))
  const entries: Zippable = {}
  for (const [path, contents] of files) entries[path] = [contents, ZIP_ENTRY]
  put(`${folder}.zip`, zipSync(entries))
}

/**
 * `import 'node:http'` in an ES module reads all that it exports, and with it loads what few ask for: WebSocket stands for Node's
 * whole fetch, `subtle` for WebCrypto, the streams of node:process for terminals. Here each built-in module is asked for as an
 * object, once for all files of a bundle, and of its exports those are read that something imports.
 */
export const plainBuiltins: Plugin = {
  name: 'plain-builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(node:)?[a-z_]+(\/[a-z_]+)?$/ }, ({ path, kind }) =>
      // what require() gets is that object already
      isBuiltin(path) && kind === 'import-statement'
        ? { path: `node:${path.replace('node:', '')}`, namespace: 'plain-builtins', sideEffects: false }
        : undefined,
    )
    // the one that is dear, and that the SDK imports by `await import` for a first call without TLS
    onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: 'node:http', namespace: 'plain-builtins-later' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'plain-builtins-later' }, ({ path }) => ({
      contents: builtinLater(path),
    }))
    onLoad({ filter: /.*/, namespace: 'plain-builtins' }, ({ path }) => ({ contents: plainBuiltin(path) }))
  },
}

/** @returns an ES module whose exports are left out of a bundle where nobody imports them */
const plainBuiltin = (path: string): string => {
  const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter((name) => /^[a-zA-Z]\w*$/.test(name))
  return [
    `const builtin = /* @__PURE__ */ process.getBuiltinModule('${path}')`,
    'export default builtin',
    ...names.map((name) => `const _${name} = /* @__PURE__ */ (() => builtin.${name})()`),
    `export { ${names.map((name) => `_${name} as ${name}`).join(', ')} }`,
  ].join('\n')
}

/** @returns an ES module of all that is there without a getter: who imports a module while it runs may take any of its exports */
const builtinLater = (path: string): string => {
  const builtin = process.getBuiltinModule(path) ?? {}
  const names = Object.entries(Object.getOwnPropertyDescriptors(builtin))
    .filter(([name, { get }]) => !get && /^[a-zA-Z]\w*$/.test(name))
    .map(([name]) => name)
  return [
    `const builtin = process.getBuiltinModule('${path}')`,
    'export default builtin',
    `export const { ${names.join(', ')} } = builtin`,
  ].join('\n')
}

/**
 * A program and its chunks: what is behind `await import` is a file of its own. Node parses each file whole before it runs any of
 * it, so that a client which is not called would be paid for by every cold start.
 */
const bundleFunction = (name: string): Promise<Map<string, Uint8Array>> => bundleProgram(mainOf(name))

/**
 * A program as a function's is bundled: what is measured of it is what is shipped.
 * @param main absolute path of a TypeScript file
 * @returns contents by path: `index.mjs`, `chunks/`, `node_modules/re2js.js`
 */
export const bundleProgram = async (main: string): Promise<Map<string, Uint8Array>> => {
  const files = await bundleSplit({ index: main })
  return usesRe2(files) ? inOrder([...files, [RE2_FILE, await bundleRe2()]]) : files
}

/** Where `require('re2js')` finds it, from every file of a function. */
const RE2_FILE = 'node_modules/re2js.js'

const usesRe2 = (files: ReadonlyMap<string, Uint8Array>): boolean =>
  [...files.values()].some((contents) => Buffer.from(contents).includes('"re2js"'))

/** Of a function's program; few expressions need it, and it is as large as all else that scans. Asked for while a text is scanned, so not by `await import`. */
const re2Later: Plugin = {
  name: 're2-later',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^re2js$/ }, ({ kind, path }) =>
      kind === 'require-call'
        ? { path, external: true }
        : { path, namespace: 're2-later', sideEffects: false },
    )
    onLoad({ filter: /.*/, namespace: 're2-later' }, () => ({
      contents: "export const RE2JS = { compile: (source) => require('re2js').RE2JS.compile(source) }",
    }))
  },
}

const bundleRe2 = async (): Promise<Uint8Array> => {
  const contents = "export { RE2JS } from 're2js'"
  const { outputFiles } = await bundle({
    ...BUNDLE_OPTIONS,
    format: 'cjs',
    stdin: { contents, resolveDir: ROOT },
  })
  return outputFiles[0]?.contents ?? new Uint8Array()
}

const mainOf = (name: string): string => join(ROOT, 'functions', name, 'main.ts')

/**
 * A function's program beside another that shares its modules, as the function's own code would use them: what both need is a chunk.
 * @param beside absolute path of a TypeScript file
 * @returns contents by path: `index.mjs`, `beside.mjs`, `chunks/`
 */
export const bundleBeside = (name: string, beside: string): Promise<Map<string, Uint8Array>> =>
  bundleSplit({ index: mainOf(name), beside })

/**
 * The programs of mirror and scan task. Whole files: the container's image names them, and a task takes seconds to start whatever it parses.
 * @returns contents by path relative to the image's `/app`
 */
export const bundleMirror = async (): Promise<Map<string, Uint8Array>> => {
  const programs = Object.entries(PROGRAMS).map(([program, path]) => [program, join(ROOT, `${path}.ts`)])
  const { outputFiles } = await bundle({
    ...BUNDLE_OPTIONS,
    entryPoints: Object.fromEntries(programs),
    banner: BANNER,
  })
  return inOrder(outputFiles.map(({ path, contents }) => [relative(OUT, path), contents]))
}

/** Nothing is written there, and names do not depend on where the project lies. */
const OUT = join(ROOT, '.build')

/** How everything is bundled. */
export const BUNDLE_OPTIONS = {
  outdir: OUT,
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
  plugins: [plainBuiltins],
} as const satisfies BundleOptions

// CommonJS packages inside an ES module still say require(). An import statement would read all that node:module exports.
const BANNER = {
  js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);",
}

/** @returns contents by path relative to the output folder, in order of path: chunks come before `index.mjs` */
const bundleSplit = async (entryPoints: Record<string, string>): Promise<Map<string, Uint8Array>> => {
  const { metafile, outputFiles } = await bundle({
    ...BUNDLE_OPTIONS,
    plugins: [re2Later, ...BUNDLE_OPTIONS.plugins],
    entryPoints,
    splitting: true,
    chunkNames: `${CHUNKS}/[name]-[hash]`,
    metafile: true,
  })
  const used = reachable(metafile.outputs)
  const pieces = outputFiles
    .map(({ path, text }) => ({ path: relative(ROOT, path), text }))
    .filter(({ path }) => used.has(path))
    .map(({ path, text }): [string, Piece] => [inOut(path), { text, ...linksOf(metafile.outputs[path]) }])
  const merged = await mergeStart(new Map(pieces), 'index.mjs', {
    ...BUNDLE_OPTIONS,
    banner: BANNER,
  })
  return inOrder(merged)
}

const inOut = (path: string): string => relative(OUT, join(ROOT, path))

const linksOf = (output?: Metafile['outputs'][string]): Pick<Piece, 'imports' | 'exports'> => ({
  imports: (output?.imports ?? [])
    .filter(({ kind, external }) => kind === 'import-statement' && !external)
    .map(({ path }) => inOut(path)),
  exports: output?.exports ?? [],
})

const inOrder = (files: Iterable<readonly [string, Uint8Array]>): Map<string, Uint8Array> =>
  new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1)))

/** esbuild also makes chunks of what is imported by functions that it then leaves out. */
const reachable = (outputs: Metafile['outputs']): ReadonlySet<string> => {
  const used = new Set(Object.keys(outputs).filter((path) => !path.includes(`/${CHUNKS}/`)))
  // a set hands out what is added while it is walked
  for (const path of used)
    for (const imported of outputs[path]?.imports ?? []) if (!imported.external) used.add(imported.path)
  return used
}

/** What no longer exists and was left behind would look like what does. */
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
