/** Below it in a parking repository, one tag for each tip: `parked/<UTC stamp>-<oid>/<heads|tags>/<short name>`. */
const PLACES = 'refs/tags/parked/'

/** Keeps history that later tips share with this one, so that they need not bring it along again. */
export const ANCHOR = 'refs/tags/anchor'

/** Longest short name that is kept whole; with what stands in front it stays within the 256 characters of a tag's name. */
const LONGEST_NAME = 200

const STAMP = /^refs\/tags\/parked\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/
const DAY_MS = 24 * 3600_000

/**
 * The tag that is to keep a tip. One that was parked and is parked again in the same second gets the same name.
 * @param ref full name that the tip had
 * @param now milliseconds since the epoch
 * @param hash of a name that is too long to be kept
 */
export const placeFor = (ref: string, oid: string, now: number, hash: (text: string) => string): string => {
  const stamp = new Date(now).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')
  const name = ref.replace(/^refs\//, '')
  const kept = [...name].length > LONGEST_NAME ? `${name.split('/')[0]}-sha256/${hash(name)}` : name
  return `${PLACES}${stamp}-${oid.slice(0, 12)}/${kept}`
}

export const isPlace = (ref: string): boolean => ref.startsWith(PLACES)

/** When a tip was put here, in milliseconds since the epoch; undefined for what is no place. */
export const parkedAt = (place: string): number | undefined => {
  const [, year, month, day, hour, minute, second] = STAMP.exec(place) ?? []
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(time) ? undefined : time
}

/**
 * Whether a tip that lies here already may be referred to by another record. In the second half of its time it is parked anew
 * instead, so that whoever cleans up sees every record of a place long before the place is due.
 */
export const isReusable = (place: string, now: number, days: number): boolean => {
  const at = parkedAt(place)
  return at !== undefined && now - at < (days * DAY_MS) / 2
}

/** ISO 8601: until when a tip that is parked now is kept. */
export const keptUntil = (now: number, days: number): string => new Date(now + days * DAY_MS).toISOString()
