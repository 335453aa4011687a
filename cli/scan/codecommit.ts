import { createCodeCommit } from '../../shared/codecommit/access.ts'
import { createGitClient } from '../../shared/git/client.ts'
import { openPack } from '../../shared/git/pack/open.ts'
import type { Pack } from '../../shared/git/pack/types.ts'
import { codeOf } from '../../shared/runtime/errors.ts'
import { headed, linksOf } from '../../shared/scanning/walk/commit.ts'
import { entriesOf } from '../../shared/scanning/walk/trees.ts'
import type { ScanOptions } from '../commands/scan.ts'
import { UserError } from '../errors.ts'
import { enterLocalCloud } from '../local-terminal.ts'
import { CLI_PACK_LIMITS, type PackSource, spill } from './pack-source.ts'

/**
 * All branches and tags of a CodeCommit repository, in one fetch; its default branch is asked of the API, where that is allowed.
 * @param onBytes bytes of the pack so far
 */
export const historyOfCodeCommit = async (
  name: string,
  { region: given, local }: Pick<ScanOptions, 'region' | 'local'>,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<PackSource> => {
  if (local !== undefined) enterLocalCloud(local === true ? '.relay' : local, process.env)
  const region = given ?? (await regionOfProcess())
  const gitEndpoint = process.env.RELAY_GIT_ENDPOINT || undefined
  const access = createCodeCommit({ gitEndpoint, region, now: Date.now })
  const repository = { account: '', region, name }
  const remote = access.gitRemote(repository)
  const client = createGitClient()
  const advertisement = await client.advertise(remote, 'git-upload-pack', { signal })
  if (!advertisement)
    throw new UserError(`There is no repository ${name} in ${region}.`, '--region names another region.')
  const wants = [...advertisement.refs].map(([ref, oid]) => ({ ref, oid }))
  if (wants.length === 0) throw new UserError(`${name} in ${region} is empty.`, 'There is nothing to scan.')
  const { pack: stream } = await client.fetch(
    remote,
    {
      wants: [...new Set(wants.map(({ oid }) => oid))],
      haves: [],
      offered: advertisement.capabilities,
      thin: false,
      offsetDeltas: true,
    },
    { signal },
  )
  const pack = await openPack(counted(stream, onBytes), { limits: CLI_PACK_LIMITS, spill })
  const branch = await access.describe(repository).then(
    (described) => described?.defaultBranch,
    (error: unknown) => {
      // GitPull alone is enough to scan; which branch is the default one is then not known
      if (codeOf(error) === undefined) throw error
      return undefined
    },
  )
  const tip = branch === undefined ? undefined : advertisement.refs.get(`refs/heads/${branch}`)
  return {
    pack,
    missing: 0,
    wants,
    refs: [...advertisement.refs.keys()],
    older: { read: async () => undefined },
    readFile: async (path) => (tip === undefined ? undefined : fileOf(pack, tip, path)),
    place: `branch ${branch}`,
    close: () => pack.close(),
  }
}

async function* counted(stream: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void) {
  let bytes = 0
  for await (const piece of stream) {
    bytes += piece.length
    onBytes(bytes)
    yield piece
  }
}

const regionOfProcess = async (): Promise<string> => {
  try {
    const { STSClient } = await import('@aws-sdk/client-sts')
    return await new STSClient({}).config.region()
  } catch (cause) {
    throw new UserError(
      'It is not known in which region the repository is.',
      'Give --region, or AWS_REGION.',
      {
        cause,
      },
    )
  }
}

/** A file of a commit, read from the pack; undefined: there is none. */
const fileOf = (pack: Pack, commit: string, path: string): string | undefined => {
  const root = pack.read(commit)
  let oid = root && 'data' in root ? linksOf(headed(root.data))?.tree : undefined
  for (const name of path.split('/')) {
    const tree = oid === undefined ? undefined : pack.read(oid)
    if (tree?.type !== 'tree' || !('data' in tree)) return undefined
    const latin1 = Buffer.from(name).toString('latin1')
    oid = entriesOf(tree.data).find((entry) => entry.name === latin1)?.oid
  }
  const blob = oid === undefined ? undefined : pack.read(oid)
  return blob?.type === 'blob' && 'data' in blob ? blob.data.toString('utf8') : undefined
}
