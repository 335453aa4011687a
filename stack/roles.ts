import { type Consumer, FUNCTION_NAMES, FUNCTIONS, type FunctionName } from './consumers.ts'
import { CLUSTER_ID, deadLettersId, queueId, roleId, topicId } from './ids.ts'
import { useKeyForTable, useKeyThrough } from './keys.ts'
import { parkTips, removeParked } from './parking.ts'
import { allow, putOwnEvents, role, type Statement } from './policy.ts'
import { replicaArns, replicaRoles, sourceArns } from './repositories.ts'
import { arn, att, named, type Plan, type Resources, ref, roleNamed, type Value } from './resources.ts'
import { SCAN_TASK_ROLE_ID } from './scan-task.ts'
import { readScanned } from './scanning.ts'
import { keepSettings, makeReplicas, readSourceSettings, useReplicaKeys } from './settings.ts'
import { useTable } from './table.ts'
import { clusterName, EXECUTION_ROLE_ID, TASK_ROLE_ID } from './task.ts'

/** One role per function, and in it what that function calls, on the resources it calls it on. docs/security.md explains each. */
export const roles = (plan: Plan): Resources =>
  Object.fromEntries(
    FUNCTION_NAMES.map((name) => [
      roleId(name),
      role({
        name: roleNamed(plan, name),
        description: `CodeCommit Relay, function ${name}: ${FUNCTIONS[name].description}`,
        service: 'lambda.amazonaws.com',
        statements: [writeLog(plan, name), ...STATEMENTS[name](plan)],
      }),
    ]),
  )

const STATEMENTS: Readonly<Record<FunctionName, (plan: Plan) => readonly Statement[]>> = {
  replicate: (plan) => [
    receive('replicate'),
    // what failed comes back sooner than at the end of the visibility timeout
    allow(['sqs:ChangeMessageVisibility'], [att(queueId('replicate'))]),
    useTable('Query'),
    ...readBothSides(plan),
    ...parkTips(plan),
    readSourceSettings(plan),
    makeReplicas(plan),
    ...startTask(plan, 'mirror'),
    passTaskRoles([att(TASK_ROLE_ID), att(EXECUTION_ROLE_ID)]),
    putOwnEvents(),
    useKeyThrough('sqs'),
    useKeyForTable(),
  ],
  'mirror-stopped': (plan) => [
    receive('mirror-stopped'),
    // another try; and what is given up, where it rings and can be redriven
    send(att(queueId('replicate')), att(deadLettersId('replicate'))),
    send(att(queueId('scan')), att(deadLettersId('scan'))),
    useTable('Query'),
    ...readBothSides(plan),
    putOwnEvents(),
    useKeyThrough('sqs'),
    useKeyForTable(),
  ],
  sweep: (plan) => [
    receive('sweep'),
    // the second: what one invocation does not do is another's
    send(att(queueId('replicate')), att(queueId('sweep'))),
    useTable('Query'),
    watchMirrors(plan),
    // has no resource type (Service Authorization Reference, AWS CodeCommit)
    allow(['codecommit:ListRepositories'], ['*']),
    ...readBothSides(plan),
    ...removeParked(plan),
    readSourceSettings(plan),
    keepSettings(plan),
    putOwnEvents(),
    useKeyThrough('sqs'),
    useKeyForTable(),
  ],
  scan: (plan) => [
    receive('scan'),
    // what failed comes back sooner; the schedule's message asks for a look at each repository
    allow(['sqs:ChangeMessageVisibility', 'sqs:SendMessage'], [att(queueId('scan'))]),
    useTable('Query'),
    ...readScanned(plan),
    // what is too much for a function goes on in a task
    ...startTask(plan, 'scan'),
    passTaskRoles([att(SCAN_TASK_ROLE_ID), att(EXECUTION_ROLE_ID)]),
    putOwnEvents(),
    useKeyThrough('sqs'),
    useKeyForTable(),
  ],
  notify: (plan) => [
    receive('notify'),
    useTable(),
    allow(
      ['sns:Publish'],
      Object.keys(plan.config.topics).map((name) => ref(topicId(name))),
    ),
    useKeyThrough('sqs', 'sns'),
    useKeyForTable(),
  ],
  trigger: () => [
    // the last: Lambda sends an event that failed three times in the function's name
    send(
      att(queueId('replicate')),
      att(queueId('notify')),
      att(queueId('scan')),
      att(deadLettersId('trigger')),
    ),
    useKeyThrough('sqs'),
  ],
}

const writeLog = (plan: Plan, name: FunctionName): Statement =>
  allow(
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    [arn('logs', `log-group:/aws/lambda/${named(plan, name)}:*`)],
  )

/** What Lambda's event source mapping does in the function's name (Lambda developer guide, "Using Lambda with Amazon SQS"). */
const receive = (consumer: Consumer): Statement =>
  allow(['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'], [att(queueId(consumer))])

const send = (...queues: readonly Value[]): Statement => allow(['sqs:SendMessage'], queues)

/**
 * Reads refs by Git's advertisement. Reading a replica takes GitPush: its refs are read as a push reads them
 * (`git-receive-pack`), so that a replica that may be read but not written shows at once.
 */
const readBothSides = (plan: Plan): readonly Statement[] => [
  allow(['codecommit:GitPull'], sourceArns(plan)),
  allow(['codecommit:GitPush'], replicaArns(plan)),
  allow(['sts:AssumeRole'], replicaRoles(plan)),
  ...useReplicaKeys(plan),
]

const startTask = (plan: Plan, family: 'mirror' | 'scan'): readonly Statement[] => [
  allow(['ecs:RunTask'], [arn('ecs', `task-definition/${named(plan, family)}:*`)], inCluster),
  // a task takes over the tags of its definition, which has those of the stack (ECS developer guide, "Tagging authorization")
  allow(['ecs:TagResource'], [tasks(plan)], { StringEquals: { 'ecs:CreateAction': 'RunTask' } }),
]

/** Whether the mirror that holds a claim is still there. */
const watchMirrors = (plan: Plan): Statement => allow(['ecs:DescribeTasks'], [tasks(plan)], inCluster)

const tasks = (plan: Plan): Value => arn('ecs', `task/${clusterName(plan)}/*`)

const inCluster = { ArnEquals: { 'ecs:cluster': att(CLUSTER_ID) } }

const passTaskRoles = (roles: readonly Value[]): Statement =>
  allow(['iam:PassRole'], roles, {
    StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
  })
