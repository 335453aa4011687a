/** KMS's limits: its API reference; the form of a line is told in ../constraints.ts. */
export const TABLE = String.raw`
@CancelKeyDeletion KeyId!KeyIdType
@CreateAlias AliasName!AliasNameType TargetKeyId!KeyIdType
@CreateGrant KeyId!KeyIdType GranteePrincipal!PrincipalIdType RetiringPrincipal.PrincipalIdType Operations!GrantOperationList GrantTokens.GrantTokenList Name.AliasNameType
@CreateKey Policy.PolicyType Description.DescriptionType KeyUsage.KeyUsageType CustomerMasterKeySpec.CustomerMasterKeySpec KeySpec.KeySpec Origin.OriginType CustomKeyStoreId.CustomKeyStoreIdType Tags.TagList XksKeyId.XksKeyIdType
@Decrypt CiphertextBlob.CiphertextType GrantTokens.GrantTokenList KeyId.KeyIdType EncryptionAlgorithm.EncryptionAlgorithmSpec Recipient.RecipientInfo DryRunModifiers.DryRunModifierList
@DeleteAlias AliasName!AliasNameType
@DescribeKey KeyId!KeyIdType GrantTokens.GrantTokenList
@DisableKey KeyId!KeyIdType
@DisableKeyRotation KeyId!KeyIdType
@EnableKey KeyId!KeyIdType
@EnableKeyRotation KeyId!KeyIdType RotationPeriodInDays.RotationPeriodInDaysType
@Encrypt KeyId!KeyIdType Plaintext!PlaintextType GrantTokens.GrantTokenList EncryptionAlgorithm.EncryptionAlgorithmSpec
@GenerateDataKey KeyId!KeyIdType NumberOfBytes.NumberOfBytesType KeySpec.DataKeySpec GrantTokens.GrantTokenList Recipient.RecipientInfo
@GenerateDataKeyWithoutPlaintext KeyId!KeyIdType KeySpec.DataKeySpec NumberOfBytes.NumberOfBytesType GrantTokens.GrantTokenList
@GenerateRandom NumberOfBytes.NumberOfBytesType CustomKeyStoreId.CustomKeyStoreIdType Recipient.RecipientInfo
@GetKeyPolicy KeyId!KeyIdType PolicyName.PolicyNameType
@GetKeyRotationStatus KeyId!KeyIdType
@ListAliases KeyId.KeyIdType Limit.LimitType Marker.MarkerType
@ListGrants Limit.LimitType Marker.MarkerType KeyId!KeyIdType GrantId.TagKeyType GranteePrincipal.PrincipalIdType
@ListKeyPolicies KeyId!KeyIdType Limit.LimitType Marker.MarkerType
@ListKeys Limit.LimitType Marker.MarkerType
@ListResourceTags KeyId!KeyIdType Limit.LimitType Marker.MarkerType
@ListRetirableGrants Limit.LimitType Marker.MarkerType RetiringPrincipal!PrincipalIdType
@PutKeyPolicy KeyId!KeyIdType PolicyName.PolicyNameType Policy!PolicyType
@ReEncrypt CiphertextBlob.CiphertextType SourceKeyId.KeyIdType DestinationKeyId!KeyIdType SourceEncryptionAlgorithm.EncryptionAlgorithmSpec DestinationEncryptionAlgorithm.EncryptionAlgorithmSpec GrantTokens.GrantTokenList DryRunModifiers.DryRunModifierList
@RetireGrant GrantToken.GrantTokenType KeyId.KeyIdType GrantId.TagKeyType
@RevokeGrant KeyId!KeyIdType GrantId!TagKeyType
@ScheduleKeyDeletion KeyId!KeyIdType PendingWindowInDays.PendingWindowInDaysType
@TagResource KeyId!KeyIdType Tags!TagList
@UntagResource KeyId!KeyIdType TagKeys!TagKeyList
@UpdateAlias AliasName!AliasNameType TargetKeyId!KeyIdType
@UpdateKeyDescription KeyId!KeyIdType Description!DescriptionType
:AliasNameType 1..256 /^[a-zA-Z0-9:/_-]+$
:AttestationDocumentType 1..262144
:CiphertextType 1..6144
:CustomKeyStoreIdType 1..64
:CustomerMasterKeySpec =RSA_2048|RSA_3072|RSA_4096|ECC_NIST_P256|ECC_NIST_P384|ECC_NIST_P521|ECC_SECG_P256K1|SYMMETRIC_DEFAULT|HMAC_224|HMAC_256|HMAC_384|HMAC_512|SM2
:DataKeySpec =AES_256|AES_128
:DescriptionType 0..8192
:DryRunModifierList [DryRunModifierType
:DryRunModifierType =IGNORE_CIPHERTEXT
:EncryptionAlgorithmSpec =SYMMETRIC_DEFAULT|RSAES_OAEP_SHA_1|RSAES_OAEP_SHA_256|SM2PKE
:GrantOperation =Decrypt|Encrypt|GenerateDataKey|GenerateDataKeyWithoutPlaintext|ReEncryptFrom|ReEncryptTo|Sign|Verify|GetPublicKey|CreateGrant|RetireGrant|DescribeKey|GenerateDataKeyPair|GenerateDataKeyPairWithoutPlaintext|GenerateMac|VerifyMac|DeriveSharedSecret
:GrantOperationList [GrantOperation
:GrantTokenList 0..10 [GrantTokenType
:GrantTokenType 1..8192
:KeyEncryptionMechanism =RSAES_OAEP_SHA_256
:KeyIdType 1..2048
:KeySpec =RSA_2048|RSA_3072|RSA_4096|ECC_NIST_P256|ECC_NIST_P384|ECC_NIST_P521|ECC_SECG_P256K1|SYMMETRIC_DEFAULT|HMAC_224|HMAC_256|HMAC_384|HMAC_512|SM2|ML_DSA_44|ML_DSA_65|ML_DSA_87|ECC_NIST_EDWARDS25519
:KeyUsageType =SIGN_VERIFY|ENCRYPT_DECRYPT|GENERATE_VERIFY_MAC|KEY_AGREEMENT
:LimitType #1..1000
:MarkerType 1..1024 /[\u0020-\u00FF]*
:NumberOfBytesType #1..1024
:OriginType =AWS_KMS|EXTERNAL|AWS_CLOUDHSM|EXTERNAL_KEY_STORE
:PendingWindowInDaysType #1..365
:PlaintextType 1..4096 ~
:PolicyNameType 1..128 /[\w]+
:PolicyType 1..131072 /[\u0009\u000A\u000D\u0020-\u00FF]+
:PrincipalIdType 1..256 /^[\w+=,.@:/-]+$
:RotationPeriodInDaysType #90..2560
:TagKeyList [TagKeyType
:TagKeyType 1..128
:TagList [Tag
:TagValueType 0..256
:XksKeyIdType 1..128 /^[a-zA-Z0-9-_.]+$
RecipientInfo KeyEncryptionAlgorithm.KeyEncryptionMechanism AttestationDocument.AttestationDocumentType
Tag TagKey!TagKeyType TagValue!TagValueType
`
