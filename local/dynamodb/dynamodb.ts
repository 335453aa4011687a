import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { DynamoDb, Parts } from '../contracts.ts'
import { AwsError } from '../gateway/service.ts'
import type { KeyUsing } from '../kms/through.ts'
import { diskFull } from '../state/full.ts'
import { createTableKeys } from './encryption.ts'
import { type Engine, isServed, type Outcome, openEngine } from './engine.ts'
import { createExtras } from './extras.ts'
import { deleteExpired } from './ttl.ts'

/** AWS takes up to a few days; a laptop's user would not wait so long. */
const TTL_SWEEP_MS = 60_000

/**
 * DynamoDB on dynalite: one set of tables per account and region, opened at its first request, kept under `folder`.
 * What dynalite lacks (time to live, backups' status, tags at creation) stands around it.
 */
export const createDynamoDb = ({
  parts,
  kms,
  folder,
  full = () => false,
}: {
  parts: Parts
  /** absent: no key of a table is asked for */
  kms?: KeyUsing
  folder: string
  /** asked before each write: true refuses it as a full disk would */
  full?: () => boolean
}): DynamoDb & {
  /** deletes what has expired; run by a timer too */
  sweepExpired(): Promise<number>
} => {
  const engines = new Map<string, Promise<Engine>>()
  const extras = createExtras(parts.store, createTableKeys(kms))
  let stopped = false
  let expiring = true
  let sweeping: Promise<number> | undefined
  const engineOf = (account: string, region: string): Promise<Engine> => {
    if (stopped) return Promise.reject(new Error('DynamoDB has been stopped'))
    const key = `${account}/${region}`
    const open = engines.get(key)
    if (open) return open
    const opening = openEngine(join(folder, account, region), account, region)
    engines.set(key, opening)
    // a folder that could not be opened now may be later
    opening.catch(() => engines.delete(key))
    return opening
  }
  const sweepOnce = async (): Promise<number> => {
    let gone = 0
    for (const { account, region, table, attribute } of extras.expiring()) {
      if (!expiring) break
      gone += await deleteExpired(await engineOf(account, region), table, attribute, parts.now())
    }
    return gone
  }
  const sweepExpired = (): Promise<number> => {
    sweeping ??= sweepOnce().finally(() => {
      sweeping = undefined
    })
    return sweeping
  }
  const timer = setInterval(() => {
    sweepExpired().catch((error: unknown) =>
      parts.log('dynamodb', 'expiry sweep failed', { error: String(error) }),
    )
  }, TTL_SWEEP_MS)
  timer.unref()
  const stopExpiry = () => {
    expiring = false
    clearInterval(timer)
  }
  return {
    handle: async ({ account, region, target, body, caller }) => {
      const operation = target.slice(target.lastIndexOf('.') + 1)
      const input = parse(body)
      if (!input)
        return answer(refusal(`${CORAL}#SerializationException`, 'the request body is not a JSON object'))
      if (!extras.serves(operation) && !isServed(operation))
        return answer(
          refusal(
            `${CORAL}#UnknownOperationException`,
            `The local cloud does not serve dynamodb:${operation}.`,
          ),
        )
      try {
        if (!READS.test(operation) && full()) throw diskFull()
        const engine = await engineOf(account, region)
        return answer(await extras.run({ account, region, operation, input, caller }, engine))
      } catch (error) {
        if (error instanceof AwsError) return answer(outcomeOf(error))
        parts.log('dynamodb', 'a request failed', { operation, account, region, error: String(error) })
        return answer({ ...refusal(`${DYNAMO}#InternalServerError`, 'Internal server error'), status: 500 })
      }
    },
    sweepExpired,
    stopExpiry,
    stop: async () => {
      stopped = true
      stopExpiry()
      await Promise.allSettled([sweeping])
      const opened = await Promise.allSettled(engines.values())
      engines.clear()
      for (const engine of opened) if (engine.status === 'fulfilled') await engine.value.close()
    },
  }
}

const READS = /^(?:Get|BatchGet|Query|Scan|Describe|List)/
const CORAL = 'com.amazon.coral.service'
const DYNAMO = 'com.amazonaws.dynamodb.v20120810'

const parse = (body: Buffer): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(body.toString('utf8') || '{}')
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

const refusal = (type: string, message: string): Outcome => ({
  status: 400,
  value: { __type: type, message },
})

const NAMESPACES: Readonly<Record<string, string>> = {
  AccessDeniedException: CORAL,
  ValidationException: 'com.amazon.coral.validate',
}

const outcomeOf = ({ code, message, status }: AwsError): Outcome => ({
  status,
  value: {
    __type: `${NAMESPACES[code] ?? DYNAMO}#${code}`,
    [code === 'AccessDeniedException' ? 'Message' : 'message']: message,
  },
})

/** With the checksum that DynamoDB sends and some clients verify. */
const answer = ({ status, value }: Outcome) => {
  const body = Buffer.from(JSON.stringify(value))
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-crc32': String(crc32(body)) }
  return { status, headers, body }
}
