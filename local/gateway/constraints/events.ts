/** EventBridge's limits: its API reference; the form of a line is told in ../constraints.ts. Enums stand in the order in which AWS answers them, where that is known. */
export const TABLE = String.raw`
@ActivateEventSource Name!EventSourceName
@CancelReplay ReplayName!ReplayName
@CreateApiDestination Name!ReplayName Description.ApiDestinationDescription ConnectionArn!ConnectionArn InvocationEndpoint!HttpsEndpoint HttpMethod!ApiDestinationHttpMethod InvocationRateLimitPerSecond.ApiDestinationInvocationRateLimitPerSecond
@CreateArchive ArchiveName!ArchiveName EventSourceArn!EventBusArn Description.ApiDestinationDescription EventPattern.EventPattern RetentionDays.RetentionDays KmsKeyIdentifier.KmsKeyIdentifier
@CreateConnection Name!ReplayName Description.ApiDestinationDescription AuthorizationType!ConnectionAuthorizationType AuthParameters!CreateConnectionAuthRequestParameters InvocationConnectivityParameters.ConnectivityResourceParameters KmsKeyIdentifier.KmsKeyIdentifier
@CreateEventBus Name!EventBusName EventSourceName.EventSourceName Description.ApiDestinationDescription KmsKeyIdentifier.KmsKeyIdentifier DeadLetterConfig.DeadLetterConfig LogConfig.LogConfig Tags.TagList
@DeauthorizeConnection Name!ReplayName
@DeleteApiDestination Name!ReplayName
@DeleteArchive ArchiveName!ArchiveName
@DeleteConnection Name!ReplayName
@DeleteEventBus Name!EventBusName
@DeleteRule Name!ReplayName EventBusName.EventBusNameOrArn
@DescribeApiDestination Name!ReplayName
@DescribeArchive ArchiveName!ArchiveName
@DescribeConnection Name!ReplayName
@DescribeEventBus Name.EventBusNameOrArn
@DescribeReplay ReplayName!ReplayName
@DescribeRule Name!ReplayName EventBusName.EventBusNameOrArn
@DisableRule Name!ReplayName EventBusName.EventBusNameOrArn
@EnableRule Name!ReplayName EventBusName.EventBusNameOrArn
@ListApiDestinations NamePrefix.ReplayName ConnectionArn.ConnectionArn NextToken.NextToken Limit.LimitMax100
@ListArchives NamePrefix.ArchiveName EventSourceArn.EventBusArn State.ArchiveState NextToken.NextToken Limit.LimitMax100
@ListConnections NamePrefix.ReplayName ConnectionState.ConnectionState NextToken.NextToken Limit.LimitMax100
@ListEventBuses NamePrefix.EventBusName NextToken.NextToken Limit.LimitMax100
@ListReplays NamePrefix.ReplayName State.ReplayState EventSourceArn.EventBusArn NextToken.NextToken Limit.LimitMax100
@ListRuleNamesByTarget TargetArn!ResourceArn EventBusName.EventBusNameOrArn NextToken.NextToken Limit.LimitMax100
@ListRules NamePrefix.ReplayName EventBusName.EventBusNameOrArn NextToken.NextToken Limit.LimitMax100
@ListTagsForResource ResourceARN!ResourceArn
@ListTargetsByRule Rule!ReplayName EventBusName.EventBusNameOrArn NextToken.NextToken Limit.LimitMax100
@PutEvents Entries!PutEventsRequestEntryList EndpointId.EndpointId
@PutPermission EventBusName.NonPartnerEventBusName Action.Action Principal.Principal StatementId.StatementId Condition.Condition
@PutRule Name!ReplayName ScheduleExpression.ScheduleExpression EventPattern.EventPattern State.RuleState Description.ApiDestinationDescription RoleArn.ResourceArn Tags.TagList EventBusName.EventBusNameOrArn
@PutTargets Rule!ReplayName EventBusName.EventBusNameOrArn Targets!TargetList
@RemovePermission StatementId.StatementId EventBusName.NonPartnerEventBusName
@RemoveTargets Rule!ReplayName EventBusName.EventBusNameOrArn Ids!TargetIdList
@StartReplay ReplayName!ReplayName Description.ApiDestinationDescription EventSourceArn!EventBusArn EventStartTime! EventEndTime! Destination!ReplayDestination
@TagResource ResourceARN!ResourceArn Tags!TagList
@TestEventPattern EventPattern!EventPattern Event!
@UntagResource ResourceARN!ResourceArn TagKeys!TagKeyList
@UpdateApiDestination Name!ReplayName Description.ApiDestinationDescription ConnectionArn.ConnectionArn InvocationEndpoint.HttpsEndpoint HttpMethod.ApiDestinationHttpMethod InvocationRateLimitPerSecond.ApiDestinationInvocationRateLimitPerSecond
@UpdateArchive ArchiveName!ArchiveName Description.ApiDestinationDescription EventPattern.EventPattern RetentionDays.RetentionDays KmsKeyIdentifier.KmsKeyIdentifier
@UpdateConnection Name!ReplayName Description.ApiDestinationDescription AuthorizationType.ConnectionAuthorizationType AuthParameters.UpdateConnectionAuthRequestParameters InvocationConnectivityParameters.ConnectivityResourceParameters KmsKeyIdentifier.KmsKeyIdentifier
@UpdateEventBus Name.EventBusName KmsKeyIdentifier.KmsKeyIdentifier Description.ApiDestinationDescription DeadLetterConfig.DeadLetterConfig LogConfig.LogConfig
:Action 1..64 /events:[a-zA-Z]+
:ApiDestinationDescription ..512
:ApiDestinationHttpMethod =HEAD|POST|PATCH|DELETE|PUT|GET|OPTIONS
:ApiDestinationInvocationRateLimitPerSecond #1..
:ArchiveName 1..48 /[\.\-_A-Za-z0-9]+
:ArchiveState =ENABLED|DISABLED|CREATING|UPDATING|CREATE_FAILED|UPDATE_FAILED
:AssignPublicIp =ENABLED|DISABLED
:AuthHeaderParameters 1..512 /^[ \t]*[^\x00-\x1F:\x7F]+([ \t]+[^\x00-\x1F:\x7F]+)*[ \t]*$
:AuthHeaderParametersSensitive 1..512 ~ /^[ \t]*[^\x00-\x1F:\x7F]+([ \t]+[^\x00-\x1F:\x7F]+)*[ \t]*$
:CapacityProvider 1..255
:CapacityProviderStrategy ..6 [CapacityProviderStrategyItem
:CapacityProviderStrategyItemBase #0..100000
:CapacityProviderStrategyItemWeight #0..1000
:ConnectionArn 1..1600 /^arn:aws([a-z]|\-)*:events:([a-z]|\d|\-)*:([0-9]{12})?:connection\/[\.\-_A-Za-z0-9]+\/[\-A-Za-z0-9]+$
:ConnectionAuthorizationType =BASIC|OAUTH_CLIENT_CREDENTIALS|API_KEY
:ConnectionBodyParametersList 0..100
:ConnectionHeaderParametersList 0..100 [ConnectionHeaderParameter
:ConnectionOAuthHttpMethod =GET|POST|PUT
:ConnectionQueryStringParametersList 0..100 [ConnectionQueryStringParameter
:ConnectionState =CREATING|UPDATING|DELETING|AUTHORIZED|DEAUTHORIZED|AUTHORIZING|DEAUTHORIZING|ACTIVE|FAILED_CONNECTIVITY
:Database 1..64
:EndpointId 1..50 /^[A-Za-z0-9\-]+[\.][A-Za-z0-9\-]+$
:EventBusArn 1..1600 /^arn:aws([a-z]|\-)*:events:([a-z]|\d|\-)*:([0-9]{12})?:.+\/.+$
:EventBusName 1..256 /[/\.\-_A-Za-z0-9]+
:EventBusNameOrArn 1..1600 /(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[/\.\-_A-Za-z0-9]+
:EventPattern ..4096
:EventResource ..2048
:EventResourceList [EventResource
:EventSourceName 1..256 /aws\.partner(/[\.\-_A-Za-z0-9]+){2,}
:GraphQLOperation 1..1048576 ~
:HeaderKey ..512 /^[!#$%&'*+-.^_\`|~0-9a-zA-Z]+$
:HeaderParametersMap {HeaderKey,HeaderValue
:HeaderValue ..512 /^[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*$
:HeaderValueSensitive ..512 ~ /^[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*$
:HttpsEndpoint 1..2048 /^((%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@\x26=+$,A-Za-z0-9])+)([).!';/?:,])?$
:IncludeDetail =NONE|FULL
:InputTransformerPathKey 1..256 /[A-Za-z0-9\_\-]+
:KmsKeyIdentifier ..2048 /^[a-zA-Z0-9_\-/:]*$
:LaunchType =EC2|FARGATE|EXTERNAL
:Level =OFF|ERROR|INFO|TRACE
:LimitMax100 #1..100
:MaximumEventAgeInSeconds #60..86400
:MaximumRetryAttempts #0..185
:MessageGroupId ..100
:NextToken 1..2048
:NonPartnerEventBusName 1..256 /[\.\-_A-Za-z0-9]+
:NonPartnerEventBusNameOrArn 1..1600 /(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[\.\-_A-Za-z0-9]+
:PathParameter /^(?!\s*$).+
:PathParameterList [PathParameter
:PlacementConstraintExpression ..2000
:PlacementConstraintType =distinctInstance|memberOf
:PlacementConstraints ..10 [PlacementConstraint
:PlacementStrategies ..5 [PlacementStrategy
:PlacementStrategyField ..255
:PlacementStrategyType =random|spread|binpack
:Principal 1..12 /(\d{12}|\*)
:PropagateTags =TASK_DEFINITION
:PutEventsRequestEntryList 1..10 [PutEventsRequestEntry
:QueryStringKey ..512 /[^\x00-\x1F\x7F]+
:QueryStringParametersMap {QueryStringKey,QueryStringValue
:QueryStringValue ..512 /[^\x00-\x09\x0B\x0C\x0E-\x1F\x7F]+
:QueryStringValueSensitive ..512 ~ /[^\x00-\x09\x0B\x0C\x0E-\x1F\x7F]+
:RedshiftSecretManagerArn 1..1600 /(^arn:aws([a-z]|\-)*:secretsmanager:[a-z0-9-.]+:.*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)
:ReferenceId ..1024
:ReplayDestinationFilters [ResourceArn
:ReplayName 1..64 /[\.\-_A-Za-z0-9]+
:ReplayState =CANCELLED|CANCELLING|COMPLETED|FAILED|RUNNING|STARTING
:ResourceArn 1..1600
:ResourceConfigurationArn 0..2048 /^(?:^arn:[a-z0-9\-]+:vpc-lattice:[a-zA-Z0-9\-]+:\d{12}:resourceconfiguration/rcfg-[0-9a-z]{17}$|^$)
:RetentionDays #0..
:RuleState =ENABLED|DISABLED|ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS
:RunCommandTargetKey 1..128 /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$
:RunCommandTargetValue 1..256
:RunCommandTargetValues 1..50 [RunCommandTargetValue
:RunCommandTargets 1..5 [RunCommandTarget
:SageMakerPipelineParameterList 0..200 [SageMakerPipelineParameter
:SageMakerPipelineParameterName 1..256 /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$
:ScheduleExpression ..256
:Sql 1..100000 ~
:Sqls 0..40 [Sql ~
:StatementId 1..64 /[a-zA-Z0-9-_]+
:TagKey 1..128
:TagKeyList [TagKey
:TagList [Tag
:TagValue 0..256
:TargetIdList 1..100 [ReplayName
:TargetInput ..8192
:TargetList 1..100 [Target
:TraceHeader 1..500
:TransformerInput 1..8192
:TransformerPaths ..100 {InputTransformerPathKey,ScheduleExpression
AppSyncParameters GraphQLOperation.GraphQLOperation
AwsVpcConfiguration Subnets! AssignPublicIp.AssignPublicIp
BatchParameters JobDefinition! JobName!
CapacityProviderStrategyItem capacityProvider!CapacityProvider weight.CapacityProviderStrategyItemWeight base.CapacityProviderStrategyItemBase
Condition Type! Key! Value!
ConnectionHeaderParameter Key.HeaderKey Value.HeaderValueSensitive
ConnectionHttpParameters HeaderParameters.ConnectionHeaderParametersList QueryStringParameters.ConnectionQueryStringParametersList BodyParameters.ConnectionBodyParametersList
ConnectionQueryStringParameter Key.QueryStringKey Value.QueryStringValueSensitive
ConnectivityResourceConfigurationArn ResourceConfigurationArn!ResourceConfigurationArn
ConnectivityResourceParameters ResourceParameters!ConnectivityResourceConfigurationArn
CreateConnectionApiKeyAuthRequestParameters ApiKeyName!AuthHeaderParameters ApiKeyValue!AuthHeaderParametersSensitive
CreateConnectionAuthRequestParameters BasicAuthParameters.CreateConnectionBasicAuthRequestParameters OAuthParameters.CreateConnectionOAuthRequestParameters ApiKeyAuthParameters.CreateConnectionApiKeyAuthRequestParameters InvocationHttpParameters.ConnectionHttpParameters ConnectivityParameters.ConnectivityResourceParameters
CreateConnectionBasicAuthRequestParameters Username!AuthHeaderParameters Password!AuthHeaderParametersSensitive
CreateConnectionOAuthClientRequestParameters ClientID!AuthHeaderParameters ClientSecret!AuthHeaderParametersSensitive
CreateConnectionOAuthRequestParameters ClientParameters!CreateConnectionOAuthClientRequestParameters AuthorizationEndpoint!HttpsEndpoint HttpMethod!ConnectionOAuthHttpMethod OAuthHttpParameters.ConnectionHttpParameters
DeadLetterConfig Arn.ResourceArn
EcsParameters TaskDefinitionArn!ResourceArn TaskCount.ApiDestinationInvocationRateLimitPerSecond LaunchType.LaunchType NetworkConfiguration.NetworkConfiguration CapacityProviderStrategy.CapacityProviderStrategy PlacementConstraints.PlacementConstraints PlacementStrategy.PlacementStrategies PropagateTags.PropagateTags ReferenceId.ReferenceId Tags.TagList
HttpParameters PathParameterValues.PathParameterList HeaderParameters.HeaderParametersMap QueryStringParameters.QueryStringParametersMap
InputTransformer InputPathsMap.TransformerPaths InputTemplate!TransformerInput
KinesisParameters PartitionKeyPath!ScheduleExpression
LogConfig IncludeDetail.IncludeDetail Level.Level
NetworkConfiguration awsvpcConfiguration.AwsVpcConfiguration
PlacementConstraint type.PlacementConstraintType expression.PlacementConstraintExpression
PlacementStrategy type.PlacementStrategyType field.PlacementStrategyField
PutEventsRequestEntry Resources.EventResourceList EventBusName.NonPartnerEventBusNameOrArn TraceHeader.TraceHeader
RedshiftDataParameters SecretManagerArn.RedshiftSecretManagerArn Database!Database DbUser.TagKey Sql.Sql StatementName.TraceHeader Sqls.Sqls
ReplayDestination Arn!ResourceArn FilterArns.ReplayDestinationFilters
RetryPolicy MaximumRetryAttempts.MaximumRetryAttempts MaximumEventAgeInSeconds.MaximumEventAgeInSeconds
RunCommandParameters RunCommandTargets!RunCommandTargets
RunCommandTarget Key!RunCommandTargetKey Values!RunCommandTargetValues
SageMakerPipelineParameter Name!SageMakerPipelineParameterName Value!ReferenceId
SageMakerPipelineParameters PipelineParameterList.SageMakerPipelineParameterList
SqsParameters MessageGroupId.MessageGroupId
Tag Key!TagKey Value!TagValue
Target Id!ReplayName Arn!ResourceArn RoleArn.ResourceArn Input.TargetInput InputPath.ScheduleExpression InputTransformer.InputTransformer KinesisParameters.KinesisParameters RunCommandParameters.RunCommandParameters EcsParameters.EcsParameters BatchParameters.BatchParameters SqsParameters.SqsParameters HttpParameters.HttpParameters RedshiftDataParameters.RedshiftDataParameters SageMakerPipelineParameters.SageMakerPipelineParameters DeadLetterConfig.DeadLetterConfig RetryPolicy.RetryPolicy AppSyncParameters.AppSyncParameters
UpdateConnectionApiKeyAuthRequestParameters ApiKeyName.AuthHeaderParameters ApiKeyValue.AuthHeaderParametersSensitive
UpdateConnectionAuthRequestParameters BasicAuthParameters.UpdateConnectionBasicAuthRequestParameters OAuthParameters.UpdateConnectionOAuthRequestParameters ApiKeyAuthParameters.UpdateConnectionApiKeyAuthRequestParameters InvocationHttpParameters.ConnectionHttpParameters ConnectivityParameters.ConnectivityResourceParameters
UpdateConnectionBasicAuthRequestParameters Username.AuthHeaderParameters Password.AuthHeaderParametersSensitive
UpdateConnectionOAuthClientRequestParameters ClientID.AuthHeaderParameters ClientSecret.AuthHeaderParametersSensitive
UpdateConnectionOAuthRequestParameters ClientParameters.UpdateConnectionOAuthClientRequestParameters AuthorizationEndpoint.HttpsEndpoint HttpMethod.ConnectionOAuthHttpMethod OAuthHttpParameters.ConnectionHttpParameters
`
