const OAEP = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256']
const RSA_SIGNING = ['RSASSA_PKCS1_V1_5', 'RSASSA_PSS'].flatMap((scheme) =>
  ['256', '384', '512'].map((bits) => `${scheme}_SHA_${bits}`),
)
const rsa = { ENCRYPT_DECRYPT: OAEP, SIGN_VERIFY: RSA_SIGNING }
const ecc = (bits: number) => ({ SIGN_VERIFY: [`ECDSA_SHA_${bits}`], KEY_AGREEMENT: ['ECDH'] })
const hmac = (bits: number) => ({ GENERATE_VERIFY_MAC: [`HMAC_SHA_${bits}`] })

/** What a key of each spec can be used for, and with which algorithms: KMS developer guide, "Key spec reference". */
export const SPECS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  SYMMETRIC_DEFAULT: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] },
  RSA_2048: rsa,
  RSA_3072: rsa,
  RSA_4096: rsa,
  ECC_NIST_P256: ecc(256),
  ECC_NIST_P384: ecc(384),
  ECC_NIST_P521: ecc(512),
  ECC_SECG_P256K1: { SIGN_VERIFY: ['ECDSA_SHA_256'] },
  HMAC_224: hmac(224),
  HMAC_256: hmac(256),
  HMAC_384: hmac(384),
  HMAC_512: hmac(512),
}

const MEMBERS: Readonly<Record<string, string>> = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
}

/** The algorithms of a key, under the name that its description gives them. */
export const algorithmsOf = ({ spec, usage }: { readonly spec: string; readonly usage: string }): object => {
  const member = MEMBERS[usage]
  const algorithms = SPECS[spec]?.[usage]
  return member !== undefined && algorithms ? { [member]: algorithms } : {}
}
