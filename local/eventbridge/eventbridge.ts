import type { PutEventsCommandInput } from '@aws-sdk/client-eventbridge'
import type { EventBridge, EventFault, Iam, Parts } from '../contracts.ts'
import { AwsError, type Call } from '../gateway/service.ts'
import type { Envelope, Sender, Wires } from '../gateway/wires.ts'
import { createOutbox } from '../state/outbox.ts'
import { archiveOperations } from './archive-operations.ts'
import { archiveRuleName, archiveTargetArn, openArchives } from './archives.ts'
import { busOperations } from './bus-operations.ts'
import { openBuses } from './buses.ts'
import { connectionOperations, openConnections } from './connections.ts'
import { checked } from './constraints.ts'
import { createDeliver, type Delivery } from './deliver.ts'
import { destinationOperations, openDestinations } from './destinations.ts'
import { fieldsOf } from './fields.ts'
import { createInvoker } from './invoke-destination.ts'
import { permissionsWith } from './permissions.ts'
import { busArn, DEFAULT_BUS, type Place, placeOf, placeOfArn, ruleOfArn } from './places.ts'
import { MAX_BYTES, putEvents } from './put-events.ts'
import { createReplays } from './replays.ts'
import { startRuleClock } from './rule-clock.ts'
import { ruleOperations } from './rule-operations.ts'
import { openRules, type Rule } from './rules.ts'
import { SHAPES } from './shapes.ts'
import { openTags, tagOperations } from './tags.ts'
import { kindOf } from './target-check.ts'
import { targetOperations } from './target-operations.ts'

export interface EventBridgeOptions {
  readonly parts: Parts
  readonly iam: Pick<Iam, 'authorizeSender' | 'authorize'>
  readonly wires: Pick<Wires, 'sendMessage' | 'publish' | 'invokeAsync' | 'runTask' | 'putLogEvent'>
  /** drops, doubles or delays what is put or emitted; absent: every event arrives once, at once */
  readonly fault?: EventFault | undefined
  /** 0 to 1, for jitter */
  readonly random?: () => number
  /** of all entries of one PutEvents together, exclusive */
  readonly maxEventBytes?: number
}

/** An event on its way to a bus. */
interface Arrival {
  readonly envelope: Envelope
  readonly place: Place
  /** over how many buses it came before */
  readonly hops: number
  /** for these rules only: a replay's */
  readonly only?: readonly string[] | undefined
  /** for this rule whatever its pattern: a schedule's */
  readonly also?: Rule
}

/** Buses that hand an event round are stopped here; AWS stops them too, by a number that it does not tell. */
const MAX_HOPS = 5

/**
 * EventBridge: rules, targets and delivery. Every delivery that an event leads to is in the store before `emit` or PutEvents
 * returns, and is made at least once, by the next process if need be.
 */
