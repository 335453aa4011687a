import { beforeEach, describe, expect, test } from '@jest/globals'
import { UserError } from '../../cli/errors.ts'
import { freeze, freezePolicy, type Policies, type Principal } from '../../cli/failover/freeze.ts'
import { type SwapParts, type SwapWork, swap, undo } from '../../cli/failover/swap.ts'
import { addressText, type RepositoryAddress } from '../../shared/codecommit/address.ts'
import { digestOf } from '../../shared/replication/digest.ts'
import { plan } from '../../shared/replication/plan.ts'
import { countsOf } from '../../shared/replication/prove.ts'
import type { Relay } from '../../shared/replication/relay/types.ts'
import { RelayError } from '../../shared/runtime/errors.ts'
import { openDirections } from '../../shared/store/directions.ts'
import { openProcedures } from '../../shared/store/procedures.ts'
import { isLive } from '../../shared/store/records.ts'
import { openReplicas } from '../../shared/store/replicas.ts'
import type { Table } from '../../shared/store/table.ts'
import { memoryTable } from '../support/memory-table.ts'

const account = '111111111111'
const at = (region: string, name: string) => ({ account, region, name })
const developers: Principal = { kind: 'group', name: 'developers' }

describe('the policy of a freeze', () => {
  test('denies whatever moves a ref of that one repository, under a name of its own', () => {
    const { name, arn, document } = freezePolicy('prod', at('eu-west-1', 'orders'))
    expect(name).toMatch(/^codecommit-relay-prod-freeze-[0-9a-f]{10}$/)
    expect(arn).toBe(`arn:aws:iam::${account}:policy/${name}`)
    const [statement, ...others] = JSON.parse(document).Statement
    expect(others).toEqual([])
    expect(statement).toMatchObject({
      Effect: 'Deny',
      Resource: `arn:aws:codecommit:eu-west-1:${account}:orders`,
    })
    expect(statement).not.toHaveProperty('Condition')
    expect(statement.Action).toEqual(
      expect.arrayContaining(['codecommit:GitPush', 'codecommit:CreateBranch']),
    )
    expect(freezePolicy('prod', at('eu-west-1', 'orders-2')).name).not.toBe(name)
    expect(freezePolicy('prod', at('us-east-1', 'orders')).name).not.toBe(name)
    expect(freezePolicy('prod', at('cn-north-1', 'orders')).arn).toMatch(/^arn:aws-cn:iam/)
  })

  test.each([
    ['NoSuchEntityException', /no IAM group developers/],
    ['LimitExceededException', /as many managed policies/],
  ])('%s when it is attached: a sentence', async (name, sentence) => {
    const policies = { ...memoryIam(), attach: () => Promise.reject(Object.assign(new Error('x'), { name })) }
    const attempt = freeze(policies, freezePolicy('prod', at('eu-west-1', 'orders')), [developers])
    await expect(attempt).rejects.toThrow(sentence)
    await expect(attempt).rejects.toBeInstanceOf(UserError)
  })
})

/** IAM as far as a freeze can see it. */
const memoryIam = (): Policies & { readonly state: Map<string, Set<string>> } => {
  const state = new Map<string, Set<string>>()
  const arnOf = (name: string) => `arn:aws:iam::${account}:policy/${name}`
  return {
    state,
    create: async ({ name }) => {
      if (state.has(arnOf(name))) return 'present'
      state.set(arnOf(name), new Set())
      return 'created'
    },
    attach: async (arn, { kind, name }) => {
      const attached = state.get(arn)
      if (!attached) throw new Error(`no policy ${arn}`)
      attached.add(`${kind} ${name}`)
    },
    attached: async (arn) =>
      state.has(arn)
        ? [...(state.get(arn) ?? [])].map((text) => {
            const [kind, name] = text.split(' ') as [Principal['kind'], string]
            return { kind, name }
          })
        : undefined,
    detach: async (arn, { kind, name }) => void state.get(arn)?.delete(`${kind} ${name}`),
    delete: async (arn) => {
      if ((state.get(arn)?.size ?? 0) > 0) throw new Error('DeleteConflict')
      state.delete(arn)
    },
  }
}

