import { parseArgs } from 'node:util'
import { BadConfig, readConfig } from './config.ts'
import { otherSources } from './repositories.ts'
import { stackOf } from './template.ts'

// What serverless.yml includes, as JSON on standard output. Run by serverless.cjs, since osls may be running in a Node that
// does not take TypeScript. Mistakes of relay.yml go to standard error, exit status 1.
const { values } = parseArgs({
  options: { region: { type: 'string' }, stage: { type: 'string' }, image: { type: 'string' } },
})
const { region, stage, image } = values
if (!region || !stage) throw new Error('print-template needs --region and --stage')

try {
  const plan = { config: readConfig(process.env.RELAY_CONFIG || 'relay.yml'), region, stage }
  const others = otherSources(plan).join(', ')
  if (others !== '')
    process.stderr.write(
      `note: relay.yml replicates from ${others} too. A stack in ${region} hears no events from there: its sweep serves them.\n`,
    )
  process.stdout.write(JSON.stringify(stackOf(plan, image || undefined)))
} catch (error) {
  if (!(error instanceof BadConfig)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
