/** On whose behalf a service hands something on: what resource policies are judged by. */
export interface Sender {
  /** service principal: `events.amazonaws.com`, `sns.amazonaws.com`, `codecommit.amazonaws.com`, `scheduler.amazonaws.com` */
  readonly service: string
  /** becomes `aws:SourceArn` */
  readonly sourceArn: string
  /** becomes `aws:SourceAccount` */
  readonly sourceAccount: string
  /** a target's own role (Scheduler): then its identity policy is judged instead of a resource policy */
  readonly roleArn?: string
}

export interface OutgoingMessage {
  readonly body: string
  readonly attributes?: Readonly<
    Record<string, { DataType: string; StringValue?: string; BinaryValue?: Uint8Array }>
  >
  readonly groupId?: string
  readonly deduplicationId?: string
}

/** EventBridge's envelope as it travels: codecommit user guide, "Monitoring CodeCommit events in Amazon EventBridge". */
export interface Envelope {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  /** ISO 8601, whole seconds, `Z` */
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: object
}

/**
 * What the services ask of one another below the API. Each method throws {@link AwsError} when the target does not exist or
 * its policy does not let the sender in; what to do then (retry, dead-letter queue) is the sender's business.
 */
export interface Wires {
  /** SQS: into the queue with this ARN */
  sendMessage(queueArn: string, message: OutgoingMessage, sender: Sender): Promise<void>
  /** SNS: to every subscriber of the topic */
  publish(topicArn: string, message: { subject?: string; body: string }, sender: Sender): Promise<void>
  /** Lambda, InvocationType `Event`: accepted, retried twice on error, then its dead-letter target */
  invokeAsync(functionArn: string, payload: string, sender: Sender): Promise<void>
  /** EventBridge: onto the default bus of the envelope's account and region, below PutEvents, as AWS's services do */
  emit(envelope: Envelope): void
  /** EventBridge: onto a bus whose policy, or whose sender's role, allows it */
  putEvent?(busArn: string, envelope: Envelope, sender: Sender): Promise<void>
  /** ECS: RunTask with an input in the SDK's shape, under the sender's role; throws too when no task could be started */
  runTask?(clusterArn: string, input: object, sender: Sender): Promise<void>
  /** CloudWatch Logs: one event into the log group with this ARN */
  putLogEvent?(logGroupArn: string, message: string, sender: Sender): Promise<void>
}
