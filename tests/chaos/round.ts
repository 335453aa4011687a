import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { replicationRequested } from '../../shared/events/request.ts'
import { ZERO_OID } from '../../shared/git/types.ts'
import { told } from './letters.ts'
import { overtaken } from './overtaken.ts'
import { recorded, type Step, wrongSteps } from './recorder.ts'
import { REPLICA, SOURCE, type World } from './world.ts'

/** Something that must never be. */
export interface Violation {
  readonly round: number
  readonly rule: string
  readonly detail: string
}

/** What a round hands to the next. */
export interface Memory {
  /** moves of the replica that were looked at */
  steps: number
  /** tips whose objects are known to be there */
  readonly whole: Set<string>
  deadSeen: number
  /** values of each ref of the source when the round began */
  readonly held: Map<string, number>
}

export const newMemory = (): Memory => ({ steps: 0, whole: new Set(), deadSeen: 0, held: new Map() })

const SWEEPS = 12
const QUIET_WITHIN_MS = 90_000
const WHOLE_EVERY = 25
/** the second round is the first with something to be overtaken on */
const OVERTAKEN_EVERY = 5

/** A storm of pushes and faults, then calm, then the sweep, then the look at everything that must hold. */
export const round = async (world: World, number: number, memory: Memory): Promise<readonly Violation[]> => {
  const violations: Violation[] = []
  const wrong = (rule: string, detail: string) => void violations.push({ round: number, rule, detail })
  if (number % OVERTAKEN_EVERY === 2) await overtake(world)
  await storm(world)
  calm(world)
  if (!(await quiet(world))) wrong('comes to rest', 'messages or workers were left after the storm')
  let found = await unequal(world)
  let sweeps = 0
  for (; sweeps < SWEEPS && (sweeps === 0 || found); sweeps += 1) {
    if (sweeps > 1) await sleep(400)
    world.queues.sweep.send(JSON.stringify({ reason: 'schedule' }))
    await sleep(20)
    if (!(await quiet(world))) wrong('comes to rest', 'messages or workers were left after a sweep')
    found = await unequal(world)
  }
  add(world, 'sweeps', sweeps)
  world.counts.mostSweeps = Math.max(world.counts.mostSweeps ?? 0, sweeps)
  if (found) wrong('converges after the sweep', found)
  await check(world, number, memory, wrong)
  return violations
}

const storm = async (world: World): Promise<void> => {
  const { dice, network, aws, workers } = world
  const wild = dice.pick([0, 0.08, 0.2, 0.4])
  network.trouble = wild
  aws.trouble = wild / 10
  world.trouble = Math.max(wild / 2, 0.05)
  const pushes = 3 + dice.below(10)
  const within = 200 + dice.below(900)
  const work: Promise<unknown>[] = []
  const later = (act: () => unknown) => work.push(sleep(dice.below(within)).then(act))
  for (let count = 0; count < pushes; count += 1) {
    later(async () => {
      const steps = await world.writer.push()
      if (steps.length === 0) return
      add(world, 'pushes', 1)
      world.announce(steps)
      if (world.races && dice.chance(0.35)) world.race(steps, 1 + dice.below(3))
    })
  }
  if (dice.chance(0.5)) later(() => workers.kill(dice.below) && add(world, 'kills', 1))
  if (dice.chance(0.15)) later(() => workers.kill(dice.below) && add(world, 'kills', 1))
  // most are over soon; some outlast a lease
  for (let count = dice.below(4); count > 0; count -= 1) {
    const longest = dice.chance(0.1) ? 3_000 : 400
    later(() => workers.freeze(dice.below, 50 + dice.below(longest)) && add(world, 'freezes', 1))
  }
  if (dice.chance(0.06)) later(() => request(world, 'mirror'))
  if (dice.chance(0.1)) later(() => request(world, undefined))
  if (dice.chance(0.08)) later(() => world.queues.sweep.send(JSON.stringify({ reason: 'schedule' })))
  if (world.races) for (let count = 0; count < 2; count += 1) later(() => world.race([], 2 + dice.below(8)))
  if (dice.chance(0.12)) {
    add(world, 'blackouts', 1)
    later(async () => {
      world.isDown = true
      await sleep(1_000 + dice.below(2_000))
      world.isDown = false
    })
  }
  await Promise.all(work)
  // mirrors take longer than a storm
  for (let count = 0; count < 6 && world.mirrorPids().length > 0; count += 1) {
    await sleep(dice.below(250))
    if (dice.chance(0.15) && world.killTask()) add(world, 'tasks killed', 1)
  }
  await sleep(dice.below(250))
  if (dice.chance(0.25)) lookAtProcesses(world)
}

