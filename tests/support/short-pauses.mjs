import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'

// Loaded into functions and tasks before the product's own bundles: the pauses that they make between two tries are twenty times shorter.
// What bounds their requests is not: those timers are node:timers'.
const PACE = 20
const pause = timers.setTimeout
timers.setTimeout = (milliseconds = 0, ...rest) => pause(milliseconds / PACE, ...rest)
syncBuiltinESMExports()
