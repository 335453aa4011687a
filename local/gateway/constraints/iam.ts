/** IAM's limits: its API reference; the form of a line is told in ../constraints.ts. */
export const TABLE = String.raw`
@AddUserToGroup GroupName!groupNameType UserName!groupNameType
@AttachGroupPolicy GroupName!groupNameType PolicyArn!arnType
@AttachRolePolicy RoleName!roleNameType PolicyArn!arnType
@AttachUserPolicy UserName!roleNameType PolicyArn!arnType
@CreateAccessKey UserName.groupNameType
@CreateGroup Path.pathType GroupName!groupNameType
@CreatePolicy PolicyName!groupNameType Path.policyPathType PolicyDocument!policyDocumentType Description.policyDescriptionType Tags.tagListType
@CreatePolicyVersion PolicyArn!arnType PolicyDocument!policyDocumentType
@CreateRole Path.pathType RoleName!roleNameType AssumeRolePolicyDocument!policyDocumentType Description.roleDescriptionType MaxSessionDuration.roleMaxSessionDurationType PermissionsBoundary.arnType Tags.tagListType
@CreateServiceSpecificCredential UserName!roleNameType ServiceName! CredentialAgeDays.credentialAgeDays
@CreateUser Path.pathType UserName!roleNameType PermissionsBoundary.arnType Tags.tagListType
@DeleteAccessKey UserName.groupNameType AccessKeyId!accessKeyIdType
@DeleteGroup GroupName!groupNameType
@DeleteGroupPolicy GroupName!groupNameType PolicyName!groupNameType
@DeletePolicy PolicyArn!arnType
@DeletePolicyVersion PolicyArn!arnType VersionId!policyVersionIdType
@DeleteRole RoleName!roleNameType
@DeleteRolePermissionsBoundary RoleName!roleNameType
@DeleteRolePolicy RoleName!roleNameType PolicyName!groupNameType
@DeleteSSHPublicKey UserName!roleNameType SSHPublicKeyId!serviceSpecificCredentialId
@DeleteServiceSpecificCredential UserName.roleNameType ServiceSpecificCredentialId!serviceSpecificCredentialId
@DeleteUser UserName!groupNameType
@DeleteUserPermissionsBoundary UserName!roleNameType
@DeleteUserPolicy UserName!groupNameType PolicyName!groupNameType
@DetachGroupPolicy GroupName!groupNameType PolicyArn!arnType
@DetachRolePolicy RoleName!roleNameType PolicyArn!arnType
@DetachUserPolicy UserName!roleNameType PolicyArn!arnType
@GetAccessKeyLastUsed AccessKeyId!accessKeyIdType
@GetContextKeysForCustomPolicy PolicyInputList!SimulationPolicyListType
@GetContextKeysForPrincipalPolicy PolicySourceArn!arnType PolicyInputList.SimulationPolicyListType
@GetGroup GroupName!groupNameType Marker.markerType MaxItems.maxItemsType
@GetGroupPolicy GroupName!groupNameType PolicyName!groupNameType
@GetPolicy PolicyArn!arnType
@GetPolicyVersion PolicyArn!arnType VersionId!policyVersionIdType
@GetRole RoleName!roleNameType
@GetRolePolicy RoleName!roleNameType PolicyName!groupNameType
@GetSSHPublicKey UserName!roleNameType SSHPublicKeyId!serviceSpecificCredentialId Encoding!encodingType
@GetUser UserName.groupNameType
@GetUserPolicy UserName!groupNameType PolicyName!groupNameType
@ListAccessKeys UserName.groupNameType Marker.markerType MaxItems.maxItemsType
@ListAttachedGroupPolicies GroupName!groupNameType PathPrefix.policyPathType Marker.markerType MaxItems.maxItemsType
@ListAttachedRolePolicies RoleName!roleNameType PathPrefix.policyPathType Marker.markerType MaxItems.maxItemsType
@ListAttachedUserPolicies UserName!roleNameType PathPrefix.policyPathType Marker.markerType MaxItems.maxItemsType
@ListEntitiesForPolicy PolicyArn!arnType EntityFilter.EntityType PathPrefix.pathType PolicyUsageFilter.PolicyUsageType Marker.markerType MaxItems.maxItemsType
@ListGroupPolicies GroupName!groupNameType Marker.markerType MaxItems.maxItemsType
@ListGroups PathPrefix.pathPrefixType Marker.markerType MaxItems.maxItemsType
@ListGroupsForUser UserName!groupNameType Marker.markerType MaxItems.maxItemsType
@ListPolicies Scope.policyScopeType PathPrefix.policyPathType PolicyUsageFilter.PolicyUsageType Marker.markerType MaxItems.maxItemsType
@ListPolicyTags PolicyArn!arnType Marker.markerType MaxItems.maxItemsType
@ListPolicyVersions PolicyArn!arnType Marker.markerType MaxItems.maxItemsType
@ListRolePolicies RoleName!roleNameType Marker.markerType MaxItems.maxItemsType
@ListRoleTags RoleName!roleNameType Marker.markerType MaxItems.maxItemsType
@ListRoles PathPrefix.pathPrefixType Marker.markerType MaxItems.maxItemsType
@ListSSHPublicKeys UserName.roleNameType Marker.markerType MaxItems.maxItemsType
@ListServiceSpecificCredentials UserName.roleNameType Marker.markerType MaxItems.maxItemsType
@ListUserPolicies UserName!groupNameType Marker.markerType MaxItems.maxItemsType
@ListUserTags UserName!groupNameType Marker.markerType MaxItems.maxItemsType
@ListUsers PathPrefix.pathPrefixType Marker.markerType MaxItems.maxItemsType
@PutGroupPolicy GroupName!groupNameType PolicyName!groupNameType PolicyDocument!policyDocumentType
@PutRolePermissionsBoundary RoleName!roleNameType PermissionsBoundary!arnType
@PutRolePolicy RoleName!roleNameType PolicyName!groupNameType PolicyDocument!policyDocumentType
@PutUserPermissionsBoundary UserName!roleNameType PermissionsBoundary!arnType
@PutUserPolicy UserName!groupNameType PolicyName!groupNameType PolicyDocument!policyDocumentType
@RemoveUserFromGroup GroupName!groupNameType UserName!groupNameType
@ResetServiceSpecificCredential UserName.roleNameType ServiceSpecificCredentialId!serviceSpecificCredentialId
@SetDefaultPolicyVersion PolicyArn!arnType VersionId!policyVersionIdType
@SimulateCustomPolicy PolicyInputList!SimulationPolicyListType PermissionsBoundaryPolicyInputList.SimulationPolicyListType ActionNames!ActionNameListType ResourceArns.ResourceNameListType ResourcePolicy.policyDocumentType ResourceOwner.ResourceNameType CallerArn.ResourceNameType ContextEntries.ContextEntryListType ResourceHandlingOption.ResourceHandlingOptionType MaxItems.maxItemsType Marker.markerType
@SimulatePrincipalPolicy PolicySourceArn!arnType PolicyInputList.SimulationPolicyListType PermissionsBoundaryPolicyInputList.SimulationPolicyListType ActionNames!ActionNameListType ResourceArns.ResourceNameListType ResourcePolicy.policyDocumentType ResourceOwner.ResourceNameType CallerArn.ResourceNameType ContextEntries.ContextEntryListType ResourceHandlingOption.ResourceHandlingOptionType MaxItems.maxItemsType Marker.markerType
@TagPolicy PolicyArn!arnType Tags!tagListType
@TagRole RoleName!roleNameType Tags!tagListType
@TagUser UserName!groupNameType Tags!tagListType
@UntagPolicy PolicyArn!arnType TagKeys!tagKeyListType
@UntagRole RoleName!roleNameType TagKeys!tagKeyListType
@UntagUser UserName!groupNameType TagKeys!tagKeyListType
@UpdateAccessKey UserName.groupNameType AccessKeyId!accessKeyIdType Status!statusType
@UpdateAssumeRolePolicy RoleName!roleNameType PolicyDocument!policyDocumentType
@UpdateGroup GroupName!groupNameType NewPath.pathType NewGroupName.groupNameType
@UpdateRole RoleName!roleNameType Description.roleDescriptionType MaxSessionDuration.roleMaxSessionDurationType
@UpdateRoleDescription RoleName!roleNameType Description!roleDescriptionType
@UpdateSSHPublicKey UserName!roleNameType SSHPublicKeyId!serviceSpecificCredentialId Status!statusType
@UpdateServiceSpecificCredential UserName.roleNameType ServiceSpecificCredentialId!serviceSpecificCredentialId Status!statusType
@UpdateUser UserName!groupNameType NewPath.pathType NewUserName.roleNameType
@UploadSSHPublicKey UserName!roleNameType SSHPublicKeyBody!publicKeyMaterialType
:ActionNameListType [ActionNameType
:ActionNameType 3..128
:ContextEntryListType [ContextEntry
:ContextKeyNameType 5..256
:ContextKeyTypeEnum =string|stringList|numeric|numericList|boolean|booleanList|ip|ipList|binary|binaryList|date|dateList
:EntityType =User|Role|Group|LocalManagedPolicy|AWSManagedPolicy
:PolicyUsageType =PermissionsPolicy|PermissionsBoundary
:ResourceHandlingOptionType 1..64
:ResourceNameListType [ResourceNameType
:ResourceNameType 1..2048
:SimulationPolicyListType [policyDocumentType
:accessKeyIdType 16..128 /[\w]+
:arnType 20..2048
:credentialAgeDays #1..36600
:encodingType =SSH|PEM
:groupNameType 1..128 /[\w+=,.@-]+
:markerType 1..320 /[\u0020-\u00FF]+
:maxItemsType #1..1000
:pathPrefixType 1..512 /\u002F[\u0021-\u007F]*
:pathType 1..512 /(\u002F)|(\u002F[\u0021-\u007E]+\u002F)
:policyDescriptionType ..1000
:policyDocumentType 1..131072 /[\u0009\u000A\u000D\u0020-\u00FF]+
:policyPathType 1..512 /((/[A-Za-z0-9\.,\+@=_-]+)*)/
:policyScopeType =All|AWS|Local
:policyVersionIdType /v[1-9][0-9]*(\.[A-Za-z0-9-]*)?
:publicKeyMaterialType 1..16384 /[\u0009\u000A\u000D\u0020-\u00FF]+
:roleDescriptionType ..1000 /[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*
:roleMaxSessionDurationType #3600..43200
:roleNameType 1..64 /[\w+=,.@-]+
:serviceSpecificCredentialId 20..128 /[\w]+
:statusType =Active|Inactive|Expired
:tagKeyListType ..50 [tagKeyType
:tagKeyType 1..128 /[\p{L}\p{Z}\p{N}_.:/=+\-@]+
:tagListType ..50 [Tag
:tagValueType 0..256 /[\p{L}\p{Z}\p{N}_.:/=+\-@]*
ContextEntry ContextKeyName.ContextKeyNameType ContextKeyType.ContextKeyTypeEnum
Tag Key!tagKeyType Value!tagValueType
`
