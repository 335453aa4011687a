import type { Handlers } from '../handler.ts'
import { chatbotHandlers } from './chatbot.ts'
import { codecommitHandlers } from './codecommit.ts'
import { dynamodbHandlers } from './dynamodb.ts'
import { ecsHandlers } from './ecs.ts'
import { eventsHandlers } from './events.ts'
import { iamHandlers } from './iam.ts'
import { kmsHandlers } from './kms.ts'
import { lambdaHandlers } from './lambda.ts'
import { logsHandlers } from './logs.ts'
import { recordedHandlers } from './recorded.ts'
import { secretsManagerHandlers } from './secretsmanager.ts'
import { snsHandlers } from './sns.ts'
import { sqsHandlers } from './sqs.ts'

/** Every resource type that a stack may have here. */
export const handlers: Handlers = {
  ...recordedHandlers,
  ...iamHandlers,
  ...sqsHandlers,
  ...snsHandlers,
  ...eventsHandlers,
  ...kmsHandlers,
  ...secretsManagerHandlers,
  ...lambdaHandlers,
  ...ecsHandlers,
  ...logsHandlers,
  ...chatbotHandlers,
  ...codecommitHandlers,
  ...dynamodbHandlers,
}
