const IPV4 = /^\d+\.\d+\.\d+\.\d+$/
const IPV6 = /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/

/** First and last address of a block, as numbers of equally many bits. */
export interface Block {
  readonly bits: 32 | 128
  readonly first: bigint
  readonly last: bigint
}

interface Address {
  readonly bits: 32 | 128
  readonly value: bigint
}

const parseV4 = (text: string): Address | undefined => {
  const parts = text.split('.').map(Number)
  if (parts.some((part) => part > 255)) return undefined
  return { bits: 32, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) }
}

const parseV6 = (text: string): Address | undefined => {
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return undefined
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const all = [...left, ...Array<string>(Math.max(missing, 0)).fill('0'), ...right]
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  const value = all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
  // Java, which EventBridge runs, takes an address mapped from IPv4 for IPv4
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffffffffn } : { bits: 128, value }
}

/** The address that a text writes out, IPv4 or IPv6; undefined when it is none. */
export const parseAddress = (text: string): Address | undefined => {
  if (IPV4.test(text)) return parseV4(text)
  return IPV6.test(text) ? parseV6(text) : undefined
}

/**
 * Reads a block such as `10.0.0.0/8`. Its first address is the one written, even inside the block, as in aws/event-ruler, CIDR.
 * @returns the reason in EventBridge's words when it is none
 */
export const parseBlock = (text: string): Block | string => {
  // Java's split drops empty parts at the end
  const parts = text.split('/')
  while (parts.at(-1) === '' && parts.length > 0) parts.pop()
  const [address = '', mask = ''] = parts
  if (parts.length !== 2) return "Malformed CIDR, one '/' required"
  if (!/^[+-]?\d+$/.test(mask) || Math.abs(Number(mask)) > 2 ** 31 - 1)
    return 'Malformed CIDR, mask bits must be an integer'
  if (Number(mask) < 0) return 'Malformed CIDR, mask bits must not be negative'
  const found = parseAddress(address)
  if (!found)
    return IPV4.test(address) || IPV6.test(address)
      ? `Invalid IP address: ${address}`
      : `Nonstandard IP address: ${address}`
  if (Number(mask) >= found.bits) return `IPv${found.bits === 32 ? 4 : 6} mask bits must be < ${found.bits}`
  const free = (1n << BigInt(found.bits - Number(mask))) - 1n
  return { bits: found.bits, first: found.value, last: found.value | free }
}

/** Whether the text is an address within the block. */
export const isWithin = (text: string, block: Block): boolean => {
  const address = parseAddress(text)
  return (
    address !== undefined &&
    address.bits === block.bits &&
    address.value >= block.first &&
    address.value <= block.last
  )
}
