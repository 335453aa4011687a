/** CloudWatch Logs's limits: its API reference; the form of a line is told in ../constraints.ts. */
export const TABLE = String.raw`
@CreateLogGroup logGroupName!LogGroupName kmsKeyId.KmsKeyId tags.Tags logGroupClass.LogGroupClass
@CreateLogStream logGroupName!LogGroupName logStreamName!LogStreamName
@DeleteLogGroup logGroupName!LogGroupName
@DeleteLogStream logGroupName!LogGroupName logStreamName!LogStreamName
@DeleteRetentionPolicy logGroupName!LogGroupName
@DeleteSubscriptionFilter logGroupName!LogGroupName filterName!LogStreamName
@DescribeLogGroups accountIdentifiers.AccountIds logGroupNamePrefix.LogGroupName logGroupNamePattern.LogGroupNamePattern nextToken.NextToken limit.DescribeLimit logGroupClass.LogGroupClass logGroupIdentifiers.DescribeLogGroupsLogGroupIdentifiers
@DescribeLogStreams logGroupName.LogGroupName logGroupIdentifier.LogGroupIdentifier logStreamNamePrefix.LogStreamName orderBy.OrderBy nextToken.NextToken limit.DescribeLimit
@DescribeSubscriptionFilters logGroupName!LogGroupName filterNamePrefix.LogStreamName nextToken.NextToken limit.DescribeLimit
@FilterLogEvents logGroupName.LogGroupName logGroupIdentifier.LogGroupIdentifier logStreamNames.InputLogStreamNames logStreamNamePrefix.LogStreamName startTime.Timestamp endTime.Timestamp filterPattern.FilterPattern nextToken.NextToken limit.EventsLimit
@GetLogEvents logGroupName.LogGroupName logGroupIdentifier.LogGroupIdentifier logStreamName!LogStreamName startTime.Timestamp endTime.Timestamp nextToken.NextToken limit.EventsLimit
@ListTagsForResource resourceArn!AmazonResourceName
@ListTagsLogGroup logGroupName!LogGroupName
@PutLogEvents logGroupName!LogGroupName logStreamName!LogStreamName logEvents!InputLogEvents sequenceToken.NextToken entity.Entity
@PutRetentionPolicy logGroupName!LogGroupName retentionInDays!
@PutSubscriptionFilter logGroupName!LogGroupName filterName!LogStreamName filterPattern!FilterPattern destinationArn!NextToken roleArn.NextToken distribution.Distribution fieldSelectionCriteria.FieldSelectionCriteria
@StartLiveTail logGroupIdentifiers!StartLiveTailLogGroupIdentifiers logStreamNames.InputLogStreamNames logStreamNamePrefixes.InputLogStreamNames logEventFilterPattern.FilterPattern
@TagLogGroup logGroupName!LogGroupName tags!Tags
@TagResource resourceArn!AmazonResourceName tags!Tags
@UntagLogGroup logGroupName!LogGroupName tags!TagList
@UntagResource resourceArn!AmazonResourceName tagKeys!TagKeyList
:AccountId 12..12 /^\d{12}$
:AccountIds 0..20 [AccountId
:AmazonResourceName 1..1011 /[\w+=/:,.@-]*
:DescribeLimit #1..50
:DescribeLogGroupsLogGroupIdentifiers 1..50 [LogGroupIdentifier
:Distribution =Random|ByLogStream
:EntityAttributes 0..10 {EntityAttributesKey,EntityKeyAttributesValue
:EntityAttributesKey 1..256
:EntityKeyAttributes 2..4 {EntityKeyAttributesKey,EntityKeyAttributesValue
:EntityKeyAttributesKey 1..32
:EntityKeyAttributesValue 1..512
:EventsLimit #1..10000
:FieldSelectionCriteria 0..2000
:FilterPattern 0..1024
:InputLogEvents 1..10000 [InputLogEvent
:InputLogStreamNames 1..100 [LogStreamName
:KmsKeyId ..256
:LogGroupClass =STANDARD|INFREQUENT_ACCESS|DELIVERY
:LogGroupIdentifier 1..2048 /[\w#+=/:,.@-]*
:LogGroupName 1.. /[\.\-_/#A-Za-z0-9]+
:LogGroupNamePattern 0..512 /[\.\-_/#A-Za-z0-9]*
:LogStreamName 1.. /[^:*]*
:NextToken 1..
:OrderBy =LogStreamName|LastEventTime
:StartLiveTailLogGroupIdentifiers 1..10 [LogGroupIdentifier
:TagKey 1..128 /^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$
:TagKeyList 0..50 [TagKey
:TagList 1.. [TagKey
:TagValue ..256 /^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$
:Tags 1..50 {TagKey,TagValue
:Timestamp #0..
Entity keyAttributes.EntityKeyAttributes attributes.EntityAttributes
InputLogEvent timestamp!Timestamp message!NextToken
`
