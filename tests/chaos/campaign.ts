import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDice } from './random.ts'
import { newMemory, round, type Violation } from './round.ts'
import { createWorld } from './world.ts'

export interface Campaign {
  readonly rounds: number
  readonly violations: readonly Violation[]
  /** what was done, by name */
  readonly counts: Readonly<Record<string, number>>
}

export interface CampaignOptions {
  /** folder of the bundles */
  readonly bundles: string
  readonly seed: number
  readonly rounds: number
  /** ends it after the round in which it is true */
  readonly isOver?: () => boolean
  readonly onRound?: (number: number, violations: readonly Violation[]) => void
}

/** Rounds in one world, which remembers: repositories, table and processes are those of the rounds before. */
export const campaign = async ({
  bundles,
  seed,
  rounds,
  isOver,
  onRound,
}: CampaignOptions): Promise<Campaign> => {
  const world = await createWorld(bundles, createDice(seed))
  const memory = newMemory()
  const violations: Violation[] = []
  let done = 0
  try {
    for (; done < rounds && !isOver?.(); ) {
      done += 1
      const found = await round(world, done, memory)
      violations.push(...found)
      onRound?.(done, found)
      if (found.length > 0) {
        // the log of the round is what explains it
        const file = join(tmpdir(), `chaos-${seed}-${done}.log`)
        writeFileSync(file, [...found.map((one) => JSON.stringify(one)), ...world.lines].join('\n'))
        break
      }
      world.lines.splice(0)
    }
    const { cuts, delays, bytes, connections } = world.network.counts
    const { calls, failed, lostAnswers } = world.aws.counts
    const { secrets, characters } = world.secrets.seen()
    const kind = world.races ? 'rounds with races' : 'rounds without races'
    const more = {
      [kind]: done,
      cuts,
      delays,
      bytes,
      connections,
      calls,
      'calls failed': failed,
      'answers lost': lostAnswers,
    }
    const looked = { secrets, 'characters searched': characters }
    return { rounds: done, violations, counts: { ...world.counts, ...more, ...looked } }
  } finally {
    await world.close()
  }
}
