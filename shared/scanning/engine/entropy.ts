/** Shannon's entropy as gitleaks counts it: code points by their share of the bytes; bits per byte. */
export const entropyOf = (secret: string): number => {
  const counts = new Map<number, number>()
  for (const char of secret) {
    const code = char.codePointAt(0) as number
    counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  const length = Buffer.byteLength(secret)
  let bits = 0
  for (const count of counts.values()) bits -= (count / length) * Math.log2(count / length)
  return bits
}
