import { writeFileSync } from 'node:fs'
import { jsonSchemaText } from './json-schema.ts'

writeFileSync(new URL('../../docs/relay.schema.json', import.meta.url), jsonSchemaText())
