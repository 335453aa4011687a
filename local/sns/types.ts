/** A topic as the store keeps it, under its ARN. */
export interface Topic {
  readonly arn: string
  readonly name: string
  readonly account: string
  readonly region: string
  /** only what was set */
  readonly attributes: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
}

/** Protocols that are served. */
export type Protocol = 'sqs' | 'lambda' | 'email' | 'email-json' | 'http' | 'https'

/** A subscription as the store keeps it, under its ARN, which begins with the topic's. */
export interface Subscription {
  readonly arn: string
  readonly topicArn: string
  readonly protocol: Protocol
  readonly endpoint: string
  readonly owner: string
  /** ARN of who subscribed */
  readonly principal: string
  /** RawMessageDelivery, FilterPolicy, FilterPolicyScope, RedrivePolicy, DeliveryPolicy: only what was set */
  readonly attributes: Readonly<Record<string, string>>
  /** nobody has confirmed it yet */
  readonly pending?: boolean
  /** confirmed by somebody who had no AWS signature to show */
  readonly confirmedByLink?: boolean
  /** only who signs may take it away (ConfirmSubscription, AuthenticateOnUnsubscribe) */
  readonly keptFromStrangers?: boolean
}

/** A message attribute as the store keeps it; bytes as base64. */
export interface Attribute {
  readonly type: string
  readonly value: string
}

/** A message accepted for a topic. */
export interface Published {
  readonly id: string
  readonly topicArn: string
  readonly subject?: string
  /** what all protocols get, unless `byProtocol` names them (MessageStructure json) */
  readonly message: string
  readonly byProtocol?: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly groupId?: string
  /** FIFO topics */
  readonly deduplicationId?: string
  readonly sequence?: string
  /** milliseconds since the epoch */
  readonly at: number
}

/** What SNS asks an endpoint itself: to confirm a subscription, or its end. */
export interface Confirmation {
  readonly type: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation'
  readonly id: string
  readonly token: string
  /** milliseconds since the epoch */
  readonly at: number
}
