import { join } from 'node:path'
import { createTrail } from './cloudtrail/cloudtrail.ts'
import { createCodeCommit } from './codecommit/codecommit.ts'
import type { CodeCommit, Ecs, EventBridge, Faults, Iam, Lambda, Parts, Scheduler } from './contracts.ts'
import { createDynamoDb } from './dynamodb/dynamodb.ts'
import { tableService } from './dynamodb/tables.ts'
import { createEcs } from './ecs/ecs.ts'
import type { ImageCommand } from './ecs/images.ts'
import { createEventBridge } from './eventbridge/eventbridge.ts'
import type { GatewayNeeds } from './gateway/gateway.ts'
import { AwsError, type Service } from './gateway/service.ts'
import type { Wires } from './gateway/wires.ts'
import { createIam } from './iam/iam.ts'
import { createKms } from './kms/kms.ts'
import { createLambda } from './lambda/lambda.ts'
import { createLogs } from './logs/logs.ts'
import { createScheduler } from './scheduler/scheduler.ts'
import { createSecretsManager } from './secretsmanager/secretsmanager.ts'
import { createSns } from './sns/sns.ts'
import { createSqs } from './sqs/sqs.ts'
import { inStages } from './stages.ts'

export interface ServicesOptions {
  readonly parts: Parts
  readonly folder: string
  readonly accounts: readonly string[]
  readonly regions: readonly string[]
  /** what functions and tasks find in their environment; filled in once the port is known */
  readonly environment: Readonly<Record<string, string>>
  readonly baseUrl: () => string
  readonly gitBaseUrl: (region: string) => string
  readonly image: (image: string) => { folder: string } | undefined
  /** by glob of an image's name */
  readonly imageCommands?: Readonly<Record<string, ImageCommand>> | undefined
  readonly faults: Faults
  readonly retryVisibilitySeconds: number | undefined
}

export interface Services {
  /** everything that has operations */
  readonly all: readonly Service[]
  /** what the gateway passes requests on to */
  readonly behindGateway: GatewayNeeds
  readonly iam: Iam
  readonly codecommit: CodeCommit
  readonly events: EventBridge
  readonly lambda: Lambda
  readonly ecs: Ecs
  readonly scheduler: Scheduler
  /**
   * @param closeDoor called when nothing inside makes requests any more
   * @returns what did not end in time and was left, by name
   */
  stop(closeDoor: () => Promise<void>): Promise<readonly string[]>
}

/** Makes every service and lays the wires between them; nothing runs yet. */
export const createServices = (options: ServicesOptions): Services => {
  const { parts, folder, environment, faults } = options
  const iam = createIam({ parts, accounts: options.accounts })
  const kms = createKms({ parts, iam })
  const trail = createTrail({ parts })
  const secrets = createSecretsManager({ parts })
  const logs = createLogs({ parts, iam, folder: join(folder, 'logs'), full: faults.diskFull })
  const sqs = createSqs({ parts, iam, kms, baseUrl: options.baseUrl })
  // sns, lambda and events need one another: each is reached when it is used, not when it is made
  const wires: Wires = {
    sendMessage: sqs.send,
    publish: (...args) => sns.publish(...args),
    invokeAsync: (...args) => lambda.invokeAsync(...args),
    emit: (envelope) => events.emit(envelope),
    putEvent: (...args) => events.put(...args),
    runTask: (...args) => ecs.runTask(...args),
    putLogEvent: logs.putLogEvent,
  }
  const sns = createSns({ parts, iam, kms, wires, baseUrl: options.baseUrl })
  const events = createEventBridge({ parts, iam, wires, fault: faults.event })
  const scheduler = createScheduler({ parts, iam, wires })
  const lambda = createLambda({
    parts,
    iam,
    queues: sqs,
    wires,
    folder: join(folder, 'lambda'),
    environment,
    logs,
    faults,
    ...(options.retryVisibilitySeconds === undefined
      ? {}
      : { retryVisibilitySeconds: options.retryVisibilitySeconds }),
  })
  const ecs = createEcs({
    parts,
    iam,
    emit: wires.emit,
    folder: join(folder, 'ecs'),
    environment,
    logs,
    faults,
    images: options.image,
    ...(options.imageCommands && { commands: options.imageCommands }),
  })
  const dynamodb = createDynamoDb({ parts, kms, folder: join(folder, 'dynamodb'), full: faults.diskFull })
  const codecommit = createCodeCommit({
    parts,
    iam,
    wires,
    kms,
    trail,
    faults,
    folder: join(folder, 'repositories'),
    gitBaseUrl: options.gitBaseUrl,
    regions: options.regions,
  })
  const wired = [
    ...iam.services,
    codecommit.service,
    events.service,
    sqs.service,
    sns.service,
    ecs.service,
    kms.service,
    trail.service,
    secrets.service,
    logs.service,
    lambda.service,
    scheduler.service,
  ]
  const behindGateway: GatewayNeeds = {
    parts,
    iam,
    // IAM is global: its clients sign for us-east-1, whatever regions are served
    services: wired.map((service) =>
      service.name === 'iam' ? service : inRegions(options.regions, service),
    ),
    git: servedRegions(options.regions, codecommit.handleGit),
    dynamodb,
    trail,
    faults,
    unsigned: sns.answerPublic,
  }
  return {
    all: [...wired, tableService(dynamodb)],
    behindGateway,
    iam,
    codecommit,
    events,
    lambda,
    ecs,
    scheduler,
    stop: (closeDoor) => {
      // timers come first: should anything below not end, nothing new begins beside it
      dynamodb.stopExpiry()
      // whoever makes work stops before whoever does it, and the door closes once nothing inside knocks any more
      return inStages(parts.log, {
        scheduler: scheduler.stop,
        lambda: lambda.stop,
        ecs: ecs.stop,
        // who waits for a message would keep the door open
        sqs: sqs.stop,
        gateway: closeDoor,
        codecommit: codecommit.stop,
        events: events.stop,
        sns: sns.stop,
        dynamodb: dynamodb.stop,
        cloudtrail: trail.stop,
        logs: logs.close,
      })
    },
  }
}

/** An account's keys are not known in a region that is not switched on for it: AWS answers in the same way. */
const inRegions = (regions: readonly string[], service: Service): Service => ({
  ...service,
  operations: Object.fromEntries(
    Object.entries(service.operations).map(([name, run]) => [
      name,
      (input, call) => {
        if (regions.includes(call.region) || isGlobal(service.name, call.region)) return run(input, call)
        throw new AwsError(
          'UnrecognizedClientException',
          `Region ${call.region} is not served by this local cloud; it serves ${regions.join(' and ')}.`,
        )
      },
    ]),
  ),
})

/** STS has an old endpoint that is everybody's, signed for us-east-1 (AWS General Reference, "AWS STS endpoints"). */
const isGlobal = (service: string, region: string): boolean => service === 'sts' && region === 'us-east-1'

/** A region that is not served has no Git host: the connection ends, as if nobody were there. */
const servedRegions =
  (regions: readonly string[], handle: CodeCommit['handleGit']): CodeCommit['handleGit'] =>
  async (request, response) => {
    const region = /git-codecommit(?:-fips)?\.([a-z0-9-]+)\./.exec(request.headers.host ?? '')?.[1]
    if (region !== undefined && !regions.includes(region)) {
      response.destroy()
      return
    }
    await handle(request, response)
  }
