import { invalid } from './errors.ts'

/** API reference, `MaxItems`: 50 unless asked for less, and never more. */
const MAX_ITEMS = 50

/** A page of a list as `{ [member]: items, NextMarker }`; the marker tells after which item the next page begins. */
export const pageOf = <T>(
  member: string,
  items: readonly T[],
  keyOf: (item: T) => string,
  input: { Marker?: string | undefined; MaxItems?: number | undefined },
): object => {
  const after = input.Marker === undefined || input.Marker === '' ? undefined : decode(input.Marker)
  const from = after === undefined ? 0 : items.findIndex((item) => keyOf(item) === after) + 1
  const size = Math.min(input.MaxItems ?? MAX_ITEMS, MAX_ITEMS)
  const page = items.slice(from, from + size)
  const last = page.at(-1)
  return {
    [member]: page,
    ...(last === undefined || from + size >= items.length
      ? {}
      : { NextMarker: Buffer.from(`after:${keyOf(last)}`).toString('base64url') }),
  }
}

const decode = (marker: string): string => {
  const text = Buffer.from(marker, 'base64url').toString('utf8')
  if (!text.startsWith('after:')) throw invalid('The marker is not one of this operation.')
  return text.slice('after:'.length)
}