const overtake = async (world: World): Promise<void> => {
  const carry = () => world.race([], 1)
  const ask = () => request(world, undefined)
  const roles = world.dice.chance(0.5)
    ? { slow: ask, fast: carry }
    : { slow: carry, fast: (moves: readonly Step[]) => world.announce(moves) }
  add(world, (await overtaken(world, roles)) ? 'relays overtaken' : 'relays not overtaken', 1)
}

const request = (world: World, by: 'mirror' | undefined): void => {
  add(world, 'requests', 1)
  const work = { repository: SOURCE, replica: REPLICA, reason: 'chance', attempt: 0, ...(by && { by }) }
  const stamp = { id: crypto.randomUUID(), now: world.now(), account: SOURCE.account, region: SOURCE.region }
  world.queues.replicate.send(replicationRequested(work, stamp))
}

const calm = (world: World): void => {
  world.network.trouble = 0
  world.aws.trouble = 0
  world.trouble = 0
}

const quiet = async (world: World): Promise<boolean> => {
  const until = performance.now() + QUIET_WITHIN_MS
  for (let still = 0; performance.now() < until; ) {
    still = world.isQuiet() ? still + 1 : 0
    // what is on its way from one to another shows a moment later
    if (still === 2) return true
    await sleep(30)
  }
  return false
}

/** undefined: both sides are equal, and the table says so and holds nothing open. */
const unequal = async (world: World): Promise<string | undefined> => {
  const [source, replica] = [await world.source.refs(), await world.replica.refs()]
  const differing = [...new Set([...source.keys(), ...replica.keys()])].filter(
    (ref) => source.get(ref) !== replica.get(ref),
  )
  if (differing.length > 0) {
    const list = differing.map(
      (ref) => `${ref}: ${source.get(ref)} at the source, ${replica.get(ref)} at the replica`,
    )
    const record = await world.store().get({ repository: SOURCE, replica: REPLICA })
    return `${list.join('; ')}; ${JSON.stringify(record)}`
  }
  const record = await world.store().get({ repository: SOURCE, replica: REPLICA })
  const open = record?.claim || record?.dirty || record?.pending || record?.behind || record?.failure
  if (record?.status === 'equal' && record.proof?.digest === digestOf(source) && !open) return undefined
  return `the table says ${JSON.stringify(record)} of ${source.size} refs with ${digestOf(source)}`
}

/** Written apart from the product's own. */
const digestOf = (refs: ReadonlyMap<string, string>): string => {
  const lines = [...refs].map(([ref, oid]) => `${ref} ${oid}\n`)
  lines.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return `sha256:${createHash('sha256').update(lines.join('')).digest('hex')}`
}

type Wrong = (rule: string, detail: string) => void

const check = async (world: World, number: number, memory: Memory, wrong: Wrong): Promise<void> => {
  const { replica, secrets, lines, aws } = world
  const steps = recorded(replica.folder)
  const fresh = steps.slice(memory.steps)
  add(world, 'moves', fresh.length)
  for (const { ref, problem, to, went } of wrongSteps(world.writer.history, steps)) {
    const held = world.writer.history.get(ref)
    wrong(
      'no ref goes back in time',
      `${ref} at ${to} (${problem}): the replica went ${went}, the source ${held}`,
    )
  }
  memory.steps = steps.length

  const tips = fresh.map(({ to }) => to).filter((oid) => oid !== ZERO_OID && !memory.whole.has(oid))
  await whole(world, tips, [...memory.whole], wrong)
  for (const tip of tips) memory.whole.add(tip)
  if (number % WHOLE_EVERY === 0) {
    for (const bare of [replica, world.parking()]) {
      const said = (await bare?.git(['fsck', '--full', '--no-dangling', '--no-progress']).catch(String)) ?? ''
      if (said !== '') wrong('every object is there', said)
    }
  }
  await parked(world, fresh, memory.held, wrong)
  for (const [ref, values] of world.writer.history) memory.held.set(ref, values.length)
  told(world, memory, wrong)

  for (const { type, detail } of aws.emitted.splice(0)) {
    add(world, `event ${type}`, 1)
    if (type === 'Replica Diverged') wrong('nobody is taken for a stranger', JSON.stringify(detail))
    secrets.look(`the event ${type}`, JSON.stringify(detail))
  }
  await lookAtTable(world)
  for (const { secret, where, around } of secrets.leaks())
    wrong('no secret shows', `${secret} in ${where}: ${around}`)
  if (aws.unknown.size > 0) wrong('the world is whole', `asked for ${[...aws.unknown]}`)
  const threw = lines.filter((line) => / threw: /.test(line))
  add(world, 'functions that threw', threw.length)
  // what the functions tell with a code may pass; what they cannot be loaded without, or stumble over, does not
  const stumbled = threw.find(
    (line) => /ENVIRONMENT_INVALID|CONFIG_INVALID/.test(line) || !/RelayError|AggregateError/.test(line),
  )
  if (stumbled) wrong('the world is whole', stumbled)
}

