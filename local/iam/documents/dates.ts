/** Whether AWS's older parser takes the value of a date condition: ISO 8601, loosely, or seconds since the epoch. */
export const isLegacyDate = (value: unknown): boolean => {
  if (typeof value === 'number') return value >= 0
  if (typeof value !== 'string') return false
  const text = value.toLowerCase()
  if (!/[t-]/.test(text)) return /^\d{1,19}$/.test(text) && BigInt(text) <= 2n ** 63n - 1n
  const [date = '', ...time] = text.split('t')
  return isDate(date) && isTime(time.join('t'))
}

const isDate = (date: string): boolean => {
  const [year = '', month = '1', day = '1', ...more] = date.replace(/^-/, '').split('-')
  // Java's years, before and after Christ
  const last = date.startsWith('-') ? 292_275_054 : 292_278_993
  return more.length === 0 && within(year, 0, last) && within(month, 1, 12) && within(day, 1, 31)
}

const isTime = (time: string): boolean => {
  const [hours = '', minutes = '0', seconds = '0', ...zone] = time.split(':')
  if (hours !== '' && !within(hours, 0, 23)) return false
  if (!within(minutes, 0, 59)) return false
  const parsed = /^(\d+)(?:\.(\d{1,9}))?(z|[+-]\d{2})?$/.exec(seconds)
  return (
    parsed !== null &&
    within(parsed[1] ?? '', 0, 59) &&
    (zone.length === 0 || (zone.length === 1 && /^\d{2}$/.test(zone[0] ?? '')))
  )
}

const within = (text: string, low: number, high: number): boolean =>
  /^\d+$/.test(text) && Number(text) >= low && Number(text) <= high