describe('swapping source and replica', () => {
  const kept = memoryTable()
  let runs = 0
  let [us, eu, ap]: RepositoryAddress[] = []
  let work: SwapWork
  let refs: Map<string, Map<string, string>>
  let iam: ReturnType<typeof memoryIam>
  /** effects until everything fails, as if the process had been killed after the last of them */
  let left: number
  let told: string[]

  const fresh = () => {
    runs += 1
    ;[us, eu, ap] = ['us-east-1', 'eu-west-1', 'ap-south-1'].map((region) => at(region, `orders-${runs}`))
    const targets = [eu!, ap!].map((replica) => ({ repository: us!, replica, deletes: 'mirror' as const }))
    work = { kind: 'failover', origin: us!, active: eu!, targets }
    refs = new Map([
      [addressText(us!), new Map([['refs/heads/main', 'b'.repeat(40)]])],
      [addressText(eu!), new Map([['refs/heads/main', 'a'.repeat(40)]])],
      [addressText(ap!), new Map([['refs/heads/main', 'a'.repeat(40)]])],
    ])
    iam = memoryIam()
    left = Number.POSITIVE_INFINITY
    told = []
  }
  beforeEach(fresh)

  const refsOf = (repository: RepositoryAddress) => refs.get(addressText(repository))

  /** Counts what is changed, and dies after so many changes. */
  const mortal = <T extends object>(port: T, effects: readonly (keyof T)[]): T =>
    new Proxy(port, {
      get: (target, key): unknown => {
        const method: unknown = Reflect.get(target, key)
        if (!effects.includes(key as keyof T)) return method
        return async (...args: unknown[]) => {
          if (left <= 0) throw new Killed()
          left -= 1
          const result = await (method as (...all: unknown[]) => unknown)(...args)
          if (left <= 0) throw new Killed()
          return result
        }
      },
    })

  /** Copies refs as the relay would; what it does on the wire is for its own tests. */
  const relay: Relay = async (_parts, { target }) => {
    const [source, replica] = [refsOf(target.repository), refsOf(target.replica)]
    if (!source) return { kind: 'source-missing' }
    const moved = countsOf(plan(source, replica ?? new Map(), { deletes: target.deletes }))
    refs.set(addressText(target.replica), new Map(source))
    const proof = { digest: digestOf(source), refs: source.size, at: new Date().toISOString() }
    return {
      kind: 'equal',
      proof,
      refs: source,
      moved,
      cost: { requests: 4, received: 1, sent: 1, milliseconds: 1 },
    }
  }

  const parts = (more: Partial<SwapParts> = {}): SwapParts => {
    const table = mortal<Table>(kept, ['put', 'update', 'delete'])
    return {
      store: openReplicas(table),
      procedures: openProcedures(table),
      directions: openDirections(table),
      policies: mortal<Policies>(iam, ['create', 'attach', 'detach', 'delete']),
      relay,
      relayParts: {} as SwapParts['relayParts'],
      reader: { readRefs: async (repository) => refsOf(repository) },
      config: {
        failover: { freeze: { groups: ['developers'], roles: [], users: [] } },
        sweep: { everyMinutes: 5 },
      },
      stage: 'prod',
      by: 'arn:aws:iam::111111111111:user/nina',
      now: Date.now,
      pause: async () => undefined,
      id: () => `claim-${Math.random()}`,
      signal: new AbortController().signal,
      emit: async () => undefined,
      create: async () => undefined,
      mirror: () => Promise.reject(new Error('not asked for')),
      force: false,
      settleMs: 0,
      tell: (step, text) => void told.push(`${step} ${text}`),
      confirm: async () => true,
      ...more,
    }
  }

  /** Whether a function that believes in this direction would get the replica. */
  const mayWork = async (repository: RepositoryAddress, replica: RepositoryAddress) =>
    !isLive((await openReplicas(kept).get({ repository, replica }))?.claim, Date.now())

  const state = async () => ({
    direction: (await openDirections(kept).get(us!))?.active.region,
    unfinished: (await openProcedures(kept).get(us!)) !== undefined,
    policies: iam.state.size,
    forth: [await mayWork(us!, eu!), await mayWork(us!, ap!)],
    back: [await mayWork(eu!, us!), await mayWork(eu!, ap!)],
    equal: digestOf(refsOf(us!)!) === digestOf(refsOf(eu!)!),
  })

  const OVER = {
    direction: 'eu-west-1',
    unfinished: false,
    policies: 0,
    forth: [false, false],
    back: [true, true],
    equal: true,
  }

  test('each step is told; afterwards nothing works the old way, and everything the new one', async () => {
    const steps = await swap(parts(), work)
    expect(Object.keys(steps)).toEqual(['check', 'freeze', 'hold', 'verify', 'swap', 'thaw'])
    expect(steps.check).toMatch(/behind by 1 of 1 ref \(\+0 ~1 -0\)/)
    expect(told).toHaveLength(6)
    expect(await state()).toEqual(OVER)
    // and back, after which workers that have not heard of it find the direction taken for a while
    await swap(parts(), { ...work, kind: 'failback' })
    expect(await state()).toEqual({
      ...OVER,
      direction: undefined,
      forth: [true, true],
      back: [false, false],
    })
    // no matter how soon it is wanted again
    await swap(parts(), work)
    expect(await state()).toEqual(OVER)
  })

  test('killed after any of its changes it goes on to the same end, and never leaves both directions open', async () => {
    for (const kind of ['failover', 'failback'] as const) {
      for (let changes = 1; ; changes += 1) {
        fresh()
        if (kind === 'failback') await swap(parts(), work)
        left = changes
        const finished = await swap(parts(), { ...work, kind }).then(
          () => true,
          (error: unknown) => {
            if (error instanceof Killed) return false
            throw error
          },
        )
        left = Number.POSITIVE_INFINITY
        const { direction, forth, back } = await state()
        // whoever read the other direction a moment ago finds it taken
        if (kind === 'failover' && direction !== undefined) expect(forth).toEqual([false, false])
        if (kind === 'failback' && direction === undefined) expect(back).toEqual([false, false])
        if (!finished) await swap(parts(), { ...work, kind })
        const end = await state()
        if (kind === 'failover') expect([changes, end]).toEqual([changes, OVER])
        else
          expect([changes, end.direction, end.policies, end.unfinished, end.forth]).toEqual([
            changes,
            undefined,
            0,
            false,
            [true, true],
          ])
        if (finished) break
        expect(changes).toBeLessThan(60)
      }
    }
  })

  test('what was pushed to the new source before the note of the swap was lost is not overwritten', async () => {
    const { directions, procedures } = parts()
    const { save } = procedures
    await swap(parts(), work)
    // as if it had been killed between the swap and its note
    const begun = {
      kind: 'failover',
      origin: us!,
      active: eu!,
      begunAt: '2026-11-26T10:00:00Z',
      by: 'nina',
    } as const
    await save({ ...begun, done: 'verify' })
    refsOf(eu!)!.set('refs/heads/main', 'c'.repeat(40))
    await swap(parts(), work)
    expect(refsOf(eu!)!.get('refs/heads/main')).toBe('c'.repeat(40))
    expect(await directions.get(us!)).toBeDefined()
  })

  test('taken back before the swap, it is as if it had never been', async () => {
    await expect(
      swap(
        parts({ confirm: async () => false, config: { failover: noFreeze, sweep: { everyMinutes: 5 } } }),
        work,
      ),
    ).rejects.toThrow(/keeps people from pushing/)
    left = 7
    await expect(swap(parts(), work)).rejects.toBeInstanceOf(Killed)
    left = Number.POSITIVE_INFINITY
    expect((await state()).policies).toBe(1)
    expect(await undo(parts(), work)).toMatch(/group developers may push again/)
    expect(await state()).toMatchObject({
      direction: undefined,
      unfinished: false,
      policies: 0,
      forth: [true, true],
    })
  })

  const noFreeze = { freeze: { groups: [], roles: [], users: [] } }

  test('somebody whom the freeze does not reach keeps it from going on; when they stop, it does', async () => {
    let pushes = 0
    let busy = true
    const reader: SwapParts['reader'] = {
      readRefs: async (repository, side) => {
        if (busy && side === 'source') refsOf(us!)!.set('refs/heads/main', String(pushes++).padStart(40, '0'))
        return refsOf(repository)
      },
    }
    await expect(swap(parts({ reader }), work)).rejects.toThrow(/still moves/)
    expect(await state()).toMatchObject({
      direction: undefined,
      unfinished: true,
      policies: 1,
      forth: [false, false],
    })
    busy = false
    await swap(parts({ reader }), work)
    expect(await state()).toEqual(OVER)
  })

  test('work that is under way is waited for', async () => {
    const store = openReplicas(kept)
    const now = Date.now()
    const claim = { id: 'mirror', until: now + 3600_000, now, attempt: 0, reason: 'push', messages: ['m'] }
    await store.claim(work.targets[1]!, claim)
    let waited = 0
    const pause = async () => {
      waited += 1
      if (waited === 3) await store.releaseClaim(work.targets[1]!, 'mirror')
    }
    await swap(parts({ pause }), work)
    expect(told.filter((line) => line.includes('waits for push on'))).toHaveLength(1)
    expect(await state()).toEqual(OVER)
  })

  test('a source that cannot be read stops it, unless that is meant; then it says what may be lost', async () => {
    const reader: SwapParts['reader'] = {
      readRefs: async (repository, side) => {
        if (side === 'source') throw new RelayError('REMOTE_UNREACHABLE', { region: repository.region })
        return refsOf(repository)
      },
    }
    await expect(swap(parts({ reader }), work)).rejects.toMatchObject({
      message: expect.stringMatching(/cannot be read: REMOTE_UNREACHABLE/),
      remedy: expect.stringMatching(/--force.*never proven equal/),
    })
    const steps = await swap(parts({ reader, force: true }), work)
    expect(steps.verify).toMatch(/NOT verified.*may be lost/)
    expect(await state()).toEqual({ ...OVER, equal: false })
  })

  test('no such replica, or one that relay.yml does not name: told before anything is done', async () => {
    const elsewhere = { ...work, active: at('sa-east-1', 'orders') }
    await expect(swap(parts(), elsewhere)).rejects.toThrow(/does not name/)
    refs.delete(addressText(eu!))
    await expect(swap(parts(), work)).rejects.toThrow(/There is no repository orders-\d+ in eu-west-1/)
    expect(iam.state.size).toBe(0)
    expect(await openProcedures(kept).get(us!)).toBeUndefined()
  })
})

class Killed extends Error {}
