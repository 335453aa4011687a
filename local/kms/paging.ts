import { AwsError } from '../gateway/service.ts'

/** A page as KMS cuts it: `Limit`, `Marker`, and in the answer `Truncated` and `NextMarker`. Default and most: 100 (KMS API reference, ListKeys). */
export const listed = (
  member: string,
  all: readonly object[],
  { Limit = 100, Marker }: { readonly Limit?: number; readonly Marker?: string },
): object => {
  const start = Marker === undefined ? 0 : Number(Buffer.from(Marker, 'base64url').toString())
  if (!Number.isInteger(start) || start < 0)
    throw new AwsError('InvalidMarkerException', 'Could not decode marker')
  const end = start + Limit
  const more = end < all.length
  return {
    [member]: all.slice(start, end),
    Truncated: more,
    ...(more && { NextMarker: Buffer.from(String(end)).toString('base64url') }),
  }
}
