/** Secrets Manager's limits: its API reference; the form of a line is told in ../constraints.ts. */
export const TABLE = `
@CreateSecret Name!NameType ClientRequestToken.TokenType Description.DescriptionType KmsKeyId.KeyIdType SecretString.SecretStringType
@DeleteSecret SecretId!SecretIdType
@DescribeSecret SecretId!SecretIdType
@GetSecretValue SecretId!SecretIdType VersionId.TokenType VersionStage.StageType
@PutSecretValue SecretId!SecretIdType ClientRequestToken.TokenType SecretString.SecretStringType VersionStages.StagesType
@RestoreSecret SecretId!SecretIdType
@TagResource SecretId!SecretIdType
@UpdateSecret SecretId!SecretIdType ClientRequestToken.TokenType Description.DescriptionType KmsKeyId.KeyIdType SecretString.SecretStringType
:DescriptionType 0..2048
:KeyIdType 0..2048
:NameType 1..512
:SecretIdType 1..2048
:SecretStringType 1..65536 ~
:StageType 1..256
:StagesType 1..20 [StageType
:TokenType 32..64
`
