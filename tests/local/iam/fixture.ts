import type { Iam, Parts } from '../../../local/contracts.ts'
import type { Call, Caller } from '../../../local/gateway/service.ts'
import { createIam } from '../../../local/iam/iam.ts'
import { openStore, type Store } from '../../../local/state/store.ts'

export const A = '111111111111'
export const B = '222222222222'
export const START = Date.parse('2031-05-17T09:04:33Z')

/** IAM on a store in memory, with a clock and a log that a test holds. */
export interface Fixture {
  readonly iam: Iam
  /** an administrator of account A */
  readonly admin: Caller
  now: number
  readonly logged: string[]
  readonly store: Store
  /** an operation as the gateway would call it: allowed first, then done */
  // biome-ignore lint/suspicious/noExplicitAny: the shapes are the operations'
  call(name: string, input?: object, caller?: Caller): Promise<any>
  callerOf(key: string, token?: string): Caller
  // biome-ignore lint/suspicious/noExplicitAny: CreateRole's answer
  role(name: string, principal?: object | string, more?: object): Promise<any>
  /** a new user with these inline policies, by an access key of its own */
  user(name: string, ...policies: string[]): Promise<Caller>
}

export const openIam = (store: Store, now: () => number = () => START, log: Parts['log'] = () => {}): Iam =>
  createIam({ parts: { store, now, log }, accounts: [A, B] })

export const startFixture = (): Fixture => {
  const store = openStore(':memory:')
  const logged: string[] = []
  let now = START
  const iam = openIam(
    store,
    () => now,
    (service, text, facts) => void logged.push(`${service} ${text} ${JSON.stringify(facts)}`),
  )
  const callerOf = (key: string, token?: string) => iam.resolveKey(key, token).caller
  const admin = callerOf(iam.bootstrapAccount(A, 'admin').credentials.accessKeyId)
  const call: Fixture['call'] = async (name, input = {}, caller = admin) => {
    const service = iam.services.find((one) => Object.hasOwn(one.operations, name))
    const made: Call = {
      service: service?.name ?? '',
      operation: name,
      region: 'us-east-1',
      account: caller.account,
      caller,
      requestId: 'r',
    }
    for (const permission of service?.permissions?.(name, input, made) ?? [])
      iam.authorize(caller, permission)
    return service?.operations[name]?.(input, made)
  }
  return {
    iam,
    admin,
    logged,
    store,
    get now() {
      return now
    },
    set now(time) {
      now = time
    },
    call,
    callerOf,
    role: (name, principal = { Service: 'lambda.amazonaws.com' }, more = {}) =>
      call('CreateRole', { RoleName: name, AssumeRolePolicyDocument: trust(principal), ...more }),
    user: async (name, ...policies) => {
      await call('CreateUser', { UserName: name })
      for (const [index, text] of policies.entries())
        await call('PutUserPolicy', { UserName: name, PolicyName: `p${index}`, PolicyDocument: text })
      const { AccessKey } = await call('CreateAccessKey', { UserName: name })
      return callerOf(AccessKey.AccessKeyId)
    },
  }
}

export const trust = (principal: object | string, condition?: object, actions: unknown = 'sts:AssumeRole') =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: principal, Action: actions, ...(condition && { Condition: condition }) },
    ],
  })

export const identity = (action: unknown, resource: unknown = '*', effect = 'Allow', condition?: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: effect, Action: action, Resource: resource, ...(condition && { Condition: condition }) },
    ],
  })

export const roleArn = (name: string, account = A) => `arn:aws:iam::${account}:role/${name}`
export const userArn = (name: string, account = A) => `arn:aws:iam::${account}:user/${name}`
