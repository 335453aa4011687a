/**
 * What AWS calls data events, which LookupEvents does not tell (CloudTrail user guide, "Logging data events"; the services' own
 * guides, "Logging API calls with CloudTrail").
 */
const DATA_EVENTS: Readonly<Record<string, RegExp>> = {
  'sqs.amazonaws.com': /^(Send|Receive|Delete)Message|^ChangeMessageVisibility/,
  'sns.amazonaws.com': /^Publish/,
  'lambda.amazonaws.com': /^Invoke/,
  'dynamodb.amazonaws.com': /Item|^Query$|^Scan$/,
  'events.amazonaws.com': /^PutEvents$/,
  'logs.amazonaws.com': /^(Put|Filter|Get)LogEvents$|^StartLiveTail$/,
}

/** @param eventSource `sqs.amazonaws.com` */
export const isDataEvent = (eventSource: string, eventName: string): boolean =>
  DATA_EVENTS[eventSource]?.test(eventName) ?? false
