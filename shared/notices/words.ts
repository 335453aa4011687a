import type { RepositoryAddress } from '../codecommit/address.ts'

export const short = (oid: string): string => oid.slice(0, 7)

/** `refs/heads/feature/x` → `feature/x`; characters that would break the line or turn its direction become `?` */
export const shortRef = (ref: string): string =>
  ref.replace(/^refs\/(heads|tags)\//, '').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')

/** `1 ref`, `4,000 refs` */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`

/** `0.8 s`, `47 s`, `3 min 20 s`, `2 h 5 min` */
export const duration = (ms: number): string => {
  const seconds = ms / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`
  const hours = Math.floor(minutes / 60)
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
}

/** `2031-05-17 09:04:33 UTC`; a text that is no time stays as it is */
export const moment = (iso: string): string => {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? iso : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `us-east-1, account 111111111111` */
export const place = ({ region, account }: RepositoryAddress): string => `${region}, account ${account}`

const MAX_FREE_TEXT = 600

/** A sentence of an event for a notice: one line, without control characters, cut. */
export const sentence = (text: string): string => {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  return plain.length > MAX_FREE_TEXT ? `${plain.slice(0, MAX_FREE_TEXT - 1).toWellFormed()}…` : plain
}
