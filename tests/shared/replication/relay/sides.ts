import { afterAll } from '@jest/globals'
import { createGitClient, type GitClientOptions } from '../../../../shared/git/client.ts'
import { relay } from '../../../../shared/replication/relay/relay.ts'
import type { RelayOutcome, RelayParts, RelayWork } from '../../../../shared/replication/relay/types.ts'
import { type Bare, makeBare } from '../../../support/bare.ts'
import { type OddGitServer, type Oddities, startOddGitServer } from '../../../support/odd-git-server.ts'

/** What {@link Sides.differences} says of equal sides. */
export const EQUAL = { refs: [], faults: '' }

export interface Side extends Bare {
  readonly server: OddGitServer
}

export interface Sides {
  readonly source: Side
  readonly replica: Side
  readonly parts: RelayParts
  readonly work: RelayWork
  /** milliseconds that were waited, one entry each */
  readonly pauses: number[]
  relay(more?: Partial<RelayWork>, parts?: Partial<RelayParts>): Promise<RelayOutcome>
  /** both sides hold the same heads and tags, and git finds nothing wrong with the replica */
  differences(): Promise<unknown>
  close(): Promise<void>
}

const EMPTY = makeBare()
afterAll(() => EMPTY.remove())

const address = (region: string) => ({ account: '111111111111', region, name: 'orders' })

export interface Odd {
  readonly source?: Oddities
  readonly replica?: Oddities
  readonly client?: GitClientOptions
  /** folders that the sides begin as copies of */
  readonly copies?: { readonly source: string; readonly replica: string }
}

/** Two real git servers and a relay between them; waits are noted, not waited. */
export const openSides = async (odd: Odd = {}): Promise<Sides> => {
  const [source, replica] = await Promise.all([
    openSide(odd.source, odd.copies?.source),
    openSide(odd.replica, odd.copies?.replica),
  ])
  const pauses: number[] = []
  const parts: RelayParts = {
    git: createGitClient(odd.client),
    remote: ({ region }) => ({
      url: (region === 'us-east-1' ? source : replica).server.url,
      authorization: async () => 'Basic dXNlcjpub25l',
    }),
    now: Date.now,
    pause: async (milliseconds) => void pauses.push(milliseconds),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  }
  const work: RelayWork = {
    target: { repository: address('us-east-1'), replica: address('eu-west-1'), deletes: 'mirror' },
    until: Date.now() + 600_000,
    bytes: 1e9,
  }
  return {
    source,
    replica,
    parts,
    work,
    pauses,
    relay: (more, other) => relay({ ...parts, ...other }, { ...work, ...more }),
    differences: async () => {
      const [here, there, faults] = await Promise.all([source.refs(), replica.refs(), replica.fsck()])
      const refs = [...new Set([...here.keys(), ...there.keys()])].filter(
        (ref) => here.get(ref) !== there.get(ref),
      )
      return { refs, faults }
    },
    close: async () => {
      await Promise.all([source.server.close(), replica.server.close()])
      source.remove()
      replica.remove()
    },
  }
}

const openSide = async (oddities?: Oddities, like: string = EMPTY.folder): Promise<Side> => {
  const bare = makeBare(like)
  return { ...bare, server: await startOddGitServer(bare.folder, oddities) }
}

/**
 * Commits one after another on a branch, made by fast-import.
 * @param from a commit or ref on which the first stands; absent: the branch itself where it exists
 * @returns the tip
 */
export const grow = async (
  side: Bare,
  branch: string,
  count = 1,
  { from, root = false, text = '' }: { from?: string; root?: boolean; text?: string } = {},
): Promise<string> => {
  const ref = branch.startsWith('refs/') ? branch : `refs/heads/${branch}`
  const parent = root ? undefined : (from ?? (await side.refs()).get(ref))
  serial += 1
  const commits = Array.from({ length: count }, (_, index) => {
    const content = `${text}${branch} ${serial} ${index}\n${'line\n'.repeat(20)}`
    return [
      `commit ${ref}`,
      `committer Nina <nina@example.com> ${1_700_000_000 + serial * 10_000 + index} +0000`,
      `data ${Buffer.byteLength(content)}`,
      content,
      ...(index === 0 && parent ? [`from ${parent}`] : []),
      `M 100644 inline folder/file-${index % 50}.txt`,
      `data ${Buffer.byteLength(content)}`,
      content,
    ].join('\n')
  })
  const reset = root || from ? [`reset ${ref}\n`] : []
  await side.git(['fast-import', '--quiet', '--force'], [...reset, ...commits, 'done\n'].join('\n'))
  return (await side.refs()).get(ref) ?? ''
}
let serial = 0

/** Sets refs as they are given; undefined deletes. */
export const setRefs = (side: Bare, refs: Readonly<Record<string, string | undefined>>): Promise<string> =>
  side.git(
    ['update-ref', '--stdin'],
    Object.entries(refs)
      .map(([ref, oid]) => (oid === undefined ? `delete ${ref}\n` : `update ${ref} ${oid}\n`))
      .join(''),
  )
