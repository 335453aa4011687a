/** EventBridge Scheduler's limits: its API reference; the form of a line is told in ../constraints.ts. */
export const TABLE = String.raw`
@CreateSchedule ActionAfterCompletion.ActionAfterCompletion ClientToken.ClientToken Description.Description FlexibleTimeWindow!FlexibleTimeWindow GroupName.ScheduleGroupName KmsKeyArn.KmsKeyArn Name!ScheduleGroupName ScheduleExpression!ScheduleExpression ScheduleExpressionTimezone.ScheduleExpressionTimezone State.ScheduleState Target!Target
@CreateScheduleGroup ClientToken.ClientToken Name!ScheduleGroupName Tags.TagList
@DeleteSchedule ClientToken.ClientToken GroupName.ScheduleGroupName Name!ScheduleGroupName
@DeleteScheduleGroup ClientToken.ClientToken Name!ScheduleGroupName
@GetSchedule GroupName.ScheduleGroupName Name!ScheduleGroupName
@GetScheduleGroup Name!ScheduleGroupName
@ListScheduleGroups MaxResults.MaxResults NamePrefix.ScheduleGroupName NextToken.NextToken
@ListSchedules GroupName.ScheduleGroupName MaxResults.MaxResults NamePrefix.ScheduleGroupName NextToken.NextToken State.ScheduleState
@ListTagsForResource ResourceArn!TagResourceArn
@TagResource ResourceArn!TagResourceArn Tags!TagList
@UntagResource ResourceArn!TagResourceArn TagKeys!TagKeyList
@UpdateSchedule ActionAfterCompletion.ActionAfterCompletion ClientToken.ClientToken Description.Description FlexibleTimeWindow!FlexibleTimeWindow GroupName.ScheduleGroupName KmsKeyArn.KmsKeyArn Name!ScheduleGroupName ScheduleExpression!ScheduleExpression ScheduleExpressionTimezone.ScheduleExpressionTimezone State.ScheduleState Target!Target
:ActionAfterCompletion =NONE|DELETE
:CapacityProvider 1..255
:CapacityProviderStrategy 0..6 [CapacityProviderStrategyItem
:CapacityProviderStrategyItemBase #0..100000
:CapacityProviderStrategyItemWeight #0..1000
:ClientToken 1..64 /^[a-zA-Z0-9-_]+$
:DeadLetterConfigArnString 1..1600 /^arn:aws(-[a-z]+)?:sqs:[a-z0-9\-]+:\d{12}:[a-zA-Z0-9\-_]+$
:Description 0..512
:FlexibleTimeWindowMode =OFF|FLEXIBLE
:KmsKeyArn 1..2048 /^arn:aws(-[a-z]+)?:kms:[a-z0-9\-]+:\d{12}:(key|alias)\/[0-9a-zA-Z-_]*$
:LaunchType =EC2|FARGATE|EXTERNAL
:MaxResults #1..100
:MaximumEventAgeInSeconds #60..86400
:MaximumRetryAttempts #0..185
:MaximumWindowInMinutes #1..1440
:NextToken 1..2048
:PlacementConstraintExpression 0..2000
:PlacementConstraintType =distinctInstance|memberOf
:PlacementConstraints 0..10 [PlacementConstraint
:PlacementStrategies 0..5 [PlacementStrategy
:PlacementStrategyField 0..255
:PlacementStrategyType =random|spread|binpack
:PlatformVersion 1..64
:PropagateTags =TASK_DEFINITION
:ReferenceId 0..1024
:RoleArn 1..1600 /^arn:aws(-[a-z]+)?:iam::\d{12}:role\/[\w+=,.@\/-]+$
:SageMakerPipelineParameterList 0..200 [SageMakerPipelineParameter
:SageMakerPipelineParameterName 1..256 /^[A-Za-z0-9\-_]*$
:SageMakerPipelineParameterValue 1..1024
:ScheduleExpression 1..256
:ScheduleExpressionTimezone 1..50
:ScheduleGroupName 1..64 /^[0-9a-zA-Z-_.]+$
:ScheduleState =ENABLED|DISABLED
:SecurityGroup 1..1000
:SecurityGroups 1..5 [SecurityGroup
:Source 1..256 /^(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)$
:Subnets 1..16 [SecurityGroup
:TagKey 1..128
:TagKeyList 0..200 [TagKey
:TagList 0..200 [Tag
:TagMap {TagKey,ScheduleExpression
:TagResourceArn 1..1011 /^arn:aws(-[a-z]+)?:scheduler:[a-z0-9\-]+:\d{12}:schedule-group\/[0-9a-zA-Z-_.]+$
:Tags 0..50 [TagMap
:TargetArn 1..1600
:TargetInput 1..
:TaskCount #1..10
AwsVpcConfiguration AssignPublicIp.ScheduleState SecurityGroups.SecurityGroups Subnets!Subnets
CapacityProviderStrategyItem base.CapacityProviderStrategyItemBase capacityProvider!CapacityProvider weight.CapacityProviderStrategyItemWeight
DeadLetterConfig Arn.DeadLetterConfigArnString
EcsParameters CapacityProviderStrategy.CapacityProviderStrategy Group.CapacityProvider LaunchType.LaunchType NetworkConfiguration.NetworkConfiguration PlacementConstraints.PlacementConstraints PlacementStrategy.PlacementStrategies PlatformVersion.PlatformVersion PropagateTags.PropagateTags ReferenceId.ReferenceId Tags.Tags TaskCount.TaskCount TaskDefinitionArn!TargetArn
EventBridgeParameters DetailType!TagKey Source!Source
FlexibleTimeWindow MaximumWindowInMinutes.MaximumWindowInMinutes Mode!FlexibleTimeWindowMode
KinesisParameters PartitionKey!ScheduleExpression
NetworkConfiguration awsvpcConfiguration.AwsVpcConfiguration
PlacementConstraint expression.PlacementConstraintExpression type.PlacementConstraintType
PlacementStrategy field.PlacementStrategyField type.PlacementStrategyType
RetryPolicy MaximumEventAgeInSeconds.MaximumEventAgeInSeconds MaximumRetryAttempts.MaximumRetryAttempts
SageMakerPipelineParameter Name!SageMakerPipelineParameterName Value!SageMakerPipelineParameterValue
SageMakerPipelineParameters PipelineParameterList.SageMakerPipelineParameterList
SqsParameters MessageGroupId.TagKey
Tag Key!TagKey Value!ScheduleExpression
Target Arn!TargetArn DeadLetterConfig.DeadLetterConfig EcsParameters.EcsParameters EventBridgeParameters.EventBridgeParameters Input.TargetInput KinesisParameters.KinesisParameters RetryPolicy.RetryPolicy RoleArn!RoleArn SageMakerPipelineParameters.SageMakerPipelineParameters SqsParameters.SqsParameters
`
