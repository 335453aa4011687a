import * as z from 'zod/mini'
import { configSchema } from './schema.ts'

/** JSON Schema (draft 7, which editors know best) of relay.yml as text, for completion and descriptions while typing. */
export const jsonSchemaText = (): string => {
  const schema = z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' })
  return `${JSON.stringify({ title: 'relay.yml', ...schema }, null, 2)}\n`
}
