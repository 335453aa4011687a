/** A CodeCommit in a process of its own, to be killed: prints where it listens, and a clone address. */
import { startHarness } from './harness.ts'

const [folder = ''] = process.argv.slice(2)
const cloud = await startHarness({ folder })
await cloud.call('CreateRepository', { repositoryName: 'orchard' })
process.stdout.write(
  `${JSON.stringify({ url: cloud.url('orchard'), directory: cloud.directory('orchard') })}\n`,
)