/** All that the tips reach is there. */
const whole = async (
  world: World,
  tips: readonly string[],
  known: readonly string[],
  wrong: Wrong,
): Promise<void> => {
  if (tips.length === 0) return
  const list = [...tips, ...known.slice(-40).map((oid) => `^${oid}`)].join('\n')
  try {
    await world.replica.git(['rev-list', '--objects', '--quiet', '--stdin'], `${list}\n`)
  } catch (error) {
    wrong('no ref to a missing object', String(error))
  }
}

/** Tips that the replica's refs lost are held by some ref of source, replica or parking, or were held by the source meanwhile. */
const parked = async (
  world: World,
  steps: readonly Step[],
  held: ReadonlyMap<string, number>,
  wrong: Wrong,
): Promise<void> => {
  const lost = [...new Set(steps.map(({ from }) => from))].filter((oid) => oid !== ZERO_OID)
  if (lost.length === 0) return
  const bares = [world.replica, world.source, world.parking()]
  let left: readonly string[] = lost
  for (const bare of bares) {
    if (!bare || left.length === 0) continue
    left = await unreachable(bare, left)
  }
  add(world, 'tips lost', lost.length)
  for (const oid of left) {
    const values = [...world.writer.history]
      .flatMap(([ref, all]) => all.slice(Math.max(0, (held.get(ref) ?? 0) - 1)))
      .filter((one) => one !== ZERO_OID && one !== oid)
    const holders = await world.source.git(
      ['rev-list', '--objects', '--no-object-names', '--stdin'],
      `${[...new Set(values)].join('\n')}\n`,
    )
    if (holders.includes(oid)) add(world, 'tips held by the source meanwhile', 1)
    else {
      const how = steps.filter(({ from }) => from === oid).map(({ ref, to }) => `${ref} to ${to}`)
      wrong('every lost tip is parked', `${oid}: ${how.join(', ')}`)
    }
  }
}

/** Those of the objects that no head or tag of the repository reaches. */
const unreachable = async ({ git }: World['source'], oids: readonly string[]): Promise<readonly string[]> => {
  const there = await git(['cat-file', '--batch-check=%(objectname) %(objecttype)'], `${oids.join('\n')}\n`)
  const present = there
    .split('\n')
    .filter((line) => !line.endsWith(' missing'))
    .map((line) => line.slice(0, 40))
  const absent = oids.filter((oid) => !present.includes(oid))
  if (present.length === 0) return absent
  const not = ['--not', '--branches', '--tags']
  const left = await git(
    ['rev-list', '--objects', '--no-object-names', '--stdin', ...not],
    `${present.join('\n')}\n`,
  )
  return [...absent, ...present.filter((oid) => left.includes(oid))]
}

const lookAtTable = async (world: World): Promise<void> => {
  const text = JSON.stringify(await world.everything())
  world.secrets.look('the table', text)
}

const lookAtProcesses = (world: World): void => {
  add(world, 'looks at processes', 1)
  for (const pid of world.pids()) world.secrets.lookAtProcesses(pid)
  // what the mirror starts has no right to its credentials
  for (const pid of world.mirrorPids())
    world.secrets.lookAtProcesses(pid, (command) => /^git |\/git/.test(command))
}

const add = (world: World, name: string, count: number): void => {
  world.counts[name] = (world.counts[name] ?? 0) + count
}
