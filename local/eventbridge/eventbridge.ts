import type { PutEventsCommandInput } from '@aws-sdk/client-eventbridge'
import type { EventBridge, EventFault, Iam, Parts } from '../contracts.ts'
import type { Call } from '../gateway/service.ts'
import type { Envelope, Wires } from '../gateway/wires.ts'
import { createOutbox } from '../state/outbox.ts'
import { DEFAULT_BUS, openBuses } from './buses.ts'
import { createDeliver, type Delivery } from './deliver.ts'
import { createOperations } from './operations.ts'
import { permissionsOf } from './permissions.ts'
import { putEvents } from './put-events.ts'
import { openRules, type Place } from './rules.ts'

export interface EventBridgeOptions {
  readonly parts: Parts
  /** not asked yet: callers are judged by the gateway, deliveries by the service that receives them */
  readonly iam: Pick<Iam, 'authorizeSender'>
  readonly wires: Pick<Wires, 'sendMessage' | 'publish' | 'invokeAsync'>
  /** drops, doubles or delays what is put or emitted; absent: every event arrives once, at once */
  readonly fault?: EventFault | undefined
  /** 0 to 1, for jitter */
  readonly random?: () => number
}

interface Delayed {
  readonly envelope: Envelope
  readonly bus: string
}

/**
 * EventBridge: rules, targets and delivery. Every delivery that an event leads to is in the store before `emit` or PutEvents
 * returns, and is made at least once, by the next process if need be.
 */
export const createEventBridge = ({
  parts,
  wires,
  fault = (envelope) => [{ envelope, delayMs: 0 }],
  random = Math.random,
}: EventBridgeOptions): EventBridge => {
  const rules = openRules(parts.store)
  const buses = openBuses(parts.store)
  const listeners = new Set<(envelope: Envelope) => void>()
  const deliveries = createOutbox<Delivery>(
    parts,
    'events.deliveries',
    createDeliver({ parts, wires, random }),
  )
  const delayed = createOutbox<Delayed>(parts, 'events.delayed', async ({ job }) => {
    route(job.envelope, job.bus)
    return 'done'
  })

  const route = (envelope: Envelope, bus: string) => {
    const place: Place = { account: envelope.account, region: envelope.region, bus }
    const ingestionTime = new Date(parts.now()).toISOString()
    parts.store.transaction(() => {
      for (const rule of rules.matching(place, envelope))
        for (const target of rule.targets)
          deliveries.add({ envelope, ruleArn: rule.arn, ruleName: rule.name, target, ingestionTime })
    })
    // after the transaction, and apart from it: a listener's mistake is no reason to refuse the event
    queueMicrotask(() => announce(envelope))
  }
  const announce = (envelope: Envelope) => {
    for (const listener of listeners) {
      try {
        listener(envelope)
      } catch (error) {
        parts.log('events', 'a listener failed', { event: envelope.id, error: String(error) })
      }
    }
  }
  const accept = (original: Envelope, bus: string) => {
    parts.store.transaction(() => {
      for (const { envelope, delayMs } of fault(original)) {
        if (delayMs > 0) delayed.add({ envelope, bus }, delayMs)
        else route(envelope, bus)
      }
    })
  }

  return {
    service: {
      name: 'events',
      operations: {
        ...createOperations(rules, buses),
        PutEvents: (input: PutEventsCommandInput, call: Call) => {
          // an unknown bus refuses the request before anything is accepted; AWS loses such entries without a word
          for (const entry of input.Entries ?? []) buses.resolve(entry.EventBusName, call)
          return parts.store.transaction(() =>
            putEvents(input, call, parts.now(), (envelope, bus) =>
              accept(envelope, buses.resolve(bus, call).bus),
            ),
          )
        },
      },
      permissions: permissionsOf,
    },
    emit: (envelope, bus = DEFAULT_BUS) => accept(envelope, bus),
    watch: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: async () => {
      await Promise.all([deliveries.stop(), delayed.stop()])
    },
  }
}
