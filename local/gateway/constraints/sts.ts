/** STS's limits: its API reference; the form of a line is told in ../constraints.ts. */
export const TABLE = String.raw`
@AssumeRole RoleArn!arnType RoleSessionName!roleSessionNameType PolicyArns.policyDescriptorListType Policy.unrestrictedSessionPolicyDocumentType DurationSeconds.roleDurationSecondsType Tags.tagListType TransitiveTagKeys.tagKeyListType ExternalId.externalIdType SerialNumber.serialNumberType TokenCode.tokenCodeType SourceIdentity.roleSessionNameType ProvidedContexts.ProvidedContextsListType
@AssumeRoleWithSAML RoleArn!arnType PrincipalArn!arnType SAMLAssertion!SAMLAssertionType PolicyArns.policyDescriptorListType Policy.sessionPolicyDocumentType DurationSeconds.roleDurationSecondsType
@AssumeRoleWithWebIdentity RoleArn!arnType RoleSessionName!roleSessionNameType WebIdentityToken!clientTokenType ProviderId.contextAssertionType PolicyArns.policyDescriptorListType Policy.sessionPolicyDocumentType DurationSeconds.roleDurationSecondsType
@AssumeRoot TargetPrincipal!TargetPrincipalType TaskPolicyArn!PolicyDescriptorType DurationSeconds.RootDurationSecondsType
@DecodeAuthorizationMessage EncodedMessage!encodedMessageType
@GetAccessKeyInfo AccessKeyId!accessKeyIdType
@GetDelegatedAccessToken TradeInToken!
@GetFederationToken Name!userNameType Policy.sessionPolicyDocumentType PolicyArns.policyDescriptorListType DurationSeconds.durationSecondsType Tags.tagListType
@GetSessionToken DurationSeconds.durationSecondsType SerialNumber.serialNumberType TokenCode.tokenCodeType
@GetWebIdentityToken Audience!webIdentityTokenAudienceListType DurationSeconds.webIdentityTokenDurationSecondsType SigningAlgorithm!jwtAlgorithmType Tags.tagListType
:ProvidedContextsListType 1..5 [ProvidedContext
:RootDurationSecondsType #0..900
:SAMLAssertionType 4..100000 ~
:TargetPrincipalType 12..2048
:accessKeyIdType 16..128 /[\w]*
:arnType 20..2048 /[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+
:clientTokenType 4..20000 ~
:contextAssertionType 4..2048
:durationSecondsType #900..129600
:encodedMessageType 1..10240
:externalIdType 2..1224 /[\w+=,.@:\/-]*
:jwtAlgorithmType 5..5
:policyDescriptorListType [PolicyDescriptorType
:roleDurationSecondsType #900..43200
:roleSessionNameType 2..64 /[\w+=,.@-]*
:serialNumberType 9..256 /[\w+=/:,.@-]*
:sessionPolicyDocumentType 1..2048 /[\u0009\u000A\u000D\u0020-\u00FF]+
:tagKeyListType ..50 [tagKeyType
:tagKeyType 1..128 /[\p{L}\p{Z}\p{N}_.:/=+\-@]+
:tagListType ..50 [Tag
:tagValueType 0..256 /[\p{L}\p{Z}\p{N}_.:/=+\-@]*
:tokenCodeType 6..6 /[\d]*
:unrestrictedSessionPolicyDocumentType 1..2048 /[\u0009\u000A\u000D\u0020-\u00FF]+
:userNameType 2..32 /[\w+=,.@-]*
:webIdentityTokenAudienceListType 1..10 [webIdentityTokenAudienceStringType
:webIdentityTokenAudienceStringType 1..1000
:webIdentityTokenDurationSecondsType #60..3600
PolicyDescriptorType arn.arnType
ProvidedContext ProviderArn.arnType ContextAssertion.contextAssertionType
Tag Key!tagKeyType Value!tagValueType
`
