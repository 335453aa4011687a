import { ZERO_OID } from '../../shared/git/types.ts'
import type { Bare } from '../support/bare.ts'
import type { Dice } from './random.ts'
import type { Step } from './recorder.ts'

/** Somebody who pushes to the source, whatever comes to mind. */
export interface Writer {
  /** one push, and what it moved; nothing where git did not take it */
  push(): Promise<readonly Step[]>
  /** every value of every ref, in order, beginning with none */
  readonly history: Map<string, string[]>
}

const BRANCHES = [
  'main',
  'develop',
  'topic',
  'topic/deep',
  'fix/ä',
  'release/1',
  'release',
  'same',
  'x/y/z',
  'hot',
]
const TAGS = ['v1', 'v2', 'v3/rc', 'same', 'nightly', 'größe']

/**
 * Writes commits with `git fast-import` and moves refs by compare-and-swap, one push after another, so that the order of each
 * ref's values is known. Everything begins on `main`.
 */
export const createWriter = (source: Pick<Bare, 'git'>, dice: Dice): Writer => {
  const history = new Map<string, string[]>()
  const refs = new Map<string, string>()
  const tips: string[] = []
  let count = 0
  let queue: Promise<unknown> = Promise.resolve()

  const heads = () => [...refs.keys()].filter((ref) => ref.startsWith('refs/heads/'))
  const tags = () => [...refs.keys()].filter((ref) => ref.startsWith('refs/tags/'))

  /** New commits in a row. */
  const commits = async (parents: readonly string[], many: number): Promise<string> => {
    const lines: string[] = []
    for (let mark = 1; mark <= many; mark += 1) {
      count += 1
      const file = dice.chance(0.05) ? `${dice.roll()}\n`.repeat(4_000) : `${count} ${dice.roll()}\n`
      const first = mark === 1 ? parents : [`:${mark - 1}`]
      lines.push(
        'commit refs/import/now',
        `mark :${mark}`,
        `committer Nina <nina@example.com> ${1_700_000_000 + count} +0000`,
        `data ${Buffer.byteLength(`change ${count}`)}`,
        `change ${count}`,
        ...first.map((parent, at) => `${at === 0 ? 'from' : 'merge'} ${parent}`),
        `M 100644 inline file-${dice.below(40)}`,
        `data ${Buffer.byteLength(file)}`,
        file,
      )
    }
    lines.push(`get-mark :${many}`, 'reset refs/import/now', `from ${ZERO_OID}`, '')
    const oid = await source.git(['fast-import', '--quiet', '--force'], lines.join('\n'))
    tips.push(oid)
    return oid
  }
  const annotated = (tip: string, name: string): Promise<string> => {
    count += 1
    const text = `object ${tip}\ntype commit\ntag ${name}\ntagger Nina <nina@example.com> ${1_700_000_000 + count} +0000\n\n${count}\n`
    return source.git(['mktag'], text)
  }

  const apply = async (steps: readonly Step[]): Promise<readonly Step[]> => {
    const real = steps.filter(({ from, to }) => from !== to)
    if (real.length === 0) return []
    const lines = real.map(({ ref, from, to }) =>
      to === ZERO_OID ? `delete ${ref} ${from}` : `update ${ref} ${to} ${from}`,
    )
    try {
      await source.git(['update-ref', '--stdin'], `${lines.join('\n')}\n`)
    } catch {
      // a branch in the way of another, as from `topic` to `topic/deep`
      return []
    }
    for (const { ref, to } of real) {
      history.set(ref, [...(history.get(ref) ?? [ZERO_OID]), to])
      if (to === ZERO_OID) refs.delete(ref)
      else refs.set(ref, to)
    }
    return real
  }
  const step = (ref: string, to: string): Step => ({ ref, from: refs.get(ref) ?? ZERO_OID, to })
  const someHead = () => (heads().length > 0 ? dice.pick(heads()) : 'refs/heads/main')
  const parentOf = (ref: string) => {
    const tip = refs.get(ref)
    return tip ? [tip] : []
  }

  const acts: readonly (readonly [number, () => Promise<readonly Step[]>])[] = [
    // a commit or some on a branch
    [
      40,
      async () => {
        const ref = someHead()
        return [step(ref, await commits(parentOf(ref), 1 + dice.below(dice.chance(0.1) ? 30 : 3)))]
      },
    ],
    // a new branch
    [
      12,
      async () => {
        const ref = `refs/heads/${dice.pick(BRANCHES)}`
        const base = parentOf(someHead())
        return [step(ref, dice.chance(0.3) && base[0] ? base[0] : await commits(base, 1))]
      },
    ],
    // a history of its own
    [2, async () => [step(`refs/heads/${dice.pick(BRANCHES)}`, await commits([], 2))]],
    // a forced push
    [
      10,
      async () => {
        const ref = someHead()
        return [step(ref, await commits(parentOf(someHead()), 1))]
      },
    ],
    // a rewind, or back to what it was
    [
      8,
      async () => {
        const ref = someHead()
        return [step(ref, tips.length > 0 ? dice.pick(tips.slice(-12)) : ZERO_OID)]
      },
    ],
    // a branch renamed
    [
      5,
      async () => {
        const ref = someHead()
        const tip = refs.get(ref)
        if (!tip || heads().length < 3) return []
        return [step(ref, ZERO_OID), step(`refs/heads/${dice.pick(BRANCHES)}`, tip)].filter(
          (one, at, all) => all.findIndex(({ ref: name }) => name === one.ref) === at,
        )
      },
    ],
    // branches deleted
    [
      8,
      async () => {
        const all = heads().filter((ref) => ref !== 'refs/heads/main')
        return all.length > 1 ? [step(dice.pick(all), ZERO_OID)] : []
      },
    ],
    // a merge, of up to four
    [
      6,
      async () => {
        const ref = someHead()
        const parents = new Set([
          ...parentOf(ref),
          ...Array.from({ length: 3 }, () => parentOf(someHead())).flat(),
        ])
        return parents.size > 1 ? [step(ref, await commits([...parents], 1))] : []
      },
    ],
    // a tag of either kind, new or moved
    [
      10,
      async () => {
        const name = dice.pick(TAGS)
        const [tip] = parentOf(someHead())
        if (!tip) return []
        return [step(`refs/tags/${name}`, dice.chance(0.5) ? tip : await annotated(tip, name))]
      },
    ],
    // a tag deleted
    [4, async () => (tags().length > 0 ? [step(dice.pick(tags()), ZERO_OID)] : [])],
    // the default branch is another, and the old one goes
    [
      2,
      async () => {
        const old = await source.git(['symbolic-ref', 'HEAD'])
        const next = heads().find((ref) => ref !== old)
        if (!next || !refs.has(old)) return []
        await source.git(['symbolic-ref', 'HEAD', next])
        return dice.chance(0.7) ? [step(old, ZERO_OID)] : []
      },
    ],
    // many at once
    [
      3,
      async () => {
        const oid = await commits(parentOf(someHead()), 1)
        return BRANCHES.filter((name) => !name.includes('/') && dice.chance(0.5)).map((name) =>
          step(`refs/heads/${name}`, oid),
        )
      },
    ],
  ]
  const total = acts.reduce((sum, [weight]) => sum + weight, 0)
  const act = () => {
    let left = dice.below(total)
    return acts.find(([weight]) => {
      left -= weight
      return left < 0
    })![1]
  }

  return {
    history,
    push: () => {
      const next = queue.then(async () => {
        const steps = refs.size === 0 ? [step('refs/heads/main', await commits([], 1))] : await act()()
        return apply(steps)
      })
      queue = next.catch(() => undefined)
      return next
    },
  }
}
