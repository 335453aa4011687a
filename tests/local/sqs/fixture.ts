import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Iam, Parts } from '../../../local/contracts.ts'
import { AwsError, type Call, type Operation, type Service } from '../../../local/gateway/service.ts'
import type { Sender } from '../../../local/gateway/wires.ts'
import { openStore } from '../../../local/state/store.ts'

export const ACCOUNT = '111111111111'
export const REGION = 'eu-west-1'

export const callOf = (service: string, operation: string, account = ACCOUNT): Call => ({
  service,
  operation,
  region: REGION,
  account,
  caller: { account, arn: `arn:aws:iam::${account}:user/nina`, userId: 'AIDANINA', kind: 'user' },
  requestId: 'r-1',
})

/** Calls an operation as the gateway does. The output's shape is the operation's. */
export const caller =
  (service: Service, account = ACCOUNT) =>
  // biome-ignore lint/suspicious/noExplicitAny: inputs and outputs are the operations' own
  async (operation: string, input: any = {}): Promise<any> =>
    (service.operations[operation] as Operation)(input, callOf(service.name, operation, account))

/** A clock that stands still until told otherwise. */
export const clock = (start = Date.parse('2031-05-17T09:04:33.512Z')) => {
  let time = start
  return {
    now: () => time,
    pass: (ms: number) => {
      time += ms
    },
  }
}

/** A policy judge for tests whose subject is not IAM: a resource policy with an `Allow` lets everybody in, none lets nobody in. */
export const simpleIam: Pick<Iam, 'authorizeSender'> = {
  authorizeSender: (policy, sender: Sender, permission) => {
    if (sender.roleArn?.endsWith('/may')) return
    if (!sender.roleArn && JSON.stringify(policy ?? '').includes('"Allow"')) return
    throw new AwsError('AccessDeniedException', `${sender.service} may not ${permission.action}`, 403)
  },
}

export const ALLOW = JSON.stringify({ Statement: [{ Effect: 'Allow' }] })

export interface Folder {
  readonly file: string
  /** a further connection to the same file: what a process started after a kill would see */
  open(now?: () => number): Parts
  remove(): void
}

export const storeFolder = (): Folder => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-'))
  const file = join(folder, 'state.sqlite')
  const opened: { close(): void }[] = []
  return {
    file,
    open: (now = Date.now) => {
      const store = openStore(file)
      opened.push(store)
      return { store, now, log: () => {} }
    },
    remove: () => {
      for (const store of opened) store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Resolves once `test` says yes; the test's own time limit ends the wait. */
export const until = async (test: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await test())) await new Promise((resolve) => setTimeout(resolve, 5))
}
