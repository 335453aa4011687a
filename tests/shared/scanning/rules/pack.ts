import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readRulePack } from '../../../../shared/scanning/conventions/gitleaks-config.ts'

const FOLDER = join(import.meta.dirname, '../../../../shared/scanning/rules')

/** The pack as its files say it. */
export const pack = readRulePack(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.toml'))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(FOLDER, file), 'utf8') })),
)