export const createEventBridge = (options: EventBridgeOptions): EventBridge => {
  const { parts, iam, wires, random = Math.random, maxEventBytes = MAX_BYTES } = options
  const { store, log, now } = parts
  const fault: EventFault = options.fault ?? ((envelope) => [{ envelope, delayMs: 0 }])
  const rules = openRules(parts)
  const buses = openBuses(parts)
  const tags = openTags(store, 'events.tags')
  const archives = openArchives(parts, rules)
  const connections = openConnections(parts)
  const destinations = openDestinations(parts)
  const listeners = new Set<(envelope: Envelope) => void>()

  const route = ({ envelope, place, hops, only, also }: Arrival): void => {
    const ingestionTime = new Date(now()).toISOString()
    store.transaction(() => {
      const matching = rules.matching(place, fieldsOf(envelope))
      const chosen = also && !matching.some(({ arn }) => arn === also.arn) ? [...matching, also] : matching
      for (const rule of chosen) {
        if (only && !only.includes(rule.arn)) continue
        for (const target of rule.targets) {
          const delivery = { envelope, ruleArn: rule.arn, ruleName: rule.name, target, ingestionTime, hops }
          if (target.Arn === archiveTargetArn(place.region))
            archives.keep(place, rule.name.slice(archiveRuleName('').length), envelope)
          else if (kindOf(target.Arn ?? '') === 'destination') calls.add(delivery)
          else deliveries.add(delivery)
        }
      }
    })
    // after the transaction, and apart from it: a listener's mistake is no reason to refuse the event
    queueMicrotask(() => announce(envelope))
  }
  const announce = (envelope: Envelope) => {
    for (const listener of listeners) {
      try {
        listener(envelope)
      } catch (error) {
        log('events', 'a listener failed', { event: envelope.id, error: String(error) })
      }
    }
  }
  const accept = (arrival: Arrival) =>
    store.transaction(() => {
      for (const { envelope, delayMs } of fault(arrival.envelope)) {
        if (delayMs > 0) delayed.add({ ...arrival, envelope }, delayMs)
        else route({ ...arrival, envelope })
      }
    })
  const put = (arn: string, envelope: Envelope, sender: Sender, hops: number): void => {
    const place = placeOfArn(arn)
    const bus = place && buses.find(place)
    if (!place || !bus)
      throw new AwsError('ResourceNotFoundException', `Event bus ${place?.bus ?? arn} does not exist.`)
    const permission = { action: 'events:PutEvents', resource: busArn(place) }
    if (sender.roleArn !== undefined || sender.sourceAccount === place.account)
      iam.authorizeSender(bus.policy, sender, permission)
    // without a role the other account itself must be let in
    else
      iam.authorize(rootOf(sender.sourceAccount), {
        ...permission,
        ...(bus.policy ? { resourcePolicy: bus.policy } : {}),
      })
    if (hops > MAX_HOPS)
      log('events', 'an event that went round buses is dropped', { event: envelope.id, bus: arn })
    else accept({ envelope, place, hops })
  }

  const invoker = createInvoker(parts, destinations, connections)
  const deliver = createDeliver({ parts, wires, invoker, forward: put, random })
  const deliveries = createOutbox<Delivery>(parts, 'events.deliveries', deliver)
  // apart from the others, for which slow endpoints must not take the places
  const calls = createOutbox<Delivery>(parts, 'events.calls', deliver)
  const delayed = createOutbox<Arrival>(parts, 'events.delayed', async ({ job }) => {
    route(job)
    return 'done'
  })
  const replays = createReplays({
    parts,
    buses,
    archives,
    route: (envelope, place, only) => route({ envelope, place, hops: 0, only }),
  })
  const clock = startRuleClock(parts, rules, (rule, envelope) =>
    accept({ envelope, place: rule, hops: 0, also: rule }),
  )

  const putEventsOperation = (input: PutEventsCommandInput, call: Call) =>
    store.transaction(() =>
      putEvents(input, call, { now: now(), maxBytes: maxEventBytes }, (envelope, bus) => {
        const place = placeOf(bus, call)
        // EventBridge accepts an event for a bus that does not exist, and loses it
        if (buses.find(place)) accept({ envelope, place, hops: 0 })
        else
          log('events', 'an event for a bus that does not exist is lost', {
            event: envelope.id,
            bus: busArn(place),
          })
      }),
    )
  const taggable = (arn: string): void => {
    const rule = ruleOfArn(arn)
    if (rule && !rules.get(rule, rule.name))
      throw new AwsError(
        'ResourceNotFoundException',
        `Rule ${rule.name} does not exist on EventBus ${rule.bus}.`,
      )
    const place = placeOfArn(arn)
    if (place) buses.resolve(arn, place)
    if (!rule && !place)
      throw new AwsError(
        'ValidationException',
        `Parameter ${arn} is not valid. Reason: Provided Arn is not in correct format.`,
      )
  }
  const operations = {
    ...ruleOperations({ parts, buses, rules, tags }),
    ...targetOperations({ buses, rules }),
    ...busOperations({ parts, buses, rules, tags }),
    ...tagOperations(tags, taggable),
    ...archiveOperations({ parts, buses, archives }),
    ...replays.operations,
    ...connectionOperations(parts, connections),
    ...destinationOperations(parts, destinations, connections),
    PutEvents: putEventsOperation,
  }
  return {
    service: {
      name: 'events',
      operations: checked(operations, SHAPES),
      permissions: permissionsWith(buses, tags),
    },
    emit: (envelope) =>
      accept({
        envelope,
        place: { account: envelope.account, region: envelope.region, bus: DEFAULT_BUS },
        hops: 0,
      }),
    put: async (arn, envelope, sender) => put(arn, envelope, sender, 0),
    watch: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: async () => {
      clock.stop()
      invoker.stop()
      await Promise.all([deliveries.stop(), calls.stop(), delayed.stop(), replays.stop()])
    },
  }
}

const rootOf = (account: string) => ({
  account,
  arn: `arn:aws:iam::${account}:root`,
  userId: account,
  kind: 'root' as const,
})
