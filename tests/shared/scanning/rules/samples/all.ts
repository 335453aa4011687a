import { ai } from './ai.ts'
import { chat } from './chat.ts'
import { ci } from './ci.ts'
import { cloud } from './cloud.ts'
import { codeHosts } from './code-hosts.ts'
import { crypto } from './crypto.ts'
import { databases } from './databases.ts'
import { files } from './files.ts'
import { generic } from './generic.ts'
import { infrastructure } from './infrastructure.ts'
import type { Samples } from './kit.ts'
import { mail } from './mail.ts'
import { observability } from './observability.ts'
import { payment } from './payment.ts'
import { privateKeys } from './private-keys.ts'
import { registries } from './registries.ts'
import { saas } from './saas.ts'
import { tokens } from './tokens.ts'

/** Of every rule of the pack. */
export const samples: Samples = {
  ...cloud,
  ...codeHosts,
  ...ci,
  ...chat,
  ...payment,
  ...mail,
  ...privateKeys,
  ...registries,
  ...ai,
  ...observability,
  ...infrastructure,
  ...saas,
  ...crypto,
  ...databases,
  ...tokens,
  ...files,
  ...generic,
}
