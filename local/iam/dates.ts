/** A time as IAM and STS tell it: in whole seconds. */
export const toDate = (milliseconds: number): Date => new Date(Math.floor(milliseconds / 1000) * 1000)
