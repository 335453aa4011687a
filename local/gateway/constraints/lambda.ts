/** Lambda's limits: its API reference; the form of a line is told in ../constraints.ts. Runtimes are left out: Lambda refuses them in words of its own. */
export const TABLE = String.raw`
@AddPermission FunctionName!NamespacedFunctionName StatementId!StatementId Action!Action Principal!Principal SourceArn.Arn SourceAccount.SourceOwner EventSourceToken.EventSourceToken Qualifier.NumericLatestPublishedOrAliasQualifier PrincipalOrgID.PrincipalOrgID FunctionUrlAuthType.FunctionUrlAuthType
@CreateAlias FunctionName!FunctionName Name!Alias FunctionVersion!VersionWithLatestPublished Description.Description RoutingConfig.AliasRoutingConfiguration
@CreateEventSourceMapping EventSourceArn.Arn FunctionName!NamespacedFunctionName BatchSize.BatchSize FilterCriteria.FilterCriteria MaximumBatchingWindowInSeconds.MaximumBatchingWindowInSeconds ParallelizationFactor.ParallelizationFactor StartingPosition.EventSourcePosition DestinationConfig.DestinationConfig MaximumRecordAgeInSeconds.MaximumRecordAgeInSeconds MaximumRetryAttempts.MaximumRetryAttemptsEventSourceMapping TumblingWindowInSeconds.TumblingWindowInSeconds Topics.Topics Queues.Queues SourceAccessConfigurations.SourceAccessConfigurations SelfManagedEventSource.SelfManagedEventSource FunctionResponseTypes.FunctionResponseTypeList AmazonManagedKafkaEventSourceConfig.AmazonManagedKafkaEventSourceConfig SelfManagedKafkaEventSourceConfig.SelfManagedKafkaEventSourceConfig ScalingConfig.ScalingConfig DocumentDBEventSourceConfig.DocumentDBEventSourceConfig KMSKeyArn.KMSKeyArn MetricsConfig.EventSourceMappingMetricsConfig LoggingConfig.EventSourceMappingLoggingConfig ProvisionedPollerConfig.ProvisionedPollerConfig
@CreateFunction FunctionName!FunctionName Role!RoleArn Handler.Handler Code!FunctionCode Description.Description Timeout.Timeout MemorySize.MemorySize VpcConfig.VpcConfig PackageType.PackageType DeadLetterConfig.DeadLetterConfig Environment.Environment KMSKeyArn.KMSKeyArn TracingConfig.TracingConfig Layers.LayerList FileSystemConfigs.FileSystemConfigList ImageConfig.ImageConfig CodeSigningConfigArn.CodeSigningConfigArn Architectures.ArchitecturesList EphemeralStorage.EphemeralStorage SnapStart.SnapStart LoggingConfig.LoggingConfig CapacityProviderConfig.CapacityProviderConfig PublishTo.FunctionVersionLatestPublished DurableConfig.DurableConfig TenancyConfig.TenancyConfig
@DeleteAlias FunctionName!FunctionName Name!Alias
@DeleteEventSourceMapping UUID!
@DeleteFunction FunctionName!NamespacedFunctionName Qualifier.NumericLatestPublishedOrAliasQualifier
@DeleteFunctionConcurrency FunctionName!FunctionName
@DeleteFunctionEventInvokeConfig FunctionName!NamespacedFunctionName Qualifier.NumericLatestPublishedOrAliasQualifier
@GetAlias FunctionName!FunctionName Name!Alias
@GetEventSourceMapping UUID!
@GetFunction FunctionName!NamespacedFunctionName Qualifier.NumericLatestPublishedOrAliasQualifier
@GetFunctionConcurrency FunctionName!FunctionName
@GetFunctionConfiguration FunctionName!NamespacedFunctionName Qualifier.NumericLatestPublishedOrAliasQualifier
@GetFunctionEventInvokeConfig FunctionName!NamespacedFunctionName Qualifier.NumericLatestPublishedOrAliasQualifier
@GetPolicy FunctionName!NamespacedFunctionName Qualifier.NumericLatestPublishedOrAliasQualifier
@Invoke FunctionName!NamespacedFunctionName InvocationType.InvocationType LogType.LogType DurableExecutionName.DurableExecutionName Qualifier.NumericLatestPublishedOrAliasQualifier TenantId.TenantId
@ListAliases FunctionName!FunctionName FunctionVersion.VersionWithLatestPublished MaxItems.BatchSize
@ListEventSourceMappings EventSourceArn.Arn FunctionName.NamespacedFunctionName MaxItems.BatchSize
@ListFunctionEventInvokeConfigs FunctionName!NamespacedFunctionName MaxItems.MaxFunctionEventInvokeConfigListItems
@ListFunctions MasterRegion.MasterRegion FunctionVersion.FunctionVersion MaxItems.BatchSize
@ListTags Resource!TaggableResource
@ListVersionsByFunction FunctionName!NamespacedFunctionName MaxItems.BatchSize
@PublishVersion FunctionName!FunctionName Description.Description PublishTo.FunctionVersionLatestPublished
@PutFunctionConcurrency FunctionName!FunctionName ReservedConcurrentExecutions!ReservedConcurrentExecutions
@PutFunctionEventInvokeConfig FunctionName!NamespacedFunctionName Qualifier.NumericLatestPublishedOrAliasQualifier MaximumRetryAttempts.MaximumRetryAttempts MaximumEventAgeInSeconds.MaximumEventAgeInSeconds DestinationConfig.DestinationConfig
@RemovePermission FunctionName!NamespacedFunctionName StatementId!NamespacedStatementId Qualifier.NumericLatestPublishedOrAliasQualifier
@TagResource Resource!TaggableResource Tags!
@UntagResource Resource!TaggableResource TagKeys!
@UpdateAlias FunctionName!FunctionName Name!Alias FunctionVersion.VersionWithLatestPublished Description.Description RoutingConfig.AliasRoutingConfiguration
@UpdateEventSourceMapping UUID! FunctionName.NamespacedFunctionName BatchSize.BatchSize FilterCriteria.FilterCriteria MaximumBatchingWindowInSeconds.MaximumBatchingWindowInSeconds DestinationConfig.DestinationConfig MaximumRecordAgeInSeconds.MaximumRecordAgeInSeconds MaximumRetryAttempts.MaximumRetryAttemptsEventSourceMapping ParallelizationFactor.ParallelizationFactor SourceAccessConfigurations.SourceAccessConfigurations TumblingWindowInSeconds.TumblingWindowInSeconds FunctionResponseTypes.FunctionResponseTypeList ScalingConfig.ScalingConfig AmazonManagedKafkaEventSourceConfig.AmazonManagedKafkaEventSourceConfig SelfManagedKafkaEventSourceConfig.SelfManagedKafkaEventSourceConfig DocumentDBEventSourceConfig.DocumentDBEventSourceConfig KMSKeyArn.KMSKeyArn MetricsConfig.EventSourceMappingMetricsConfig LoggingConfig.EventSourceMappingLoggingConfig ProvisionedPollerConfig.ProvisionedPollerConfig
@UpdateFunctionCode FunctionName!FunctionName S3Bucket.S3Bucket S3Key.S3Key S3ObjectVersion.S3Key Architectures.ArchitecturesList SourceKMSKeyArn.KMSKeyArn PublishTo.FunctionVersionLatestPublished
@UpdateFunctionConfiguration FunctionName!FunctionName Role.RoleArn Handler.Handler Description.Description Timeout.Timeout MemorySize.MemorySize VpcConfig.VpcConfig Environment.Environment DeadLetterConfig.DeadLetterConfig KMSKeyArn.KMSKeyArn TracingConfig.TracingConfig Layers.LayerList FileSystemConfigs.FileSystemConfigList ImageConfig.ImageConfig EphemeralStorage.EphemeralStorage SnapStart.SnapStart LoggingConfig.LoggingConfig CapacityProviderConfig.CapacityProviderConfig DurableConfig.DurableConfig
@UpdateFunctionEventInvokeConfig FunctionName!NamespacedFunctionName Qualifier.NumericLatestPublishedOrAliasQualifier MaximumRetryAttempts.MaximumRetryAttempts MaximumEventAgeInSeconds.MaximumEventAgeInSeconds DestinationConfig.DestinationConfig
:Action /(lambda:[*]|lambda:[a-zA-Z]+|[*])
:AdditionalVersion 1..1024 /[0-9]+
:AdditionalVersionWeights {AdditionalVersion,Weight
:Alias 1..128 /(?!^[0-9]+$)([a-zA-Z0-9-_]+)
:ApplicationLogLevel =TRACE|DEBUG|INFO|WARN|ERROR|FATAL
:Architecture =x86_64|arm64
:ArchitecturesList 1..1 [Architecture
:Arn /arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov)?-[a-z]+-\d{1})?:(\d{12})?:(.*)
:BatchSize #1..10000
:CapacityProviderArn 1..140 /arn:aws[a-zA-Z-]*:lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:capacity-provider:[a-zA-Z0-9-_]+
:CodeSigningConfigArn 0..200 /arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\d{1}:\d{12}:code-signing-config:csc-[a-z0-9]{17}
:CollectionName 1..57 /(^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*)
:DatabaseName 1..63 /[^ /\.$\x22]*
:Description 0..256
:DestinationArn 0..350 /$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)
:DurableExecutionName 1..64 /[a-zA-Z0-9-_]+
:EndPointType =KAFKA_BOOTSTRAP_SERVERS
:Endpoint 1..300 /(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])\.)*([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9\-]*[A-Za-z0-9]):[0-9]{1,5}
:EndpointLists 1..10 [Endpoint
:Endpoints 1..2 {EndPointType,EndpointLists
:EnvironmentVariableName /[a-zA-Z]([a-zA-Z0-9_])+
:EnvironmentVariables {EnvironmentVariableName, ~
:EphemeralStorageSize #512..10240
:EventSourceMappingMetric =EventCount|ErrorCount|KafkaMetrics
:EventSourceMappingMetricList 0..3 [EventSourceMappingMetric
:EventSourceMappingSystemLogLevel =DEBUG|INFO|WARN
:EventSourcePosition =TRIM_HORIZON|LATEST|AT_TIMESTAMP
:EventSourceToken 0..256 /[a-zA-Z0-9._\-]+
:ExecutionEnvironmentMemoryGiBPerVCpu #2.0..8.0
:ExecutionTimeout #1..31622400
:FileSystemArn 0..256 /arn:aws[a-zA-Z-]*:elasticfilesystem:[a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\d{1}:\d{12}:access-point/fsap-[a-f0-9]{17}$|^arn:aws[-a-z]*:s3files:[0-9a-z-:]+:file-system/fs-[0-9a-f]{17,40}/access-point/fsap-[0-9a-f]{17,40}
:FileSystemConfigList 0..1 [FileSystemConfig
:FilterList [Filter
:FullDocument =UpdateLookup|Default
:FunctionName 1..140 /(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?
:FunctionResponseType =ReportBatchItemFailures
:FunctionResponseTypeList 0..1 [FunctionResponseType
:FunctionUrlAuthType =NONE|AWS_IAM
:FunctionVersion =ALL
:FunctionVersionLatestPublished =LATEST_PUBLISHED
:Handler 0..128 /[^\s]+
:InvocationType =Event|RequestResponse|DryRun
:KMSKeyArn /(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()
:KafkaSchemaRegistryAccessConfigList [KafkaSchemaRegistryAccessConfig
:KafkaSchemaRegistryAuthType =BASIC_AUTH|CLIENT_CERTIFICATE_TLS_AUTH|SERVER_ROOT_CA_CERTIFICATE
:KafkaSchemaValidationAttribute =KEY|VALUE
:KafkaSchemaValidationConfigList [KafkaSchemaValidationConfig
:LayerList [LayerVersionArn
:LayerVersionArn 1..140 /arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+
:LocalMountPath 0..160 //mnt/[a-zA-Z0-9-_.]+
:LogFormat =JSON|Text
:LogGroup 1..512 /[\.\-_/#A-Za-z0-9]+
:LogType =None|Tail
:MasterRegion /ALL|[a-z]{2}(-gov)?-[a-z]+-\d{1}
:MaxFunctionEventInvokeConfigListItems #1..50
:MaximumBatchingWindowInSeconds #0..300
:MaximumConcurrency #2..1000
:MaximumEventAgeInSeconds #60..21600
:MaximumNumberOfPollers #1..2000
:MaximumRecordAgeInSeconds #-1..604800
:MaximumRetryAttempts #0..2
:MaximumRetryAttemptsEventSourceMapping #-1..10000
:MemorySize #128..32768
:MinimumNumberOfPollers #1..200
:NamespacedFunctionName 1..256 /(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?
:NamespacedStatementId 1..100 /([a-zA-Z0-9-_.]+)
:NumericLatestPublishedOrAliasQualifier 1..128 /\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+
:PackageType =Zip|Image
:ParallelizationFactor #1..10
:Pattern 0..4096
:PerExecutionEnvironmentMaxConcurrency #1..1600
:Principal /[^\s]+
:PrincipalOrgID 12..34 /o-[a-z0-9]{10,32}
:ProvisionedPollerGroupName 0..128 /[a-zA-Z0-9-_]*
:Queue 1..1000
:Queues 1..1 [Queue
:ReservedConcurrentExecutions #0..
:RetentionPeriodInDays #1..90
:RoleArn /arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+
:S3Bucket 3..63 /[0-9A-Za-z\.\-_]*(?<!\.)
:S3Key 1..1024
:SchemaRegistryEventRecordFormat =JSON|SOURCE
:SchemaRegistryUri 1..10000 /[a-zA-Z0-9-\/*:_+=.@-]*
:SecurityGroupIds 0..5
:SnapStartApplyOn =PublishedVersions|None
:SourceAccessConfigurations 0..22 [SourceAccessConfiguration
:SourceAccessType =BASIC_AUTH|VPC_SUBNET|VPC_SECURITY_GROUP|SASL_SCRAM_512_AUTH|SASL_SCRAM_256_AUTH|VIRTUAL_HOST|CLIENT_CERTIFICATE_TLS_AUTH|SERVER_ROOT_CA_CERTIFICATE
:SourceOwner 0..12 /\d{12}
:StatementId 1..100 /([a-zA-Z0-9-_]+)
:StringList 0..1500
:SubnetIds 0..16
:TaggableResource 1..256 /arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)
:TenantId 1..256 /[a-zA-Z0-9\._:\/=+\-@ ]+
:TenantIsolationMode =PER_TENANT
:Timeout #1..
:Topic 1..249 /[^.]([a-zA-Z0-9\-_.]+)
:Topics 1..1 [Topic
:TracingMode =Active|PassThrough
:TumblingWindowInSeconds #0..900
:URI 1..200 /[a-zA-Z0-9-\/*:_+=.@-]*
:VersionWithLatestPublished 1..1024 /(\$LATEST(\.PUBLISHED)?|[0-9]+)
:Weight #0.0..1.0
:WorkingDirectory 0..1000
AliasRoutingConfiguration AdditionalVersionWeights.AdditionalVersionWeights
AmazonManagedKafkaEventSourceConfig ConsumerGroupId.URI SchemaRegistryConfig.KafkaSchemaRegistryConfig
CapacityProviderConfig LambdaManagedInstancesCapacityProviderConfig!LambdaManagedInstancesCapacityProviderConfig
DeadLetterConfig TargetArn.KMSKeyArn
DestinationConfig OnSuccess.OnSuccess OnFailure.OnFailure
DocumentDBEventSourceConfig DatabaseName.DatabaseName CollectionName.CollectionName FullDocument.FullDocument
DurableConfig RetentionPeriodInDays.RetentionPeriodInDays ExecutionTimeout.ExecutionTimeout
Environment Variables.EnvironmentVariables
EphemeralStorage Size!EphemeralStorageSize
EventSourceMappingLoggingConfig SystemLogLevel.EventSourceMappingSystemLogLevel
EventSourceMappingMetricsConfig Metrics.EventSourceMappingMetricList
FileSystemConfig Arn!FileSystemArn LocalMountPath!LocalMountPath
Filter Pattern.Pattern
FilterCriteria Filters.FilterList
FunctionCode S3Bucket.S3Bucket S3Key.S3Key S3ObjectVersion.S3Key SourceKMSKeyArn.KMSKeyArn
ImageConfig EntryPoint.StringList Command.StringList WorkingDirectory.WorkingDirectory
KafkaSchemaRegistryAccessConfig Type.KafkaSchemaRegistryAuthType URI.Arn
KafkaSchemaRegistryConfig SchemaRegistryURI.SchemaRegistryUri EventRecordFormat.SchemaRegistryEventRecordFormat AccessConfigs.KafkaSchemaRegistryAccessConfigList SchemaValidationConfigs.KafkaSchemaValidationConfigList
KafkaSchemaValidationConfig Attribute.KafkaSchemaValidationAttribute
LambdaManagedInstancesCapacityProviderConfig CapacityProviderArn!CapacityProviderArn PerExecutionEnvironmentMaxConcurrency.PerExecutionEnvironmentMaxConcurrency ExecutionEnvironmentMemoryGiBPerVCpu.ExecutionEnvironmentMemoryGiBPerVCpu
LoggingConfig LogFormat.LogFormat ApplicationLogLevel.ApplicationLogLevel SystemLogLevel.EventSourceMappingSystemLogLevel LogGroup.LogGroup
OnFailure Destination.DestinationArn
OnSuccess Destination.DestinationArn
ProvisionedPollerConfig MinimumPollers.MinimumNumberOfPollers MaximumPollers.MaximumNumberOfPollers PollerGroupName.ProvisionedPollerGroupName
ScalingConfig MaximumConcurrency.MaximumConcurrency
SelfManagedEventSource Endpoints.Endpoints
SelfManagedKafkaEventSourceConfig ConsumerGroupId.URI SchemaRegistryConfig.KafkaSchemaRegistryConfig
SnapStart ApplyOn.SnapStartApplyOn
SourceAccessConfiguration Type.SourceAccessType URI.URI
TenancyConfig TenantIsolationMode!TenantIsolationMode
TracingConfig Mode.TracingMode
VpcConfig SubnetIds.SubnetIds SecurityGroupIds.SecurityGroupIds
`
