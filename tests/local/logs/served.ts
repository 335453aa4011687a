import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Iam, Parts } from '../../../local/contracts.ts'
import { createDynamoDb } from '../../../local/dynamodb/dynamodb.ts'
import { createGateway } from '../../../local/gateway/gateway.ts'
import type { Service } from '../../../local/gateway/service.ts'
import { createIam } from '../../../local/iam/iam.ts'
import { createLogs } from '../../../local/logs/logs.ts'
import { openStore } from '../../../local/state/store.ts'

export const ACCOUNT = '111111111111'
export const REGION = 'eu-west-1'

interface Made {
  readonly services: readonly Service[]
  stop?(): Promise<void>
}

/** Services behind the real gateway with the real IAM, on a port of the system's choice, and an administrator who may call them. */
export const serve = async (
  make: (given: {
    parts: Parts
    iam: Iam
    folder: string
    logs: ReturnType<typeof createLogs>
  }) => Made = () => ({ services: [] }),
  clock: () => number = Date.now,
) => {
  const folder = mkdtempSync(join(tmpdir(), 'served-'))
  const store = openStore(join(folder, 'state.db'))
  const said: string[] = []
  const parts: Parts = {
    store,
    now: clock,
    log: (_service, text, facts) => void said.push(`${text} ${JSON.stringify(facts ?? {})}`),
  }
  const iam = createIam({ parts, accounts: [ACCOUNT] })
  const logs = createLogs({ parts, iam, folder: join(folder, 'logs') })
  const dynamodb = createDynamoDb({ parts, folder: join(folder, 'dynamodb') })
  const made = make({ parts, iam, folder, logs })
  const gateway = createGateway({
    parts,
    iam,
    services: [...iam.services, logs.service, ...made.services],
    dynamodb,
    git: async (_request, response) => void response.end(),
  })
  const port = await gateway.listen(0)
  const { accessKeyId, secretAccessKey } = iam.bootstrapAccount(ACCOUNT, 'admin').credentials
  const credentials = { accessKeyId, secretAccessKey }
  return {
    ...{ folder, iam, logs, said },
    /** what an SDK client is made with */
    client: { region: REGION, endpoint: `http://127.0.0.1:${port}`, credentials, maxAttempts: 1 },
    /** what the AWS CLI finds in its environment */
    environment: {
      PATH: process.env.PATH,
      HOME: folder,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_DEFAULT_REGION: REGION,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    },
    stop: async () => {
      await gateway.stop()
      await made.stop?.()
      await logs.close()
      await dynamodb.stop()
      store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
