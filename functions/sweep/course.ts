import { addressText, type RepositoryAddress } from '../../shared/codecommit/address.ts'
import type { Run } from '../../shared/runtime/entry.ts'
import { describeFailure } from '../../shared/runtime/log.ts'
import { MAX_DELAY_SECONDS, type Queue } from '../../shared/runtime/queue.ts'
import type { SweepMarkers } from '../../shared/store/marker.ts'
import { beginBody, type Call, type SliceCall, sliceBody } from './calls.ts'
import { type Listed, type Range, type Slice, SWEEP_BUDGET, type SweepBudget, sweepPlan } from './plan.ts'

export interface Walk {
  readonly repositories: readonly RepositoryAddress[]
  /** whatever else the table knows in it has lost its source */
  readonly range: Range | undefined
  /** called now and then */
  readonly onLooked: () => Promise<void>
}

/**
 * Looks at all replicas of these repositories.
 * @returns those for which there was no time
 */
export type Look = (walk: Walk) => Promise<readonly RepositoryAddress[]>

/** Every repository that has replicas; `whole`: there is no other. */
export interface Listing {
  readonly listed: readonly Listed[]
  readonly whole: boolean
}

export interface CourseParts {
  readonly markers: SweepMarkers
  /** the sweep's own */
  readonly queue: Queue
  readonly everyMinutes: number
  readonly account: string
  /** milliseconds since the epoch */
  readonly now: () => number
  readonly id: () => string
  readonly look: Look
  readonly run: Pick<Run, 'log' | 'note'>
  readonly budget?: Omit<SweepBudget, 'spreadSeconds'>
}

/** Share of the interval over which slices are spread: what comes late then still ends before the next sweep. */
const SPREAD = 0.6
/** A sweep of which nothing was heard for this long is dead: a message was lost, or a function was killed. */
export const SILENCE_MS = 90_000
const SIGN_OF_LIFE_MS = 20_000
/** A slice that ran out of time goes on after this pause: it was probably throttled. */
const REST_SECONDS = 10

/** The course of a sweep through many invocations: one marker in the table, and messages in the sweep's own queue. */
export interface Course {
  /**
   * Begins a sweep, or takes up one that died; while one is under way, whoever wants another gets it at its end.
   */
  begin(
    call: Extract<Call, { kind: 'begin' }>,
    list: () => Promise<Listing>,
  ): Promise<'begun' | 'resumed' | 'under-way'>
  goOn(call: SliceCall): Promise<'gone-on' | 'over'>
}

export const createCourse = (parts: CourseParts): Course => {
  const { markers, queue, now, run } = parts
  const spreadSeconds = Math.min(MAX_DELAY_SECONDS, parts.everyMinutes * 60 * SPREAD)
  const budget = { ...SWEEP_BUDGET, ...parts.budget, spreadSeconds }

  const walk = async (
    id: string,
    number: number,
    repositories: readonly RepositoryAddress[],
    range: Range | undefined,
  ): Promise<void> => {
    let seen = now()
    const onLooked = async () => {
      if (now() - seen < SIGN_OF_LIFE_MS) return
      seen = now()
      await markers.alive(id, seen + SILENCE_MS)
    }
    const rest = await parts.look({ repositories, range, onLooked })
    if (rest.length === 0) return finish(id, number)
    await queue.send(sliceBody(id, number, rest), REST_SECONDS)
    await markers.alive(id, now() + REST_SECONDS * 1000 + SILENCE_MS)
  }

  const finish = async (id: string, number: number): Promise<void> => {
    await markers.done(id, number)
    await markers.alive(id, now() + SILENCE_MS)
    const marker = await markers.read()
    if (marker?.id !== id || marker.done.length < marker.bounds.length) return
    if (!(await markers.end(id))) return
    run.log.info('sweep complete', {
      sweep: id,
      slices: marker.bounds.length,
      tookMs: now() - marker.begunAt,
    })
    if (marker.again) await queue.send(beginBody('asked for meanwhile'))
  }

  /** The first slice is this invocation's own work. */
  const start = async (id: string, slices: readonly Slice[], whole: boolean): Promise<void> => {
    const [first, ...others] = slices
    try {
      for (const { number, repositories, range, delaySeconds } of others)
        await queue.send(sliceBody(id, number, repositories, whole ? range : undefined), delaySeconds)
      if (first) {
        await walk(id, first.number, first.repositories.map(addressOf), whole ? first.range : undefined)
      }
    } catch (error) {
      if (others.length === 0) await letGo(id)
      throw error
    }
  }

  /** So that the next one need not wait for the silence. Why the work failed is what the caller must hear. */
  const letGo = async (id: string): Promise<void> => {
    try {
      await markers.letGo(id)
    } catch (error) {
      run.log.error('sweep not let go', { sweep: id, ...describeFailure(error) })
    }
  }

  const addressOf = ({ region, name }: Pick<Listed, 'region' | 'name'>): RepositoryAddress => ({
    account: parts.account,
    region,
    name,
  })

  return {
    begin: async ({ scheduled }, list) => {
      const marker = await markers.read()
      if (marker && marker.aliveUntil > now() && (scheduled || (await markers.askAgain(marker.id)))) {
        run.note({ underWay: marker.id })
        return 'under-way'
      }
      const { listed, whole } = await list()
      const plan = sweepPlan(listed, marker, budget)
      const lastDue = Math.max(...plan.slices.map(({ delaySeconds }) => delaySeconds)) * 1000
      const aliveUntil = now() + lastDue + SILENCE_MS
      const id = marker && plan.resumes ? marker.id : parts.id()
      const mine =
        marker && plan.resumes
          ? await markers.resume(marker, aliveUntil)
          : await markers.begin({ id, begunAt: now(), aliveUntil, bounds: plan.bounds }, marker)
      run.note({ sweep: id, slices: plan.slices.length, resumed: plan.resumes })
      // another one began with the same wish, and lists what there is after this message was sent
      if (!mine) return 'under-way'
      if (plan.resumes) run.log.warn('sweep taken up again', { sweep: id, slices: plan.slices.length })
      await start(id, plan.slices, whole)
      return plan.resumes ? 'resumed' : 'begun'
    },

    goOn: async ({ sweep, slice, repositories, range }) => {
      const marker = await markers.read()
      run.note({ sweep, slice })
      if (marker?.id !== sweep || marker.done.includes(slice)) {
        run.note({ over: true })
        return 'over'
      }
      await markers.alive(sweep, now() + SILENCE_MS)
      const addresses = Object.entries(repositories).flatMap(([region, names]) =>
        names.map((name) => addressOf({ region, name })),
      )
      await walk(sweep, slice, addresses, range)
      return 'gone-on'
    },
  }
}

/** The order of the table, and of the plan. */
export const inOrder = (repositories: readonly RepositoryAddress[]): readonly RepositoryAddress[] =>
  [...repositories].sort((a, b) => (addressText(a) < addressText(b) ? -1 : 1))
