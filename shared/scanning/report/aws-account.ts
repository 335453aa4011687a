const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * The AWS account that an access key id belongs to, 12 digits. The 16 characters after the prefix are base32; of the first 48 bits
 * the first is set in ids that carry the account, the next 40 are its number (public analyses of ids, confirmed by
 * `sts:GetAccessKeyInfo`). Undefined for ids of the old style, which do not carry it, and for anything else.
 */
export const awsAccountOf = (keyId: string): string | undefined => {
  if (!/^A[KS]IA[A-Z2-7]{16}$/.test(keyId)) return undefined
  let bits = 0n
  // ten characters are 50 bits
  for (const char of keyId.slice(4, 14)) bits = bits * 32n + BigInt(ALPHABET.indexOf(char))
  if (bits >> 49n === 0n) return undefined
  const account = (bits >> 9n) & ((1n << 40n) - 1n)
  return account < 1_000_000_000_000n ? `${account}`.padStart(12, '0') : undefined
}
