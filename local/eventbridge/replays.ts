import type { ListReplaysCommandInput, StartReplayCommandInput } from '@aws-sdk/client-eventbridge'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import type { Envelope } from '../gateway/wires.ts'
import { createOutbox } from '../state/outbox.ts'
import { checkFilters } from './archive-operations.ts'
import { type Archives, archiveArn } from './archives.ts'
import type { Buses } from './buses.ts'
import { pageOf } from './page.ts'
import { busArn, type Place, placeOfArn } from './places.ts'

/** A replay. Times are milliseconds since the epoch. */
interface Replay {
  readonly name: string
  readonly account: string
  readonly region: string
  readonly description?: string
  readonly archive: string
  readonly place: Place
  readonly filterArns?: readonly string[]
  readonly from: number
  readonly to: number
  readonly state: 'STARTING' | 'CANCELLING' | 'COMPLETED' | 'CANCELLED' | 'FAILED'
  readonly startedAt: number
  readonly endedAt?: number
  readonly lastReplayed?: number
}

interface Needs {
  readonly parts: Parts
  readonly buses: Buses
  readonly archives: Archives
  /** onto the bus, for these rules only if some are named; part of the caller's transaction */
  readonly route: (envelope: Envelope, place: Place, ruleArns: readonly string[] | undefined) => void
}

const invalid = (reason: string) => new AwsError('ValidationException', reason)

export interface Replays {
  readonly operations: Record<string, Operation>
  stop(): Promise<void>
}

/** Replays of archives: all of one in a transaction, by the next process if this one is killed before. */
export const createReplays = ({ parts, buses, archives, route }: Needs): Replays => {
  const { store, now } = parts
  const replays = store.collection<Replay>('events.replays')
  const keyOf = ({ account, region }: Pick<Call, 'account' | 'region'>, name: string) =>
    `${account}|${region}|${name}`
  const run = (key: string): void => {
    const replay = replays.get(key)
    if (!replay) return
    if (replay.state !== 'STARTING') {
      replays.put(key, { ...replay, state: 'CANCELLED', endedAt: now() })
      return
    }
    const archive = archives.get(replay, replay.archive)
    const events = archive ? archives.between(archive, replay.from, replay.to) : []
    // member order as EventBridge has it is not known
    for (const envelope of events)
      route({ ...envelope, 'replay-name': replay.name } as Envelope, replay.place, replay.filterArns)
    const last = events.at(-1)
    replays.put(key, {
      ...replay,
      state: archive ? 'COMPLETED' : 'FAILED',
      endedAt: now(),
      ...(last ? { lastReplayed: Date.parse(last.time) } : {}),
    })
  }
  const runs = createOutbox<string>(parts, 'events.replays', async ({ job }) => {
    store.transaction(() => run(job))
    return 'done'
  })

  const find = (name = '', call: Call): Replay => {
    const replay = replays.get(keyOf(call, name))
    if (replay) return replay
    throw new AwsError('ResourceNotFoundException', `Replay ${name} does not exist.`)
  }
  const operations: Record<string, Operation> = {
    StartReplay: (input: StartReplayCommandInput, call: Call) =>
      store.transaction(() => {
        const replay = replayFrom(input, call, { buses, archives, now: now() })
        const key = keyOf(call, replay.name)
        if (replays.get(key))
          throw new AwsError('ResourceAlreadyExistsException', `Replay ${replay.name} already exists.`)
        replays.put(key, replay)
        runs.add(key)
        return {
          ReplayArn: replayArn(replay),
          ReplayStartTime: new Date(replay.startedAt),
          State: replay.state,
        }
      }),
    DescribeReplay: (input: { ReplayName?: string }, call: Call) => {
      const replay = find(input.ReplayName, call)
      return {
        ...summary(replay),
        ReplayArn: replayArn(replay),
        ...(replay.description === undefined ? {} : { Description: replay.description }),
        Destination: {
          Arn: busArn(replay.place),
          ...(replay.filterArns ? { FilterArns: replay.filterArns } : {}),
        },
      }
    },
    ListReplays: (input: ListReplaysCommandInput, call: Call) => {
      checkFilters('ListReplays', input)
      const all = replays
        .entries(keyOf(call, input.NamePrefix ?? ''))
        .map(([, replay]) => replay)
        .filter(
          (replay) =>
            (input.State ?? replay.state) === replay.state &&
            (input.EventSourceArn ?? archiveArn(replay, replay.archive)) ===
              archiveArn(replay, replay.archive),
        )
      const { part, ...next } = pageOf(all, ({ name }) => name, input)
      return { Replays: part.map(summary), ...next }
    },
    CancelReplay: (input: { ReplayName?: string }, call: Call) => {
      const replay = find(input.ReplayName, call)
      if (replay.state !== 'STARTING')
        throw new AwsError(
          'IllegalStatusException',
          `Replay ${replay.name} is not in a valid state for this operation.`,
        )
      replays.put(keyOf(call, replay.name), { ...replay, state: 'CANCELLING' })
      return { ReplayArn: replayArn(replay), State: 'CANCELLING' }
    },
  }
  return { operations, stop: runs.stop }
}

const replayArn = ({ account, region, name }: Replay): string =>
  `arn:aws:events:${region}:${account}:replay/${name}`

const replayFrom = (
  input: StartReplayCommandInput,
  call: Call,
  { buses, archives, now }: Pick<Needs, 'buses' | 'archives'> & { readonly now: number },
): Replay => {
  const destination = placeOfArn(input.Destination?.Arn ?? '')
  if (!destination)
    throw invalid('Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.')
  const place = buses.resolve(input.Destination?.Arn, call)
  const archiveName = input.EventSourceArn?.split('/').at(-1) ?? ''
  const archive = archives.get(call, archiveName)
  if (!archive)
    throw invalid(`Parameter EventSourceArn is not valid. Reason: Archive ${archiveName} does not exist.`)
  if (busArn(archive.place) !== busArn(place))
    throw invalid('Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.')
  const [from, to] = [input.EventStartTime?.getTime() ?? 0, input.EventEndTime?.getTime() ?? 0]
  if (from >= to)
    throw invalid('Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.')
  return {
    name: input.ReplayName ?? '',
    account: call.account,
    region: call.region,
    archive: archiveName,
    place,
    from,
    to,
    state: 'STARTING',
    startedAt: now,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.Destination?.FilterArns?.length ? { filterArns: input.Destination.FilterArns } : {}),
  }
}

const summary = (replay: Replay) => ({
  ReplayName: replay.name,
  EventSourceArn: archiveArn(replay, replay.archive),
  State: replay.state,
  EventStartTime: new Date(replay.from),
  EventEndTime: new Date(replay.to),
  ReplayStartTime: new Date(replay.startedAt),
  ...(replay.endedAt === undefined ? {} : { ReplayEndTime: new Date(replay.endedAt) }),
  ...(replay.lastReplayed === undefined ? {} : { EventLastReplayedTime: new Date(replay.lastReplayed) }),
})
