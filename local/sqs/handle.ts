import { invalidHandle } from './errors.ts'
import type { StoredMessage } from './types.ts'

/** A receipt handle names the message by its key and one receipt of it by the count. */
export const writeHandle = (key: string, message: StoredMessage): string =>
  Buffer.from(`${message.receives}|${message.id}|${key}`).toString('base64url')

/** @throws AwsError ReceiptHandleIsInvalid for what is no handle of this queue */
export const readHandle = (arn: string, handle: string): { key: string; receives: number } => {
  const [receives = '', , owner, order] = Buffer.from(handle, 'base64url').toString().split('|')
  if (owner !== arn || !/^\d+$/.test(receives) || !/^\d{16}$/.test(order ?? '')) throw invalidHandle(handle)
  return { key: `${owner}|${order}`, receives: Number(receives) }
}
