/** A CodeCommit in a process of its own, to be killed: does calls that arrive as lines of JSON, and answers each by one. */
import { createInterface } from 'node:readline'
import { startHarness } from '../harness.ts'

const [folder = ''] = process.argv.slice(2)
const cloud = await startHarness({ folder })
const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`)
say({})
for await (const line of createInterface({ input: process.stdin })) {
  const { operation, input, url } = JSON.parse(line)
  if (url !== undefined) say({ url: cloud.url(url), directory: cloud.directory(url) })
  else say((await cloud.call(operation, input)) ?? {})
}
