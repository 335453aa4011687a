import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { operationsPage } from './operations.ts'

writeFileSync(resolve(import.meta.dirname, '../../docs/local-operations.md'), await operationsPage())
